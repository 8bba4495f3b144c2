"""The ledger of one query's model calls: durable before use, replayed after a crash, summed for the bill."""

from decimal import Decimal
from uuid import UUID

from app.agentgraph.outcome import ModelCall
from app.core.db import Database
from app.core.ids import new_id
from app.models import UsageRecord
from app.repositories import usage


class QueryLedger:
    """Keeps the calls of one query; a first attempt has none to replay and so reads nothing."""

    def __init__(self, database: Database, query_id: UUID, owner_id: UUID, *, is_first_attempt: bool) -> None:
        self._database = database
        self._query_id = query_id
        self._owner_id = owner_id
        self._calls: dict[str, ModelCall] | None = {} if is_first_attempt else None

    async def replay(self, call_key: str) -> ModelCall | None:
        """The stored call with that key."""
        return (await self._known()).get(call_key)

    async def record(self, call: ModelCall) -> None:
        """Stores a finished call and returns when it is committed."""
        known = await self._known()
        async with self._database.transaction() as session:
            await usage.add_once(session, self._values(call))
        known[call.call_key] = call

    async def bill(self) -> tuple[int, int, Decimal | None]:
        """Tokens in, tokens out and price in USD over all calls; the price is None when one is not known."""
        calls = (await self._known()).values()
        prices = [call.price_usd for call in calls]
        known = [price for price in prices if price is not None]
        total = sum(known, Decimal(0)) if len(known) == len(prices) else None
        return sum(call.tokens_in for call in calls), sum(call.tokens_out for call in calls), total

    async def _known(self) -> dict[str, ModelCall]:
        if self._calls is None:
            async with self._database.read() as session:
                rows = await usage.of_query(session, self._query_id)
            self._calls = {row.call_key: _call(row) for row in rows}
        return self._calls

    def _values(self, call: ModelCall) -> dict[str, object]:
        return {
            "id": new_id(),
            "query_id": self._query_id,
            "owner_id": self._owner_id,
            "call_key": call.call_key,
            "node": call.node,
            "provider": call.provider,
            "model": call.model,
            "tokens_in": call.tokens_in,
            "tokens_out": call.tokens_out,
            "tokens_cached": call.tokens_cached,
            "price_usd": call.price_usd,
            "latency_s": call.latency_s,
            "provider_call_id": call.provider_call_id,
            "answer": call.answer,
        }


def _call(row: UsageRecord) -> ModelCall:
    return ModelCall(
        call_key=row.call_key,
        node=row.node,
        provider=row.provider,
        model=row.model,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        tokens_cached=row.tokens_cached,
        price_usd=row.price_usd,
        latency_s=row.latency_s,
        provider_call_id=row.provider_call_id,
        answer=row.answer,
    )
