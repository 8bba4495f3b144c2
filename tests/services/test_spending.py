"""Model calls of many questions at once within one budget: what reaches the provider, and what the ledger says."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from uuid import UUID

import pytest
from fastapi import FastAPI
from langchain_core.messages import HumanMessage
from sqlalchemy import func, select

from app.agentgraph.context import ModelAccess
from app.agentgraph.llm import ModelCaller, close_clients, resolve_model
from app.core.budgets import BudgetUnit
from app.core.db import Database
from app.core.errors import BudgetExhausted, Unavailable
from app.core.ids import new_id
from app.models import Budget, BudgetPeriod, BudgetReservation, Query, UsageRecord
from app.services.costs.ledger import QueryLedger
from app.services.costs.spending import Spending
from tests.fakes import FakeProviders, Reply, Script, serve
from tests.people import People, Person

pytestmark = pytest.mark.anyio

MANY = 50
SPEC = resolve_model("openai:gpt-4o-mini")
PROMPT = "How many rows are there? " * 40
AMOUNTS = {BudgetUnit.TOKENS: Decimal(26_000), BudgetUnit.USD: Decimal("0.0139")}
"""Room for ten calls as they are reserved."""


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A provider that answers everything alike, after a moment."""
    async with serve(Script.of(*[Reply(text="Ten.")] * MANY, latency_s=0.3)) as running:
        yield running
    await close_clients()


async def questions(database: Database, owner: Person, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    async with database.transaction() as session:
        session.add_all(
            Query(id=query_id, owner_id=owner.id, agent_version=1, question="?", state="running") for query_id in ids
        )
    return ids


async def set_budget(database: Database, admin: Person, scope: str, unit: BudgetUnit, amount: Decimal) -> None:
    async with database.transaction() as session:
        session.add(
            Budget(
                scope=scope,
                unit=unit.value,
                period="month",
                time_zone="UTC",
                amount=amount,
                warn_share=Decimal("0.8"),
                created_by=admin.id,
            )
        )


async def call(database: Database, providers: FakeProviders, query_id: UUID, owner: Person) -> str:
    access = ModelAccess(openai_api_key="fake", openai_base_url=providers.urls["openai"])
    ledger = QueryLedger(database, Spending(database, query_id, owner.id, None), is_first_attempt=True)
    caller = ModelCaller(access, ledger, deadline=asyncio.get_running_loop().time() + 300)
    while True:
        try:
            return (await caller.ask(SPEC, [HumanMessage(PROMPT)], node="sql_agent", turn=1)).text
        except BudgetExhausted as error:
            return error.code
        except Unavailable:
            continue  # No connection was free on a busy machine; nothing was reserved and no call was made.


@pytest.mark.parametrize("unit", AMOUNTS)
async def test_of_fifty_calls_at_once_a_budget_for_ten_lets_ten_reach_the_provider(
    app: FastAPI, people: People, database: Database, providers: FakeProviders, *, unit: BudgetUnit
) -> None:
    admin, ana = await people.admin(), await people.normal()
    await set_budget(database, admin, "installation", unit, AMOUNTS[unit])
    await set_budget(database, admin, "each_user", unit, AMOUNTS[unit] * 2)
    ids = await questions(database, ana, MANY)
    answers = await asyncio.gather(*(call(database, providers, query_id, ana) for query_id in ids))
    reached = providers.calls.total()
    assert (answers.count("Ten."), answers.count("budget_exhausted")) == (reached, MANY - reached)
    counted = UsageRecord.price_usd if unit is BudgetUnit.USD else UsageRecord.tokens_in + UsageRecord.tokens_out
    async with database.read() as session:
        calls, spent = (await session.execute(select(func.count(), func.sum(counted)))).one()
        periods = (await session.scalars(select(BudgetPeriod))).all()
        assert await session.scalar(select(func.count()).select_from(BudgetReservation)) == 0
    assert calls == reached
    assert [period.reserved for period in periods] == [0, 0]
    assert all(spent <= period.used <= AMOUNTS[unit] for period in periods)
    assert 10 <= reached < MANY
    print(f"{unit}: {reached} of {MANY} calls reached the provider, {spent} of {AMOUNTS[unit]} used")  # noqa: T201


async def test_calls_of_two_budgets_never_wait_for_each_other_in_a_circle(
    app: FastAPI, people: People, database: Database, providers: FakeProviders
) -> None:
    admin, ana, bob = await people.admin(), await people.normal(), await people.normal()
    for scope in ("installation", "each_user", "installation"):
        await set_budget(database, admin, scope, BudgetUnit.TOKENS, Decimal(10**6))
    mine, theirs = await questions(database, ana, 20), await questions(database, bob, 20)
    both = [*((query_id, ana) for query_id in mine), *((query_id, bob) for query_id in theirs)]
    answers = await asyncio.gather(*(call(database, providers, query_id, owner) for query_id, owner in both))
    assert set(answers) == {"Ten."}
    async with database.read() as session:
        periods = (await session.scalars(select(BudgetPeriod))).all()
    assert (len(periods), {period.reserved for period in periods}) == (4, {Decimal(0)})
