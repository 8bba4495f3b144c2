"""Conversations into which many write at once, answered by a real worker."""

import asyncio
import itertools
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from tests.api.test_sessions import begin, messages, say
from tests.askable import ready_agent
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People
from tests.workers.conftest import StartWorker, until_state

pytestmark = pytest.mark.anyio

WRITERS = 20
MODEL = "openai:gpt-4o-mini"
TOTAL = "qual a soma de valor?"
BY_MONTH = "e por mês?"
TABLE = {
    TOTAL: "SELECT SUM(valor) AS total FROM vendas",
    BY_MONTH: "SELECT strftime('%Y-%m', data) AS mes, SUM(valor) AS total FROM vendas GROUP BY 1 ORDER BY 1",
}


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that take a moment and know the SQL of both questions."""
    async with serve(Script.of(table=TABLE, latency_s=0.5)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Short leases, and models on the fake providers."""
    return with_models(settings, providers, lease_s=4.0, heartbeat_s=1.0)


async def test_twenty_writers_leave_no_gap_and_get_one_answer_each_in_turn(
    app: FastAPI, people: People, start_worker: StartWorker
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await start_worker("queries")
    questions = [f"soma de valor com quantidade maior que {number}" for number in range(WRITERS)]
    posted = await asyncio.gather(*(say(ana, session_id, question) for question in questions))
    assert {answer.status_code for answer in posted} <= {200, 202, 422}
    said = await messages(ana, session_id)
    assert [message["number"] for message in said] == list(range(1, 2 * WRITERS + 1))
    assert [message["speaker"] for message in said] == ["user", "assistant"] * WRITERS
    assert sorted(str(message["text"]) for message in said[::2]) == sorted(questions)
    runs = []
    for asked, answer in zip(said[::2], said[1::2], strict=True):
        assert asked["query_id"] == answer["query_id"]
        path = f"/api/v1/queries/{asked['query_id']}"
        await until_state(ana.client, path, "succeeded", "failed")
        query = (await ana.client.get(path)).json()
        assert (query["question"], query["message_number"]) == (asked["text"], asked["number"])
        runs.append((query["started_at"], query["finished_at"]))
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(runs))
    assert all(message["text"] for message in await messages(ana, session_id))


async def test_questions_of_a_killed_worker_are_answered_in_their_turn(
    app: FastAPI, people: People, providers: FakeProviders, *, start_worker: StartWorker, beat: Process
) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana, model=MODEL, charts_enabled=False))
    victim = await start_worker("queries")
    paths = [(await say(ana, session_id, text, background=True)).headers["Location"] for text in (TOTAL, BY_MONTH)]
    await providers.arrived.wait()
    os.killpg(victim.pid, signal.SIGKILL)
    waiting = (await ana.client.get(f"{paths[1]}/status")).json()
    await start_worker("queries")
    states = [await until_state(ana.client, path, "succeeded", "failed") for path in paths]
    rows = [(await ana.client.get(f"{path}/result")).json()["rows"] for path in paths]
    assert (waiting["state"], waiting["started_at"]) == ("queued", None)
    assert states == ["succeeded", "succeeded"]
    assert rows == [[[425.75]], [["2024-01", 100.5], ["2024-02", 250], ["2024-03", 75.25]]]
    assert f"[1] Question: {TOTAL}" in str(providers.requests[-1])
    assert [message["number"] for message in await messages(ana, session_id)] == [1, 2, 3, 4]
    assert beat.returncode is None
