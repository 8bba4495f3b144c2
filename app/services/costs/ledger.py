"""The ledger of one query's model calls: durable before use, replayed after a crash, summed for the bill."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from app.agentgraph.context import Reservation
from app.agentgraph.outcome import CallOutcome, ModelCall
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.models import UsageRecord
from app.repositories import usage
from app.services.costs.spending import Spending

T = TypeVar("T")
RETRY_S = 0.5
_log = logging.getLogger(__name__)


class QueryLedger:
    """Keeps the calls of one query; a first attempt has none to replay and so reads nothing.

    Waits for a database that is away, as long as the run may take: what was paid for must be neither lost nor paid
    again.
    """

    def __init__(
        self, database: Database, spending: Spending, *, is_first_attempt: bool, is_on_bill: bool = True
    ) -> None:
        """`is_on_bill`: whether its calls belong to the query's answer, and so to what that has cost."""
        self._database = database
        self._query_id = spending.query_id
        self._spending = spending
        self.made: list[ModelCall] = []
        """Calls that this process has made, in order."""
        self._is_first_attempt = is_first_attempt
        self._is_on_bill = is_on_bill
        self._calls: list[ModelCall] | None = [] if is_first_attempt else None

    async def replay(self, call_key: str) -> ModelCall | None:
        """The stored call with that key that was answered."""
        answered = (call for call in await self._known() if call.outcome is CallOutcome.ANSWERED)
        return next((call for call in answered if call.call_key == call_key), None)

    async def reserve(self, estimate: Callable[[], Reservation]) -> UUID:
        """Keeps room for a call in its budgets; gives the id that it is to have. Raises BudgetExhausted."""

        async def reserve() -> UUID:
            # An id for each try: whether one took room that broke off in its commit is not known, and it is swept.
            call_id = new_id()
            await self._spending.reserve(call_id, estimate)
            return call_id

        return await patiently(reserve)

    async def record(self, call_id: UUID, call: ModelCall) -> None:
        """Stores a call, settles it, and returns when both are committed.

        What was not answered may be tried again under its key. A process that had lost its claim may have stored its
        own answer under the key of this one meanwhile: both were paid, and the first is what is replayed.
        """
        known, values = await self._known(), self._values(call_id, call)
        answer = call.answer if call.outcome is CallOutcome.ANSWERED else None
        used, on_bill = _used_tokens(call), self._is_on_bill

        async def add() -> None:
            async with self._database.autocommit() as session:
                if not await usage.add_once(session, values, answer, used_tokens=used, is_on_bill=on_bill):
                    beside = {**values, "call_key": _own_key(call_id, call)}
                    await usage.add_once(session, beside, None, used_tokens=used, is_on_bill=on_bill)

        await patiently(add)
        known.append(call)
        self.made.append(call)

    async def bill(self) -> tuple[int, int, Decimal | None]:
        """Tokens in, tokens out and price in USD over all calls; the price is None when one is not known."""
        if not self._is_first_attempt:
            # The process of an attempt before may have stored a call after this one had looked.
            self._calls = None
        calls = await self._known()
        prices = [call.price_usd for call in calls]
        known = [price for price in prices if price is not None]
        total = sum(known, Decimal(0)) if len(known) == len(prices) else None
        return sum(call.tokens_in for call in calls), sum(call.tokens_out for call in calls), total

    async def _known(self) -> list[ModelCall]:
        if self._calls is None:

            async def read() -> list[ModelCall]:
                async with self._database.read() as session:
                    rows = await usage.of_query(session, self._query_id)
                return [_call(row, answer) for row, answer in rows]

            self._calls = await patiently(read)
        return self._calls

    def _values(self, call_id: UUID, call: ModelCall) -> dict[str, object]:
        is_answered = call.outcome is CallOutcome.ANSWERED
        return {
            "id": call_id,
            "query_id": self._query_id,
            "call_key": call.call_key if is_answered else _own_key(call_id, call),
            "node": call.node,
            "provider": call.provider,
            "model": call.model,
            "tokens_in": call.tokens_in,
            "tokens_out": call.tokens_out,
            "tokens_cached": call.tokens_cached,
            "tokens_reasoning": call.tokens_reasoning,
            "price_usd": call.price_usd,
            "price_version": call.price_version,
            "outcome": call.outcome.value,
            "latency_s": call.latency_s,
            "provider_call_id": call.provider_call_id,
        }


def _own_key(call_id: UUID, call: ModelCall) -> str:
    """The key of a call that is not to be replayed: nothing else can have it."""
    return f"{call.call_key}:{call_id}"


def _used_tokens(call: ModelCall) -> int | None:
    """What a call used; None when that is not known, because the provider did not say or nobody saw the end."""
    tokens = call.tokens_in + call.tokens_out
    return tokens if tokens or call.price_usd is not None else None


async def patiently(do: Callable[[], Awaitable[T]]) -> T:
    """What `do` gives, once the database is there; cancelled from outside when that takes too long."""
    while True:
        try:
            return await do()
        except Unavailable:
            _log.warning("a model call waits for the system database")
            await asyncio.sleep(RETRY_S)


def _call(row: UsageRecord, answer: dict[str, Any] | None) -> ModelCall:
    return ModelCall(
        call_key=row.call_key,
        node=row.node,
        provider=row.provider,
        model=row.model,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        tokens_cached=row.tokens_cached,
        tokens_reasoning=row.tokens_reasoning,
        price_usd=row.price_usd,
        price_version=row.price_version,
        outcome=CallOutcome(row.outcome),
        latency_s=row.latency_s,
        provider_call_id=row.provider_call_id,
        answer=answer or {},
    )
