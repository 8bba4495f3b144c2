"""`Idempotency-Key`: what is sent again is answered again and not done again, whatever died in between."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, text, update

from app.core.actor import Actor
from app.core.db import Database
from app.core.errors.access import RequestInProgress
from app.core.i18n import Language
from app.core.idempotency import OnceClaim, current_claim
from app.core.permissions import BY_KIND
from app.models import Agent, ApiKey, File, IdempotencyKey, Query, User
from app.schemas.queries import QuerySubmit
from app.services import idempotency
from app.services.engine.engine import Engine
from app.services.idempotency import OnceKey
from app.services.jobs.maintenance import sweep_expired
from app.services.queries import queries
from tests.askable import ready_agent
from tests.people import People, Person

pytestmark = pytest.mark.anyio

AGENTS = "/api/v1/agents/"
KEYS = "/api/v1/auth/api-keys"
SYNC = "/api/v1/queries/execute"
ASYNC = "/api/v1/queries/execute-async"
UPLOAD = "/api/v1/files/upload"
KEY = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


async def count(database: Database, table: type[Any]) -> int:
    async with database.read() as session:
        return int(await session.scalar(select(func.count()).select_from(table)) or 0)


async def test_the_same_request_is_done_once_and_answered_alike(people: People, database: Database) -> None:
    person = await people.normal()
    first = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
    again = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
    assert (first.status_code, again.status_code, await count(database, Agent)) == (201, 201, 1)
    assert again.content == first.content
    assert [again.headers.get(name) for name in ("etag", "location", "content-type")] == [
        first.headers.get(name) for name in ("etag", "location", "content-type")
    ]
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert again.headers["ratelimit"]


async def test_another_body_or_another_route_with_the_same_key_is_refused(people: People, database: Database) -> None:
    person = await people.normal()
    await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
    other_body = await person.client.post(AGENTS, json={"name": "Compras"}, headers=KEY)
    other_route = await person.client.post(KEYS, json={"name": "k", "scopes": ["profile:read"]}, headers=KEY)
    for answer in (other_body, other_route):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(database, Agent) == 1


async def test_a_key_is_its_senders_alone(people: People, database: Database) -> None:
    for _ in range(2):
        person = await people.normal()
        assert (await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)).status_code == 201
    assert await count(database, Agent) == 2


async def test_of_many_at_once_one_is_done_and_the_rest_wait_or_get_its_answer(
    people: People, database: Database
) -> None:
    person = await people.normal()
    answers = await asyncio.gather(
        *(person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY) for _ in range(20))
    )
    assert await count(database, Agent) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    waiting = [answer for answer in answers if answer.status_code == 409]
    assert {(answer.json()["code"], answer.headers["retry-after"]) for answer in waiting} <= {
        ("request_in_progress", "1")
    }


async def test_a_secret_is_answered_again_and_is_not_readable_in_the_database(
    people: People, database: Database
) -> None:
    person = await people.normal()
    body = {"name": "k", "scopes": ["profile:read"]}
    first = await person.client.post(KEYS, json=body, headers=KEY)
    assert (await person.client.post(KEYS, json=body, headers=KEY)).json()["key"] == first.json()["key"]
    assert await count(database, ApiKey) == 1
    async with database.read() as session:
        stored = (await session.scalars(select(IdempotencyKey))).one()
    assert first.json()["key"].encode() not in (stored.body or b"")
    assert KEY["Idempotency-Key"].encode() not in stored.key_hash


async def test_a_refused_request_may_be_sent_again_corrected(people: People) -> None:
    person = await people.normal()
    assert (await person.client.post(AGENTS, json={"nome": "Vendas"}, headers=KEY)).status_code == 422
    assert (await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "ção"])
async def test_a_malformed_key_is_refused(people: People, key: str) -> None:
    person = await people.normal()
    answer = await person.client.post(AGENTS, json={"name": "x"}, headers=[(b"Idempotency-Key", key.encode())])
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/Idempotency-Key")


async def test_a_quoted_key_is_the_same_key(people: People, database: Database) -> None:
    person = await people.normal()
    for text_ in ('"k-1"', "k-1"):
        answer = await person.client.post(AGENTS, json={"name": "Vendas"}, headers={"Idempotency-Key": text_})
        assert answer.status_code == 201
    assert await count(database, Agent) == 1


async def test_an_upload_is_recognised_by_its_content_whatever_its_boundary(people: People, database: Database) -> None:
    person = await people.normal()
    rows = b"a,b\n" + b"1,2\n" * 50_000
    sent = [
        await person.client.post(UPLOAD, files={"file": ("t.csv", content, "text/csv")}, headers=KEY)
        for content in (rows, rows, rows + b"3,4\n")
    ]
    assert [answer.status_code for answer in sent] == [202, 202, 422]
    assert sent[0].json() == sent[1].json()
    assert sent[2].json()["code"] == "idempotency_key_reused"
    assert await count(database, File) == 1


@pytest.mark.parametrize("question", ["total de valor", "previsão do tempo em Marte"])
async def test_a_question_is_asked_and_paid_once_whether_it_was_answered_or_not(
    app: FastAPI, people: People, database: Database, question: str
) -> None:
    person = await people.normal()
    body = {"agent_id": await ready_agent(app, person), "question": question}
    first = await person.client.post(SYNC, json=body, headers=KEY)
    again = await person.client.post(SYNC, json=body, headers=KEY)
    assert first.status_code in {200, 422}
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await count(database, Query) == 1


async def test_a_streamed_question_is_answered_again_by_where_it_is(
    app: FastAPI, people: People, database: Database
) -> None:
    person = await people.normal()
    body = {"agent_id": await ready_agent(app, person), "question": "total de valor"}
    headers = {**KEY, "Accept": "text/event-stream"}
    first = await person.client.post(SYNC, json=body, headers=headers)
    again = await person.client.post(SYNC, json=body, headers=headers)
    assert (first.status_code, again.status_code, await count(database, Query)) == (200, 202, 1)
    assert again.json() == {"id": first.headers["location"].rpartition("/")[2], "state": "succeeded"}


async def test_a_newcomer_registers_once(client: httpx.AsyncClient, database: Database) -> None:
    body = {"email": "ana@example.com", "name": "Ana", "password": "uma frase bem longa"}
    first = await client.post("/api/v1/auth/register", json=body, headers=KEY)
    again = await client.post("/api/v1/auth/register", json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert await count(database, User) == 1


async def test_a_sign_in_is_never_kept(client: httpx.AsyncClient, people: People, database: Database) -> None:
    person = await people.normal()
    await client.post("/api/v1/auth/login", json={"email": person.email, "password": "wrong"}, headers=KEY)
    assert await count(database, IdempotencyKey) == 0


async def test_the_sweep_forgets_keys_whose_day_is_over(app: FastAPI, people: People, database: Database) -> None:
    person = await people.normal()
    await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
    await sweep_expired(app.state.platform)
    assert await count(database, IdempotencyKey) == 1
    async with database.transaction() as session:
        await session.execute(text("UPDATE idempotency_keys SET expires_at = now()"))
    await sweep_expired(app.state.platform)
    assert await count(database, IdempotencyKey) == 0


class TestDeadProcess:
    """A process that worked on the request of a key died."""

    async def _claimed(self, app: FastAPI, person: Person, path: str) -> UUID:
        key = OnceKey(person.id, KEY["Idempotency-Key"], f"POST {path}?".encode())
        claimed = await idempotency.claim(app.state.platform, key)
        assert claimed is not None
        return claimed

    async def _died(self, database: Database) -> None:
        async with database.transaction() as session:
            await session.execute(
                update(IdempotencyKey).values(lease_until=text("now() - interval '1 second'"), fingerprint=None)
            )

    async def _submitted(self, app: FastAPI, person: Person, claimed: UUID, body: dict[str, str]) -> UUID:
        engine: Engine = app.state.engine
        actor = Actor(person.id, person.kind, BY_KIND[person.kind], sign_in_id=None, language=Language.EN)
        token = current_claim.set(OnceClaim(claimed, lambda: bytes(32)))
        try:
            return await queries.submit(engine, actor, QuerySubmit.model_validate(body))
        finally:
            current_claim.reset(token)

    async def test_after_the_commit_the_same_question_is_found_again(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        body = {"agent_id": await ready_agent(app, person), "question": "total de valor"}
        query_id = await self._submitted(app, person, await self._claimed(app, person, ASYNC), body)
        busy = await person.client.post(ASYNC, json=body, headers=KEY)
        await self._died(database)
        found = await person.client.post(ASYNC, json=body, headers=KEY)
        assert (busy.status_code, found.status_code) == (409, 202)
        assert found.json() == {"id": str(query_id), "state": "queued"}
        assert found.headers["location"].endswith(str(query_id))
        assert await count(database, Query) == 1

    async def test_before_it_did_anything_the_request_is_done_anew(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        await self._claimed(app, person, AGENTS)
        busy = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
        await self._died(database)
        done = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
        assert (busy.status_code, done.status_code, await count(database, Agent)) == (409, 201, 1)

    async def test_one_whose_lease_ends_while_it_is_looked_up_is_not_taken_for_done(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        await self._claimed(app, person, AGENTS)
        key = OnceKey(person.id, KEY["Idempotency-Key"], f"POST {AGENTS}?".encode())
        assert await idempotency.claim(app.state.platform, key) is None
        await self._died(database)
        with pytest.raises(RequestInProgress):
            await idempotency.stored(app.state.platform, key)
        done = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
        assert (done.status_code, await count(database, Agent)) == (201, 1)

    async def test_one_that_only_seemed_dead_cannot_do_it_a_second_time(
        self, app: FastAPI, people: People, database: Database
    ) -> None:
        person = await people.normal()
        body = {"agent_id": await ready_agent(app, person), "question": "total de valor"}
        slow = await self._claimed(app, person, ASYNC)
        await self._died(database)
        assert (await person.client.post(ASYNC, json=body, headers=KEY)).status_code == 202
        with pytest.raises(RequestInProgress):
            await self._submitted(app, person, slow, body)
        assert await count(database, Query) == 1

    async def test_what_cannot_be_answered_again_is_named(self, people: People, database: Database) -> None:
        person = await people.normal()
        await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
        async with database.transaction() as session:
            await session.execute(update(IdempotencyKey).values(status=None, body=None))
        await self._died(database)
        answer = await person.client.post(AGENTS, json={"name": "Vendas"}, headers=KEY)
        assert (answer.status_code, answer.json()["code"], answer.json()["object_type"]) == (
            409,
            "answer_lost",
            "agent",
        )
        assert await count(database, Agent) == 1
