"""Closing an account: who may, what a MASTER settles first, and who may read what became of it."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, text

from app.core.db import Database
from app.core.jobs import JobKind
from app.models import File, User
from app.services.accounts.erasures import reopen, take
from app.services.engine.engine import Engine
from tests.askable import ready_file
from tests.conftest import RecordingPublisher
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

ME = "/api/v1/users/me"
USERS = "/api/v1/users/"
ERASURES = "/api/v1/erasures/"


async def _leave(person: Person, **options: Any) -> httpx.Response:
    return await person.client.request("DELETE", ME, json={"password": PASSWORD}, **options)


async def _employ(people: People, master: Person) -> str:
    body = {"email": f"own{people.next_number()}@example.com", "name": "Own", "password": PASSWORD}
    made = await master.client.post(USERS, json=body)
    assert made.status_code == 201, made.text
    user_id: str = made.json()["id"]
    return user_id


async def _work(app: FastAPI) -> None:
    """Does the erasures that wait."""
    engine: Engine = app.state.engine
    async with engine.platform.database.read() as session:
        waiting = "SELECT id FROM jobs WHERE kind = 'erase_account' AND state = 'queued' ORDER BY id"
        job_ids = list((await session.execute(text(waiting))).scalars())
    for job_id in job_ids:
        await take(engine, job_id)


async def test_whoever_leaves_gets_a_receipt_that_shows_what_became_of_their_things(
    app: FastAPI, client: httpx.AsyncClient, people: People, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    await ready_file(app, ana)
    left = await _leave(ana)
    assert (left.status_code, left.json()["state"], left.json()["removed"]) == (202, "queued", {})
    assert left.headers["Location"] == f"{ERASURES}{left.json()['id']}"
    assert [kind for kind, _ in publisher.published] == [JobKind.ERASE_ACCOUNT]
    await _work(app)
    report = (await client.post(f"{ERASURES}receipt", json={"receipt": left.json()["receipt"]})).json()
    assert (report["state"], report["removed"]["files"], report["kept"]) == ("done", 1, {})
    assert report["user_id"] == str(ana.id)
    wrong = await client.post(f"{ERASURES}receipt", json={"receipt": "age_of-my-own"})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "not_found")


async def test_master_hands_its_people_over_before_it_leaves(people: People, database: Database) -> None:
    master, other = await people.master(), await people.master()
    own = await _employ(people, master)
    kept = await _leave(master)
    assert (kept.status_code, kept.json()["code"], kept.json()["users"]) == (409, "still_manages", 1)
    assert (await master.client.get(ME)).status_code == 200
    assert (await _leave(master, params={"reassign_to": own})).status_code == 422
    assert (await _leave(master, params={"reassign_to": str(other.id)})).status_code == 202
    assert (await other.client.get(f"{USERS}{own}")).status_code == 200
    async with database.read() as session:
        managers = (await session.scalars(select(User.manager_id).where(User.manager_id.is_not(None)))).all()
    assert managers == [other.id]


async def test_master_without_people_leaves_as_anybody(people: People) -> None:
    master = await people.master()
    own = await _employ(people, master)
    assert (await master.client.delete(f"{USERS}{own}")).status_code == 202
    assert (await _leave(master)).status_code == 202


async def test_wrong_password_closes_nothing(people: People) -> None:
    ana = await people.normal()
    refused = await ana.client.request("DELETE", ME, json={"password": "not this one"})
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_password")
    assert (await ana.client.get(ME)).status_code == 200


async def test_managers_read_the_erasures_of_their_former_users_and_an_admin_all(people: People) -> None:
    admin, master, other = await people.admin(), await people.master(), await people.master()
    gone = (await master.client.delete(f"{USERS}{await _employ(people, master)}")).json()
    alone = (await _leave(await people.normal())).json()
    assert [item["id"] for item in (await master.client.get(ERASURES)).json()["items"]] == [gone["id"]]
    assert (await other.client.get(ERASURES)).json()["items"] == []
    assert (await other.client.get(f"{ERASURES}{gone['id']}")).status_code == 404
    assert (await master.client.get(f"{ERASURES}{gone['id']}")).json()["user_id"] == gone["user_id"]
    seen = [item["id"] for item in (await admin.client.get(ERASURES)).json()["items"]]
    assert seen == [alone["id"], gone["id"]]


async def test_what_comes_after_the_end_and_what_was_closed_before_is_erased_as_well(
    app: FastAPI, people: People, database: Database
) -> None:
    ana, old = await people.normal(), await people.normal()
    await ready_file(app, old)
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET deleted_at = now() WHERE id = :id"), {"id": old.id})
    left = (await _leave(ana)).json()
    await _work(app)
    engine: Engine = app.state.engine
    await ready_file(app, ana)
    assert await reopen(engine.platform) == 2
    assert await reopen(engine.platform) == 0, "what is under way is left alone"
    await _work(app)
    assert await reopen(engine.platform) == 0
    async with database.read() as session:
        assert (await session.scalars(select(File.id))).all() == []
        removed = (
            await session.execute(text("SELECT removed FROM erasures WHERE id = :id"), {"id": left["id"]})
        ).scalar()
    assert removed is not None
    assert removed["files"] == 1
