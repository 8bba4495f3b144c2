"""Sums of the ledger by the hour: each call is added to its hour once, and a reader takes it from one side alone.

A call carries the mark itself (`usage_records.opens`), set by the very statement that adds it to its hour. Whatever
snapshot a reader has, a call is either marked and within its hour, or not marked and still to be read by itself.
No clock and no order of commits has a part in it, and a backup holds both sides as they belong together.
"""

from typing import Final

from sqlalchemy import text

from app.core.db import Session
from app.core.dimensions import EVERY_OPENING, Trait, taken_by

LOCK: Final = 0x7573_6167_65
"""Of the advisory lock of whoever sums ("usage"): two at once would both find the first call of a question."""
_TAKEN: Final = ", ".join(str(taken_by(Trait(alike))) for alike in range(8))
OPENS: Final = f"""
    {EVERY_OPENING} & ~coalesce((
        SELECT bit_or((ARRAY[{_TAKEN}])[1 + (o.provider = r.provider)::int * {Trait.PROVIDER.value}
                                          + (o.model = r.model)::int * {Trait.MODEL.value}
                                          + (o.node = r.node)::int * {Trait.NODE.value}])
          FROM usage_records o
         WHERE o.query_id = r.query_id AND (o.opens IS NOT NULL OR o.id < r.id)), 0)
"""  # noqa: S608  (put together from constants)
"""What a call `r` that is not summed is the first of: calls that are summed were before it, of others those by id."""
_ALIKE: Final = "owner_id, group_id, role_id, agent_id, source_ids, provider, model, node, opens"
_COUNTS: Final = "calls, unanswered, tokens_in, tokens_out, tokens_cached, tokens_reasoning, cost_usd, without_price"
_GROWN: Final = ", ".join(f"{name} = h.{name} + excluded.{name}" for name in (*_COUNTS.split(", "), "latency_s"))
HOURS_OF: Final = f"""
    INSERT INTO usage_hours AS h (id, hour, {_ALIKE}, first_at, {_COUNTS}, latency_s)
    SELECT md5(ROW(extract(epoch FROM hour)::bigint, {_ALIKE})::text)::uuid, hour, {_ALIKE}, min(created_at),
           count(*), count(*) FILTER (WHERE outcome <> 'answered'), sum(tokens_in), sum(tokens_out),
           sum(tokens_cached), sum(tokens_reasoning), coalesce(sum(price_usd), 0),
           count(*) FILTER (WHERE price_usd IS NULL), sum(latency_s)
      FROM {{calls}} GROUP BY hour, {_ALIKE}
    ON CONFLICT (id) DO UPDATE SET first_at = least(h.first_at, excluded.first_at), {_GROWN}
"""  # noqa: S608  (put together from constants)
"""Adds `calls`, rows of the ledger with their `hour`, to their hours."""
_SUM: Final = text(
    f"""
    WITH next AS (
        SELECT id FROM usage_records WHERE opens IS NULL ORDER BY id LIMIT :most
    ), opened AS MATERIALIZED (
        SELECT r.id, {OPENS} AS opens FROM usage_records r JOIN next USING (id)
    ), summed AS (
        UPDATE usage_records r SET opens = opened.opens FROM opened WHERE r.id = opened.id
        RETURNING r.*, date_trunc('hour', r.created_at, 'UTC') AS hour
    ), hours AS (
        {HOURS_OF.format(calls="summed")}
    )
    SELECT count(*) FROM summed
    """  # noqa: S608  (put together from constants)
)
_TRY_LOCK: Final = text("SELECT pg_try_advisory_xact_lock(:lock)")


async def add_up(session: Session, *, most: int) -> int:
    """Adds up to `most` calls to their hours; gives how many: 0 also while another does the same."""
    if not (await session.execute(_TRY_LOCK, {"lock": LOCK})).scalar_one():
        return 0
    return int((await session.execute(_SUM, {"most": most})).scalar_one())
