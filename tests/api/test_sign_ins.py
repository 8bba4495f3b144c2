"""Where one is signed in, new passwords by mail, and keys that rotate."""

import asyncio
import email
import email.policy
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.config import Settings
from app.core.db import Database
from app.main import create_app
from app.models import PasswordReset, User
from app.services.accounts.credentials import Credentials
from tests.conftest import JWT_SECRET, RecordingPublisher, client_of
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
NEW_PASSWORD = "um cavalo e uma bateria"
NEW_SECRET = "rotated-0123456789abcdef-0123456789abcdef"


async def again(people: People, database: Database, person: Person) -> Person:
    """The same person on another device."""
    async with database.read() as session:
        return await people.sign_in(await session.get_one(User, person.id))


async def test_sign_ins_are_listed_and_one_is_revoked_at_once(people: People, database: Database) -> None:
    here = await people.normal()
    there = await again(people, database, here)
    listed = (await here.client.get(f"{AUTH}/sign-ins")).json()["items"]
    assert [item["is_current"] for item in listed] == [False, True]
    assert listed[0]["user_agent"] == "tests"
    assert (await here.client.delete(f"{AUTH}/sign-ins/{listed[0]['id']}")).status_code == 204
    assert (await there.client.get(ME)).status_code == 401
    assert (
        await here.client.post(f"{AUTH}/refresh-token", json={"refresh_token": there.refresh_token})
    ).status_code == 401
    assert len((await here.client.get(f"{AUTH}/sign-ins")).json()["items"]) == 1


async def test_all_other_sign_ins_are_revoked_together(people: People, database: Database) -> None:
    here, stranger = await people.normal(), await people.normal()
    others = [await again(people, database, here) for _ in range(2)]
    assert (await here.client.delete(f"{AUTH}/sign-ins")).status_code == 204
    assert [(await other.client.get(ME)).status_code for other in others] == [401, 401]
    assert (await here.client.get(ME)).status_code == (await stranger.client.get(ME)).status_code == 200


async def test_sign_in_of_somebody_else_is_not_there(people: People) -> None:
    ana, eve = await people.normal(), await people.normal()
    sign_in = (await ana.client.get(f"{AUTH}/sign-ins")).json()["items"][0]["id"]
    assert (await eve.client.delete(f"{AUTH}/sign-ins/{sign_in}")).status_code == 404
    assert (await ana.client.get(ME)).status_code == 200


def mails(settings: Settings) -> list[Path]:
    return sorted((settings.data_dir / "mail").glob("*.eml"))


def token_in(mail: Path) -> str:
    text = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default).get_content()
    found = re.search(r"agp_[\w-]+", text)
    assert found is not None, text
    return found.group()


async def forget(client: httpx.AsyncClient, address: str) -> httpx.Response:
    return await client.post(f"{AUTH}/forgot-password", json={"email": address}, headers={"Accept-Language": "pt"})


async def reset(client: httpx.AsyncClient, token: str, password: str = NEW_PASSWORD) -> httpx.Response:
    return await client.post(f"{AUTH}/reset-password", json={"token": token, "new_password": password})


async def test_forgotten_password_is_set_anew_once_and_ends_all_sign_ins(
    client: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    ana = await people.normal()
    assert (await forget(client, ana.email.upper())).status_code == 202
    (mail,) = mails(settings)
    assert "Uma nova senha" in mail.read_text()
    token = token_in(mail)
    assert (await reset(client, token)).status_code == 204
    assert (await ana.client.get(ME)).status_code == 401
    login = await client.post(f"{AUTH}/login", json={"email": ana.email, "password": NEW_PASSWORD})
    assert login.status_code == 200
    again_ = await reset(client, token, "outra senha bem longa")
    assert (again_.status_code, again_.json()["code"]) == (422, "reset_token_invalid")


async def test_unknown_address_gets_the_same_answer_and_no_mail(
    client: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    known, unknown = await forget(client, (await people.normal()).email), await forget(client, "nobody@example.com")
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert known.headers.keys() == unknown.headers.keys()
    assert len(mails(settings)) == 1


async def test_mailbox_is_not_flooded_and_the_token_is_kept_as_a_hash(
    client: httpx.AsyncClient, people: People, settings: Settings, database: Database
) -> None:
    ana = await people.normal()
    for _ in range(3):
        await forget(client, ana.email)
    (mail,) = mails(settings)
    async with database.read() as session:
        (stored,) = await session.scalars(select(PasswordReset.token_hash))
    assert token_in(mail).encode() not in stored
    assert mail.stat().st_mode & 0o077 == 0


async def test_expired_token_and_weak_password_change_nothing(
    client: httpx.AsyncClient, people: People, settings: Settings, database: Database
) -> None:
    ana = await people.normal()
    await forget(client, ana.email)
    token = token_in(mails(settings)[0])
    assert (await reset(client, token, "qwertyuiop")).json()["code"] == "weak_password"
    async with database.transaction() as session:
        await session.execute(update(PasswordReset).values(expires_at=func.now() - timedelta(seconds=1)))
    assert (await reset(client, token)).json()["code"] == "reset_token_invalid"
    login = await client.post(f"{AUTH}/login", json={"email": ana.email, "password": PASSWORD})
    assert login.status_code == 200


async def test_one_token_sets_one_password_when_used_at_once(
    client: httpx.AsyncClient, people: People, settings: Settings
) -> None:
    ana = await people.normal()
    await forget(client, ana.email)
    token = token_in(mails(settings)[0])
    answers = await asyncio.gather(*(reset(client, token, f"{NEW_PASSWORD} {n}") for n in range(4)))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]


async def test_tokens_of_the_key_before_work_until_it_is_dropped(
    app: FastAPI, people: People, settings: Settings, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    rotated = settings.model_dump() | {"jwt_secret": NEW_SECRET, "audit_secret": JWT_SECRET}
    for previous, expected in (([JWT_SECRET], 200), ([], 401)):
        newer = Settings(_env_file=None, **(rotated | {"jwt_previous_secrets": previous}))
        other = create_app(newer, publisher=publisher, prewarm=False)
        async with other.router.lifespan_context(other), client_of(other) as client:
            assert (await client.get(ME, headers=ana.headers)).status_code == expected
            credentials: Credentials = other.state.credentials
            assert len(credentials.access._keys) == len(previous) + 1


async def test_refresh_that_was_repeated_across_a_rotation_gets_the_same_child(
    client: httpx.AsyncClient, people: People, settings: Settings, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    body = {"refresh_token": ana.refresh_token}
    first = (await client.post(f"{AUTH}/refresh-token", json=body)).json()["refresh_token"]
    rotated = settings.model_dump() | {
        "jwt_secret": NEW_SECRET,
        "jwt_previous_secrets": [JWT_SECRET],
        "audit_secret": JWT_SECRET,
    }
    other = create_app(Settings(_env_file=None, **rotated), publisher=publisher, prewarm=False)
    async with other.router.lifespan_context(other), client_of(other) as newer:
        assert (await newer.post(f"{AUTH}/refresh-token", json=body)).json()["refresh_token"] == first
        assert (await newer.post(f"{AUTH}/refresh-token", json={"refresh_token": first})).status_code == 200
