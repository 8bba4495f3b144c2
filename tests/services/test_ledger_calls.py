"""What the proof of the ledger takes for right, and what not."""

from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.core.config import Settings
from app.core.db import SYSTEM
from benchmarks.ledger_calls import ROWS, compare, sums
from tests.askable import ready_agent
from tests.fakes import FakeProviders, Reply, Script, serve
from tests.fakes.settings import with_models
from tests.people import People

pytestmark = pytest.mark.anyio

TABLE = {
    "qual a soma de valor?": "SELECT SUM(valor) AS total FROM vendas",
    "qual a média de valor?": "SELECT AVG(valor) AS media FROM vendas",
    "qual o maior valor?": "SELECT MAX(valor) AS maior FROM vendas",
}
FAULTS = (Reply(status=429, retry_after="0"), Reply(rubbish=True), Reply(text="x", cut=True))
LIMIT_S = 30.0
CALL: dict[str, Any] = {
    "request": "a",
    "number": 7,
    "port": 4000,
    "provider": "openai",
    "model": "m",
    "end": "answered",
    "tokens_in": 3,
    "tokens_out": 4,
}
ROW: dict[str, Any] = {
    "id": "a",
    "provider": "openai",
    "model": "m",
    "outcome": "answered",
    "tokens_in": 3,
    "tokens_out": 4,
    "provider_call_id": "chatcmpl-7",
    "latency_s": 0.2,
    "was_stopped": False,
}
REFUSED = {**CALL, "end": "failed", "by": "status"}
CUT = {**CALL, "end": "failed", "by": "cut"}


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of the question."""
    async with serve(Script.of(table=TABLE)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    anthropic = {"anthropic_base_url": providers.urls["anthropic"], "anthropic_api_key": SecretStr("fake")}
    return with_models(settings, providers, **anthropic)


@pytest.mark.parametrize(
    ("call", "row", "is_right"),
    [
        (CALL, ROW, True),
        (CALL, {**ROW, "tokens_out": 5}, False),
        (CALL, {**ROW, "provider_call_id": "chatcmpl-8"}, False),
        (CALL, {**ROW, "model": "other"}, False),
        (REFUSED, {**ROW, "outcome": "failed"}, True),
        (REFUSED, ROW, False),
        (CALL, {**ROW, "outcome": "failed"}, False),
        (CUT, {**ROW, "outcome": "lost"}, True),
        (CALL, {**ROW, "outcome": "lost"}, False),
        (CALL, {**ROW, "outcome": "lost", "latency_s": LIMIT_S}, True),
        (CALL, {**ROW, "outcome": "cancelled"}, False),
        (CALL, {**ROW, "outcome": "cancelled", "was_stopped": True}, True),
        (None, ROW, False),
        (None, {**ROW, "outcome": "failed"}, False),
        (None, {**ROW, "outcome": "lost"}, True),
        (None, {**ROW, "outcome": "cancelled"}, False),
        (CALL, None, False),
    ],
)
def test_call_and_row_fit_or_differ_for_a_reason_of_their_own(
    call: dict[str, Any] | None, row: dict[str, Any] | None, *, is_right: bool
) -> None:
    found = compare([call] if call else [], [row] if row else [], killed=frozenset(), model_timeout_s=LIMIT_S)
    assert (found.right.total(), found.wrong.total()) == (int(is_right), int(not is_right))
    assert bool(found.examples) is not is_right


def test_killed_worker_explains_the_last_call_of_each_of_its_connections() -> None:
    calls = [
        {**CALL, "request": "a", "number": 7},
        {**CALL, "request": "b", "number": 8},
        {**CALL, "request": "c", "number": 9, "port": 4001},
    ]
    found = compare(calls, [], killed=frozenset({4000}), model_timeout_s=LIMIT_S)
    assert found.right == {"call_in_the_hands_of_a_killed_worker": 1}
    assert found.wrong == {"call_without_a_row": 2}


async def test_every_call_of_real_questions_has_its_row(
    app: FastAPI, people: People, providers: FakeProviders, database_url: str
) -> None:
    ana = await people.normal()
    for model in ("openai:gpt-4o-mini", "anthropic:claude-3-5-sonnet-20241022"):
        agent_id = await ready_agent(app, ana, model=model, charts_enabled=False)
        for fault, question in zip(FAULTS, TABLE, strict=True):
            providers.script = Script.of(fault, table=TABLE)
            body = {"agent_id": agent_id, "question": question}
            answered = await ana.client.post("/api/v1/queries/execute", json=body)
            assert answered.status_code == 200, answered.text
    connection = await asyncpg.connect(database_url, server_settings={"agentgraph.actor": SYSTEM})
    try:
        rows = [dict(row) for row in await connection.fetch(ROWS)]
    finally:
        await connection.close()
    found = compare(providers.log, rows, killed=frozenset(), model_timeout_s=LIMIT_S)
    assert not found.wrong, found.examples
    assert found.right.total() == len(providers.log) == len(rows)
    assert found.right["failed_by_status"] == found.right["lost_as_the_server_broke_off"] == 2
    both = sums(providers.log, rows)
    assert both["servers"] == both["ledger"]
