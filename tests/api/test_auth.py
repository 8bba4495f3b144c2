"""Registering, signing in, signing out, over HTTP on a real database."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from redis.asyncio import Redis
from sqlalchemy import select, update

from app.core.config import Settings
from app.core.db import Database
from app.core.passwords import MAX_RUNNING, MAX_WAITING
from app.core.permissions import UserKind
from app.models import SignIn, User
from tests.conftest import client_of
from tests.people import PASSWORD, People

pytestmark = pytest.mark.anyio

AUTH = "/api/v1/auth"
ME = "/api/v1/users/me"
NEWCOMER = {"email": "Ana@Example.com", "name": "Ana", "password": "uma frase bem longa"}


async def test_newcomer_registers_signs_in_and_reads_the_own_profile(client: httpx.AsyncClient) -> None:
    registered = await client.post(f"{AUTH}/register", json=NEWCOMER)
    assert registered.status_code == 201, registered.text
    login = await client.post(f"{AUTH}/login", json={"email": "ana@example.COM", "password": NEWCOMER["password"]})
    assert login.status_code == 200, login.text
    tokens = login.json()
    profile = await client.get(ME, headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert profile.json() == tokens["user"] == registered.json()
    assert profile.json()["kind"] == "NORMAL"
    assert "files:upload" in profile.json()["permissions"]
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)


async def test_second_account_with_the_same_email_is_refused_in_any_spelling(
    client: httpx.AsyncClient, people: People
) -> None:
    person = await people.normal()
    answer = await client.post(f"{AUTH}/register", json=NEWCOMER | {"email": person.email.upper()})
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert answer.json()["errors"][0]["pointer"] == "/email"


@pytest.mark.parametrize("password", ["password123", "SENHA12345", "aaaaaaaaaaaa", "ana@example.com"])
async def test_easy_password_is_refused(client: httpx.AsyncClient, password: str) -> None:
    answer = await client.post(f"{AUTH}/register", json=NEWCOMER | {"password": password})
    assert (answer.status_code, answer.json()["code"]) == (422, "weak_password")
    assert password not in answer.text


@pytest.mark.parametrize("password", ["1234567", "x" * 129])
async def test_password_of_wrong_length_is_refused_without_repeating_it(
    client: httpx.AsyncClient, password: str
) -> None:
    answer = await client.post(f"{AUTH}/register", json=NEWCOMER | {"password": password})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert answer.json()["errors"][0]["pointer"] == "/password"
    assert password not in answer.text


@pytest.mark.parametrize("password", ["çãé ünï ☃ 42", "x1y" * 42])
async def test_any_characters_make_a_password(client: httpx.AsyncClient, password: str) -> None:
    assert (await client.post(f"{AUTH}/register", json=NEWCOMER | {"password": password})).status_code == 201
    login = await client.post(f"{AUTH}/login", json={"email": NEWCOMER["email"], "password": password})
    assert login.status_code == 200


@pytest.mark.parametrize("email", ["", "ana", "@example.com", "ana@", "a b@example.com", "ana@exa mple.com", "a@b@c"])
async def test_malformed_email_is_refused(client: httpx.AsyncClient, email: str) -> None:
    answer = await client.post(f"{AUTH}/register", json=NEWCOMER | {"email": email})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/email")


async def test_kind_cannot_be_chosen_at_registration(client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{AUTH}/register", json=NEWCOMER | {"kind": "ADMIN"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/kind",
        "location": "body",
        "code": "extra_forbidden",
        "detail": "",
    }


class TestClosedRegistration:
    """An installation where administrators create the accounts."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"registration_open": False})

    async def test_nobody_registers(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(f"{AUTH}/register", json=NEWCOMER)
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")


async def test_unknown_user_and_wrong_password_get_the_same_answer(client: httpx.AsyncClient, people: People) -> None:
    person = await people.normal()
    wrong = await client.post(f"{AUTH}/login", json={"email": person.email, "password": "not it"})
    unknown = await client.post(f"{AUTH}/login", json={"email": "nobody@example.com", "password": "not it"})
    assert wrong.status_code == unknown.status_code == 401
    assert _without_trace(wrong) == _without_trace(unknown)
    assert wrong.headers["www-authenticate"] == "Bearer"
    right = await client.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD})
    assert right.status_code == 200


async def test_inactive_account_is_refused_like_a_wrong_password(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    person = await people.normal()
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == person.id).values(is_active=False))
    answer = await client.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_credentials")


async def test_outdated_hash_is_renewed_at_login(client: httpx.AsyncClient, people: People, database: Database) -> None:
    person = await people.normal()
    weak = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)).hash(PASSWORD)
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == person.id).values(password_hash=weak))
    assert (await client.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD})).status_code == 200
    async with database.read() as session:
        stored = await session.scalar(select(User.password_hash).where(User.id == person.id))
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_login_storm_is_refused_beyond_the_queue_and_others_are_served(
    client: httpx.AsyncClient, people: People
) -> None:
    person = await people.normal()
    places = MAX_RUNNING + MAX_WAITING
    attempts = [
        client.post(f"{AUTH}/login", json={"email": f"{number}@example.com", "password": "not it"})
        for number in range(places * 2)
    ]
    *answers, profile = await asyncio.gather(*attempts, person.client.get(ME))
    refused = [answer for answer in answers if answer.status_code == 503]
    assert profile.status_code == 200
    assert {answer.status_code for answer in answers} == {401, 503}
    assert {(answer.json()["code"], answer.headers["retry-after"]) for answer in refused} == {("overloaded", "2")}


async def test_logout_ends_this_sign_in_at_once_and_no_other(
    people: People, database: Database, client: httpx.AsyncClient
) -> None:
    person = await people.normal()
    async with database.read() as session:
        user = await session.get_one(User, person.id)
    elsewhere = await people.sign_in(user)
    assert (await person.client.post(f"{AUTH}/logout")).status_code == 204
    refused = await person.client.get(ME)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")
    refresh = await client.post(f"{AUTH}/refresh-token", json={"refresh_token": person.refresh_token})
    assert refresh.status_code == 401
    assert (await elsewhere.client.get(ME)).status_code == 200


async def test_signed_out_token_stays_dead_when_valkey_loses_everything(people: People, settings: Settings) -> None:
    person = await people.normal()
    await person.client.post(f"{AUTH}/logout")
    valkey = Redis.from_url(str(settings.valkey_url))
    await valkey.flushall()
    await valkey.aclose()
    assert (await person.client.get(ME)).status_code == 401


async def test_logout_holds_on_another_replica(people: People, settings: Settings, server_url: str) -> None:
    person = await people.normal()
    async with httpx.AsyncClient(base_url=server_url, headers=person.headers) as replica:
        assert (await replica.get(ME)).status_code == 200
        await person.client.post(f"{AUTH}/logout")
        assert (await replica.get(ME)).status_code == 401


async def test_deactivation_and_demotion_take_effect_on_the_next_request(people: People, database: Database) -> None:
    person = await people.admin()
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == person.id).values(kind=UserKind.NORMAL))
    assert (await person.client.get(ME)).json()["kind"] == "NORMAL"
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == person.id).values(is_active=False))
    assert (await person.client.get(ME)).status_code == 401


async def test_sign_in_keeps_where_it_came_from(app: FastAPI, people: People, database: Database) -> None:
    person = await people.normal()
    async with client_of(app) as client:
        client.headers["User-Agent"] = "a browser " * 100
        login = await client.post(f"{AUTH}/login", json={"email": person.email, "password": PASSWORD})
    assert login.status_code == 200
    async with database.read() as session:
        newest = select(SignIn).where(SignIn.user_id == person.id).order_by(SignIn.id.desc()).limit(1)
        sign_in = (await session.scalars(newest)).one()
    assert sign_in.address == "127.0.0.1"
    assert sign_in.user_agent == ("a browser " * 30)


def _without_trace(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name != "trace_id"}
