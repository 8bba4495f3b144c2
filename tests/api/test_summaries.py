"""The older turns of a conversation are summarised in the background, once it does not fit the budget any more."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from app.core.config import Settings
from app.core.db import Database
from app.models import Query, SessionSummary, UsageRecord
from tests.api.test_sessions import SESSIONS, begin, say
from tests.askable import ready_agent
from tests.fakes.script import Reply, Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.indexed import summarise_all
from tests.people import People, Person

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
SMALL = {"context_budget_tokens": 200, "context_full_turns": 1, "summary_turns": 2, "summary_tokens": 60}
"""So little that six questions do not fit."""


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of every question."""
    table = {question(n): f"SELECT SUM(valor) AS total FROM vendas WHERE quantidade > {n}" for n in range(20)}
    async with serve(Script.of(table=table)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers, and little room for conversations."""
    return with_models(settings, providers, **SMALL)


def question(number: int) -> str:
    return f"qual a soma de valor das vendas que tiveram quantidade maior que {number}, por favor?"


async def talk(app: FastAPI, person: Person, *, turns: int, model: str | None = MODEL) -> str:
    """A session with `turns` questions asked in it."""
    session_id = await begin(person, await ready_agent(app, person, model=model, charts_enabled=False))
    for number in range(turns):
        await say(person, session_id, question(number))
    return session_id


async def context(person: Person, session_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = (await person.client.get(f"/api/v1/context/{session_id}")).json()
    return seen


async def test_summary_goes_on_from_the_one_before_and_is_told_within_the_budget(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    session_id = await talk(app, ana, turns=8)
    assert await summarise_all(app) == 1
    first = await context(ana, session_id)
    assert first["summary"]["model"] == MODEL
    part = first["parts"][0]
    assert (part["kind"], part["reason"], part["sent"]) == ("summary", "summary", True)
    assert part["number"] == first["summary"]["until_number"] == 13
    assert {part["reason"] for part in first["parts"][1:]} == {"last", "in_summary"}
    assert first["tokens"] <= first["budget_tokens"]
    for number in range(8, 12):
        await say(ana, session_id, question(number))
        await summarise_all(app)
    prompt = str(next(r for r in reversed(providers.requests) if "memory of a conversation" in str(r["messages"])))
    assert "[1] " not in prompt.partition("<turns>")[2]
    later = await context(ana, session_id)
    assert later["summary"]["until_number"] > 13
    assert later["tokens"] <= later["budget_tokens"]
    assert part["text"][:60].partition("Summary: ")[2] in later["parts"][0]["text"]


async def test_cost_of_a_summary_is_in_the_ledger_and_with_it(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    session_id = await talk(app, ana, turns=8)
    await summarise_all(app)
    kept = (await context(ana, session_id))["summary"]
    usage = (await ana.client.get("/api/v1/users/me/usage", params={"node": "summarise"})).json()["total"]
    assert usage["calls"] == 1
    assert (usage["tokens_in"], usage["cost_usd"]) == (kept["tokens_in"], kept["cost_usd"])
    assert kept["tokens_in"] > 0
    spent = (await ana.client.get(f"{SESSIONS}/{session_id}")).json()["spent"]
    assert spent["summaries"] == (await context(ana, session_id))["spent_on_summaries"]
    assert (spent["summaries"]["calls"], spent["summaries"]["tokens_in"]) == (1, kept["tokens_in"])
    assert spent["summaries"]["cost_usd"] == kept["cost_usd"]
    page = (await ana.client.get(f"{SESSIONS}/{session_id}/messages")).json()["items"]
    bills = [message["query"] for message in page if message["query"]]
    assert spent["questions"]["tokens_in"] == sum(bill["tokens_in"] for bill in bills)
    assert Decimal(spent["questions"]["cost_usd"]) == sum(Decimal(bill["cost_usd"]) for bill in bills)
    async with database.read() as session:
        told = (await session.execute(select(UsageRecord).where(UsageRecord.node == "summarise"))).scalar_one()
    assert told.session_id == UUID(session_id)


async def test_without_a_model_or_when_it_fails_rules_summarise_for_nothing(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana, bob = await people.normal(), await people.normal()
    by_planner = await talk(app, ana, turns=8, model=None)
    await summarise_all(app)
    by_model = await talk(app, bob, turns=8)
    providers.script.replies.append(Reply(text="O Sul vendeu 987654."))
    await summarise_all(app)
    for person, session_id in ((ana, by_planner), (bob, by_model)):
        seen = await context(person, session_id)
        assert (seen["summary"]["model"], seen["summary"]["cost_usd"]) == (None, "0")
        assert "(7 ×)" in seen["parts"][0]["text"]
        assert "987654" not in seen["parts"][0]["text"]


async def test_conversation_that_fits_is_not_summarised(
    app: FastAPI, people: People, database: Database, providers: FakeProviders
) -> None:
    ana = await people.normal()
    session_id = await talk(app, ana, turns=4)
    calls = len(providers.requests)
    assert await summarise_all(app) == 1
    assert len(providers.requests) == calls
    assert (await context(ana, session_id))["summary"] is None
    assert await _summaries(database) == []


async def test_summary_that_rests_on_a_source_no_longer_shared_is_not_told(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    session_id = await talk(app, ana, turns=8)
    async with database.transaction() as session:
        await session.execute(update(Query).where(Query.message_number == 3).values(borrowed=["a key that held"]))
    await summarise_all(app)
    assert (await _summaries(database))[0].borrowed is None, "what may not be read is in no summary"
    async with database.transaction() as session:
        await session.execute(update(SessionSummary).values(borrowed=["a key that holds no more"]))
    assert (await context(ana, session_id))["summary"] is None


async def test_summary_goes_with_its_session(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    session_id = await talk(app, ana, turns=8)
    await summarise_all(app)
    assert len(await _summaries(database)) == 1
    await ana.client.delete(f"{SESSIONS}/{session_id}")
    assert await _summaries(database) == []


async def _summaries(database: Database) -> list[SessionSummary]:
    async with database.read() as session:
        return list((await session.execute(select(SessionSummary))).scalars())
