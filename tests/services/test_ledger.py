"""The ledger of a question while the system database is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.agentgraph.context import Reservation
from app.agentgraph.outcome import CallOutcome, ModelCall
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.models import QueryState
from app.repositories import queries
from app.services.costs.ledger import QueryLedger
from app.services.costs.spending import Spending
from tests.services.test_jobs import add_query

pytestmark = pytest.mark.anyio

CALL = ModelCall(
    call_key="k",
    node="n",
    provider="openai",
    model="m",
    tokens_in=3,
    tokens_out=4,
    tokens_cached=0,
    tokens_reasoning=0,
    price_usd=Decimal("0.5"),
    price_version="1",
    outcome=CallOutcome.ANSWERED,
    latency_s=1.0,
    provider_call_id="c-1",
    answer={"content": "x"},
)


class AwayAtFirst(Database):
    """A database that cannot be reached for the first tries."""

    away = 2

    def __init__(self, url: str, *, pool_size: int) -> None:
        super().__init__(url, pool_size=pool_size)
        self.refused = asyncio.Event()

    def _fail(self) -> None:
        if self.away:
            self.away -= 1
            self.refused.set()
            raise Unavailable

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        self._fail()
        async with super().transaction() as session:
            yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        self._fail()
        async with super().read() as session:
            yield session


def ledger_of(database: Database, query_id: UUID, *, is_first_attempt: bool) -> QueryLedger:
    """The ledger of a question that no budget counts."""
    spending = Spending(database, query_id, owner_id=query_id, agent_id=None)
    return QueryLedger(database, spending, is_first_attempt=is_first_attempt)


@pytest.fixture
async def flaky(database_url: str) -> AsyncIterator[AwayAtFirst]:
    database = AwayAtFirst(database_url, pool_size=2)
    yield database
    await database.close()


async def test_paid_call_is_kept_until_it_can_be_recorded_and_is_replayed(
    database: Database, flaky: AwayAtFirst
) -> None:
    query_id, _ = await add_query(database)
    await ledger_of(flaky, query_id, is_first_attempt=True).record(new_id(), CALL)
    flaky.away = 2
    again = ledger_of(flaky, query_id, is_first_attempt=False)
    kept = await again.replay("k")
    assert kept is not None
    assert kept.answer == {"content": "x"}
    assert await again.bill() == (3, 4, Decimal("0.5"))


async def test_both_answers_are_billed_when_two_processes_made_the_same_call(database: Database) -> None:
    query_id, _ = await add_query(database)
    lost_claim = ledger_of(database, query_id, is_first_attempt=True)
    holder = ledger_of(database, query_id, is_first_attempt=False)
    assert await holder.replay("k") is None
    await lost_claim.record(new_id(), CALL)
    await holder.record(new_id(), replace(CALL, answer={"content": "y"}, tokens_in=5))
    assert await holder.bill() == (8, 8, Decimal("1.0"))
    kept = await ledger_of(database, query_id, is_first_attempt=False).replay("k")
    assert kept is not None
    assert kept.answer == {"content": "x"}


async def test_call_that_is_stored_again_because_its_commit_was_in_doubt_is_one(database: Database) -> None:
    query_id, _ = await add_query(database)
    call_id = new_id()
    for _ in range(2):
        await ledger_of(database, query_id, is_first_attempt=False).record(call_id, CALL)
    assert await ledger_of(database, query_id, is_first_attempt=False).bill() == (3, 4, Decimal("0.5"))


@pytest.mark.parametrize("is_on_bill", [True, False])
async def test_call_that_comes_in_after_the_end_is_on_the_bill_when_it_was_for_the_answer(
    database: Database, *, is_on_bill: bool
) -> None:
    query_id, _ = await add_query(database)
    ledger = ledger_of(database, query_id, is_first_attempt=True)
    await ledger.record(new_id(), CALL)
    async with database.transaction() as session:
        assert await queries.end_unrun(session, query_id, QueryState.CANCELLED, None)
    late = QueryLedger(
        database, Spending(database, query_id, query_id, None), is_first_attempt=True, is_on_bill=is_on_bill
    )
    await late.record(new_id(), replace(CALL, call_key="late"))
    async with database.read() as session:
        query = await queries.find(session, query_id)
    assert query is not None
    calls = 2 if is_on_bill else 1
    assert (query.tokens_in, query.tokens_out, query.cost_usd) == (3 * calls, 4 * calls, calls * Decimal("0.5"))


async def test_waiting_ledger_can_be_cancelled(database: Database, flaky: AwayAtFirst) -> None:
    query_id, _ = await add_query(database)
    flaky.away = 10**9
    recording = asyncio.create_task(ledger_of(flaky, query_id, is_first_attempt=True).record(new_id(), CALL))
    await flaky.refused.wait()
    assert not recording.done()
    recording.cancel()
    with pytest.raises(asyncio.CancelledError):
        await recording


async def test_call_waits_for_a_database_that_is_away_before_it_is_made(database: Database, flaky: AwayAtFirst) -> None:
    query_id, _ = await add_query(database)
    ledger = ledger_of(flaky, query_id, is_first_attempt=True)
    call_id = await ledger.reserve(lambda: Reservation(tokens=7, price_usd=None))
    await ledger.record(call_id, CALL)
    assert flaky.refused.is_set()
    assert await ledger_of(database, query_id, is_first_attempt=False).replay("k") is not None
