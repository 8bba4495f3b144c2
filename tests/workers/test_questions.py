"""Questions answered by real workers, which may die at any moment."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from tests.askable import ready_agent
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person
from tests.waiting import until_given
from tests.workers.conftest import StartWorker, until_state

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
TOTAL = "qual a soma de valor?"
MODEL = "openai:gpt-4o-mini"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that take half a second and answer the one question right."""
    async with serve(Script.of(table={TOTAL: "SELECT SUM(valor) AS total FROM vendas"}, latency_s=0.5)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Short leases, and models on the fake providers."""
    return with_models(settings, providers, lease_s=4.0, heartbeat_s=1.0)


async def submit(person: Person, agent_id: str, question: str = TOTAL) -> str:
    body = {"agent_id": agent_id, "question": question}
    accepted = await person.client.post(f"{QUERIES}/execute-async", json=body)
    assert accepted.status_code == 202, accepted.text
    return accepted.headers["Location"]


async def rows_of(person: Person, path: str) -> object:
    return (await person.client.get(f"{path}/result")).json()["rows"]


async def test_worker_answers_many_questions_at_once(app: FastAPI, people: People, start_worker: StartWorker) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    await start_worker("queries")
    paths = [await submit(ana, agent_id, f"{TOTAL}{' ' * number}") for number in range(20)]
    for path in paths:
        await until_state(ana.client, path, "succeeded", "failed")
    errors = [(await ana.client.get(path)).json()["error"] for path in paths]
    assert errors == [None] * 20
    assert [await rows_of(ana, path) for path in paths] == [[[425.75]]] * 20


async def test_question_whose_worker_is_killed_between_two_model_calls_pays_none_of_them_twice(
    app: FastAPI,
    people: People,
    database: Database,
    providers: FakeProviders,
    *,
    start_worker: StartWorker,
    beat: asyncio.subprocess.Process,
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False, debug=True)
    victim = await start_worker("queries")
    path = await submit(ana, agent_id)
    await _until_calls(database, 1)
    os.killpg(victim.pid, signal.SIGKILL)
    await start_worker("queries")
    assert await until_state(ana.client, path, "succeeded", "failed") == "succeeded"
    query = (await ana.client.get(path)).json()
    assert await rows_of(ana, path) == [[425.75]]
    assert beat.returncode is None
    calls, attempts, tokens = await _bill(database)
    assert attempts == 2
    assert providers.requests.count(providers.requests[0]) == 1, "the call that was stored is not made again"
    sys.stdout.write(f"model calls in total: {providers.calls.total()}, of which {calls} are on the bill\n")
    assert providers.calls.total() - calls <= 1, "only the call in flight at the kill may be unrecorded"
    assert query["tokens_in"] + query["tokens_out"] == tokens
    steps = (await ana.client.get(f"{path}/trace")).json()["steps"]
    assert [step["replayed"] for step in steps if step["kind"] == "model"] == [True, False]
    nodes = [step["node"] for step in steps if step["kind"] == "node"]
    assert len(nodes) == len(set(nodes)), "the run that died left no steps"


async def test_worker_that_is_asked_to_stop_ends_what_it_has(
    app: FastAPI, people: People, start_worker: StartWorker, providers: FakeProviders
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    worker = await start_worker("queries")
    path = await submit(ana, agent_id)
    await providers.arrived.wait()
    worker.terminate()
    assert await until_state(ana.client, path, "succeeded", "failed") == "succeeded"
    async with asyncio.timeout(20):
        await worker.wait()
    assert worker.returncode == 0


async def test_running_question_is_cancelled_from_another_process(
    app: FastAPI, people: People, start_worker: StartWorker, providers: FakeProviders
) -> None:
    providers.script.latency_s = 60
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL)
    await start_worker("queries")
    path = await submit(ana, agent_id)
    await providers.arrived.wait()
    assert (await ana.client.post(f"{path}/cancel")).json()["cancel_requested"]
    assert await until_state(ana.client, path, "cancelled", "failed", "succeeded", timeout_s=10) == "cancelled"


async def test_owner_who_lost_the_account_gets_no_answer(
    app: FastAPI, people: People, database: Database, start_worker: StartWorker, providers: FakeProviders
) -> None:
    ana = await people.normal()
    path = await submit(ana, await ready_agent(app, ana, model=MODEL))
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false WHERE id = :id"), {"id": ana.id})
    await start_worker("queries")
    query_id = path.rpartition("/")[2]

    async def ended() -> str | None:
        state = await _state(database, query_id)
        return None if state in {"queued", "running"} else state

    assert await until_given(ended) == "failed"
    assert providers.calls.total() == 0


async def _state(database: Database, query_id: str) -> str:
    async with database.read() as session:
        found = await session.execute(text("SELECT state FROM queries WHERE id = CAST(:id AS uuid)"), {"id": query_id})
        return str(found.scalar_one())


async def _until_calls(database: Database, wanted: int) -> None:
    """Waits until so many model calls are recorded."""

    async def are_made() -> bool:
        return (await _bill(database))[0] >= wanted

    await until_given(are_made)


async def _bill(database: Database) -> tuple[int, int, int]:
    """Recorded calls, attempts of the one question, and all tokens."""
    async with database.read() as session:
        bill = "SELECT count(*), coalesce(sum(tokens_in + tokens_out), 0) FROM usage_records"
        calls, tokens = (await session.execute(text(bill))).one()
        attempts = "SELECT attempts FROM jobs WHERE kind = 'run_query'"
        return int(calls), int((await session.execute(text(attempts))).scalar_one()), int(tokens)
