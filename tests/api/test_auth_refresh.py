"""Refresh tokens: rotation, honest retries, theft."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, update

from app.core.db import Database
from app.models import RefreshToken, SignIn
from tests.people import People, Person

pytestmark = pytest.mark.anyio

REFRESH = "/api/v1/auth/refresh-token"
ME = "/api/v1/users/me"


async def _refresh(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post(REFRESH, json={"refresh_token": token})


async def _age_uses(database: Database, seconds: int) -> None:
    async with database.transaction() as session:
        await session.execute(update(RefreshToken).values(used_at=RefreshToken.used_at - timedelta(seconds=seconds)))


async def _is_alive(person: Person) -> bool:
    return (await person.client.get(ME)).status_code == 200


async def test_refresh_gives_a_new_pair_that_works(client: httpx.AsyncClient, people: People) -> None:
    person = await people.normal()
    answer = await _refresh(client, person.refresh_token)
    assert answer.status_code == 200, answer.text
    pair = answer.json()
    assert pair["refresh_token"] != person.refresh_token
    profile = await client.get(ME, headers={"Authorization": f"Bearer {pair['access_token']}"})
    assert profile.json()["id"] == str(person.id) == pair["user"]["id"]
    assert (await _refresh(client, pair["refresh_token"])).status_code == 200


async def test_token_used_again_later_ends_the_whole_sign_in(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    person = await people.normal()
    child = (await _refresh(client, person.refresh_token)).json()["refresh_token"]
    await _age_uses(database, 11)
    replay = await _refresh(client, person.refresh_token)
    assert (replay.status_code, replay.json()["code"]) == (401, "token_reused")
    assert not await _is_alive(person)
    assert (await _refresh(client, child)).json()["code"] == "token_invalid"


async def test_direct_parent_repeated_at_once_yields_the_same_child(client: httpx.AsyncClient, people: People) -> None:
    person = await people.normal()
    first = await _refresh(client, person.refresh_token)
    retry = await _refresh(client, person.refresh_token)
    assert retry.status_code == 200
    assert retry.json()["refresh_token"] == first.json()["refresh_token"]
    assert await _is_alive(person)


async def test_grandparent_repeated_at_once_ends_the_whole_sign_in(client: httpx.AsyncClient, people: People) -> None:
    person = await people.normal()
    child = (await _refresh(client, person.refresh_token)).json()["refresh_token"]
    grandchild = (await _refresh(client, child)).json()["refresh_token"]
    assert (await _refresh(client, person.refresh_token)).json()["code"] == "token_reused"
    assert (await _refresh(client, grandchild)).status_code == 401
    assert not await _is_alive(person)


async def test_twenty_refreshes_at_once_make_exactly_one_new_head(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    person = await people.normal()
    answers = await asyncio.gather(*(_refresh(client, person.refresh_token) for _ in range(20)))
    assert [answer.status_code for answer in answers] == [200] * 20
    heads = {answer.json()["refresh_token"] for answer in answers}
    assert len(heads) == 1
    async with database.read() as session:
        unused = await session.scalar(
            select(func.count()).select_from(RefreshToken).where(RefreshToken.used_at.is_(None))
        )
    assert unused == 1
    assert (await _refresh(client, heads.pop())).status_code == 200


async def test_theft_in_one_sign_in_leaves_the_others_alone(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    stolen, other = await people.normal(), await people.normal()
    await _refresh(client, stolen.refresh_token)
    await _age_uses(database, 11)
    await _refresh(client, stolen.refresh_token)
    assert not await _is_alive(stolen)
    assert await _is_alive(other)


async def test_expired_refresh_token_is_refused(client: httpx.AsyncClient, people: People, database: Database) -> None:
    person = await people.normal()
    async with database.transaction() as session:
        await session.execute(update(SignIn).values(expires_at=func.now() - timedelta(seconds=1)))
    assert (await _refresh(client, person.refresh_token)).json()["code"] == "token_invalid"
    assert not await _is_alive(person)


async def test_refresh_extends_the_sign_in(client: httpx.AsyncClient, people: People, database: Database) -> None:
    person = await people.normal()
    async with database.transaction() as session:
        soon = func.now() + timedelta(hours=1)
        await session.execute(update(SignIn).values(expires_at=soon))
    answer = await _refresh(client, person.refresh_token)
    async with database.read() as session:
        left = await session.scalar(select(SignIn.expires_at - func.now()))
    assert answer.status_code == 200
    assert left is not None
    assert left > timedelta(days=29)


@pytest.mark.parametrize("token", ["", "agr_", "agr_" + "A" * 43, "ü", "x" * 200])
async def test_unknown_refresh_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    answer = await _refresh(client, token)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_invalid")


async def test_refresh_tokens_are_stored_as_digests_alone(people: People, database: Database) -> None:
    person = await people.normal()
    async with database.read() as session:
        stored = (await session.scalars(select(RefreshToken.token_hash))).all()
    assert [len(digest) for digest in stored] == [32]
    assert person.refresh_token.encode() not in stored[0]
