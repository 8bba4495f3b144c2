"""How many statements on the system database a question costs: what its speed rests on, counted and not timed."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, event

from app.core.config import Settings
from tests.askable import ready_agent
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person

pytestmark = pytest.mark.anyio

TOTAL = "What is the total of valor?"
TOTAL_SQL = "SELECT SUM(valor) AS total FROM vendas"
MOST_OF_A_HIT = 12
"""Who asks, what they may, the question, where the cache looks for it, its end; once a second notices and the queue."""
MOST_OF_A_QUESTION = 17
"""The same, with budgets, prices, two calls in the ledger, and the statements that are metered."""
_counted: ContextVar[list[str] | None] = ContextVar("counted", default=None)


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of the question."""
    async with serve(Script.of(table={TOTAL: TOTAL_SQL})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that are sent for what the block does, also in tasks that it starts.

    Without those that tell a connection in whose name it works: how many hangs on which connections are free.
    """

    def note(_connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        seen = _counted.get()
        if seen is not None and "set_config" not in statement:
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    found: list[str] = []
    token = _counted.set(found)
    try:
        yield found
    finally:
        _counted.reset(token)
        event.remove(Engine, "before_cursor_execute", note)


async def answered_by(person: Person, agent_id: str) -> str:
    response = await person.client.post("/api/v1/queries/execute", json={"agent_id": agent_id, "question": TOTAL})
    assert response.status_code == 200, response.text
    by: str = response.json()["answered_by"]
    return by


async def test_question_costs_few_statements_and_a_cached_one_fewer(app: FastAPI, people: People) -> None:
    person = await people.normal()
    agent_id = await ready_agent(app, person, model="openai:gpt-4o-mini")

    with statements() as whole:
        assert await answered_by(person, agent_id) == "model"
    with statements() as hit:
        assert await answered_by(person, agent_id) == "cache"

    assert 0 < len(hit) <= MOST_OF_A_HIT, "\n".join(hit)
    assert 0 < len(whole) <= MOST_OF_A_QUESTION, "\n".join(whole)
    assert not any("model_prices" in statement for statement in hit)
