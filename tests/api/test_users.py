"""One's own account: reading, changing, closing."""

import asyncio

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.core.db import Database
from app.core.errors.accounts import EmailTaken, WeakPassword
from app.core.permissions import UserKind
from app.models import User
from app.services.accounts import users
from app.services.accounts.credentials import Credentials
from tests.people import PASSWORD, People

pytestmark = pytest.mark.anyio

ME = "/api/v1/users/me"
LOGIN = "/api/v1/auth/login"
NEW_PASSWORD = "um cavalo e uma bateria"


async def test_name_is_changed_without_the_password(people: People) -> None:
    person = await people.normal()
    changed = await person.client.put(ME, json={"name": "  Ana Lúcia "})
    assert changed.status_code == 200
    assert (await person.client.get(ME)).json()["name"] == "Ana Lúcia"
    assert changed.json()["email"] == person.email


async def test_new_password_ends_the_other_sign_ins_and_keeps_this_one(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    person = await people.normal()
    async with database.read() as session:
        elsewhere = await people.sign_in(await session.get_one(User, person.id))
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await person.client.put(ME, json=body)).status_code == 200
    assert (await person.client.get(ME)).status_code == 200
    assert (await elsewhere.client.get(ME)).status_code == 401
    assert (await client.post(LOGIN, json={"email": person.email, "password": PASSWORD})).status_code == 401
    assert (await client.post(LOGIN, json={"email": person.email, "password": NEW_PASSWORD})).status_code == 200


@pytest.mark.parametrize("change", [{"new_password": NEW_PASSWORD}, {"email": "new@example.com"}])
@pytest.mark.parametrize("proof", [{}, {"current_password": "not it"}])
async def test_password_and_email_stay_without_the_current_password(
    people: People, change: dict[str, str], proof: dict[str, str]
) -> None:
    person = await people.normal()
    answer = await person.client.put(ME, json=change | proof)
    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_password")
    assert answer.json()["errors"][0]["pointer"] == "/current_password"
    assert (await person.client.get(ME)).json()["email"] == person.email


async def test_email_is_changed_and_signs_in(client: httpx.AsyncClient, people: People) -> None:
    person = await people.normal()
    body = {"email": "nova@example.com", "current_password": PASSWORD}
    assert (await person.client.put(ME, json=body)).json()["email"] == "nova@example.com"
    assert (await client.post(LOGIN, json={"email": "nova@example.com", "password": PASSWORD})).status_code == 200


async def test_email_of_another_account_is_refused_and_nothing_changes(people: People) -> None:
    person, other = await people.normal(), await people.normal()
    body = {"name": "Changed", "email": other.email.upper(), "current_password": PASSWORD}
    answer = await person.client.put(ME, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
    assert (await person.client.get(ME)).json() == (await person.client.get(ME)).json() | {
        "email": person.email,
        "name": "Normal",
    }


async def test_common_new_password_is_refused_at_its_field(people: People) -> None:
    person = await people.normal()
    answer = await person.client.put(ME, json={"current_password": PASSWORD, "new_password": "qwertyuiop"})
    assert (answer.json()["code"], answer.json()["errors"][0]["pointer"]) == ("weak_password", "/new_password")


@pytest.mark.parametrize("field", ["kind", "is_active", "manager_id", "password_hash", "id", "permissions"])
async def test_nobody_raises_themselves_by_an_unexpected_field(people: People, field: str) -> None:
    person = await people.normal()
    answer = await person.client.put(ME, json={"name": "X", field: "ADMIN"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"
    assert (await person.client.get(ME)).json()["kind"] == "NORMAL"


async def test_closed_account_is_signed_out_and_its_email_is_free_again(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    person = await people.normal()
    assert (await person.client.request("DELETE", ME, json={"password": "not it"})).json()["code"] == "wrong_password"
    assert (await person.client.request("DELETE", ME, json={"password": PASSWORD})).status_code == 202
    assert (await person.client.get(ME)).status_code == 401
    assert (await client.post(LOGIN, json={"email": person.email, "password": PASSWORD})).status_code == 401
    body = {"email": person.email, "name": "New", "password": NEW_PASSWORD}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    async with database.read() as session:
        row = await session.get_one(User, person.id)
    assert (row.name, row.is_active, row.password_hash) == ("", False, "!")
    assert person.email not in row.email


async def test_last_active_administrator_cannot_leave(people: People) -> None:
    admin = await people.admin()
    answer = await admin.client.request("DELETE", ME, json={"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    successor = await people.admin()
    assert (await admin.client.request("DELETE", ME, json={"password": PASSWORD})).status_code == 202
    assert (await successor.client.get(ME)).status_code == 200


async def test_of_the_last_two_administrators_leaving_at_once_one_stays(people: People, database: Database) -> None:
    admins = [await people.admin(), await people.admin()]
    leave = (admin.client.request("DELETE", ME, json={"password": PASSWORD}) for admin in admins)
    answers = await asyncio.gather(*leave)
    assert sorted(answer.status_code for answer in answers) == [202, 409]
    async with database.read() as session:
        left = await session.scalar(select(func.count()).where(User.kind == UserKind.ADMIN, User.is_active))
    assert left == 1


async def test_profile_never_shows_what_is_secret(people: People) -> None:
    person = await people.normal()
    profile = (await person.client.get(ME)).json()
    assert profile.keys() == {
        "id",
        "email",
        "name",
        "kind",
        "is_active",
        "created_at",
        "role",
        "permissions",
        "session_retention_days",
    }


async def test_administrator_is_created_for_whoever_runs_the_installation(app: FastAPI, database: Database) -> None:
    credentials: Credentials = app.state.credentials
    async with database.transaction() as session:
        assert not await users.has_admin(session)
        await users.create_admin(
            session, credentials.passwords, email="root@example.com", name="Root", password=PASSWORD
        )
    async with database.transaction() as session:
        assert await users.has_admin(session)
    with pytest.raises(EmailTaken):
        async with database.transaction() as session:
            await users.create_admin(
                session, credentials.passwords, email="ROOT@example.com", name="Root", password=PASSWORD
            )
    with pytest.raises(WeakPassword):
        async with database.transaction() as session:
            await users.create_admin(
                session, credentials.passwords, email="a@example.com", name="A", password="password1"
            )
