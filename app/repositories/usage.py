"""The ledger of model calls: adding to it, and the calls that a repeated run replays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ScalarSelect, case, func, select, text

from app.core.db import Session
from app.models import CallAnswer, Message, UsageRecord

_ADD: Final = text(
    """
    WITH asked AS (
        SELECT q.id, q.owner_id, q.session_id, q.agent_id, u.role_id,
               CASE WHEN u.kind = 'MASTER' THEN u.id ELSE u.manager_id END AS group_id,
               ARRAY(SELECT coalesce(s.file_id, s.database_id) FROM agent_sources s
                      WHERE s.agent_id = q.agent_id ORDER BY 1) AS source_ids
          FROM queries q JOIN users u ON u.id = q.owner_id
         WHERE q.id = :query_id
    ), added AS (
        INSERT INTO usage_records (id, query_id, owner_id, group_id, role_id, session_id, agent_id, source_ids,
                                   call_key, node, provider, model, tokens_in, tokens_out, tokens_cached,
                                   tokens_reasoning, price_usd, price_version, outcome, latency_s, provider_call_id)
        SELECT :id, id, owner_id, group_id, role_id, session_id, agent_id, source_ids, :call_key,
               :node, :provider, :model, :tokens_in, :tokens_out, :tokens_cached, :tokens_reasoning,
               :price_usd, :price_version, :outcome, :latency_s, :provider_call_id
          FROM asked
        ON CONFLICT DO NOTHING
        RETURNING query_id, call_key, tokens_in, tokens_out, price_usd
    ), billed_late AS (
        UPDATE queries
           SET tokens_in = queries.tokens_in + added.tokens_in, tokens_out = queries.tokens_out + added.tokens_out,
               cost_usd = queries.cost_usd + added.price_usd
          FROM added WHERE queries.id = added.query_id AND queries.finished_at IS NOT NULL AND :is_on_bill
    ), kept AS (
        INSERT INTO call_answers (query_id, call_key, answer)
        SELECT query_id, call_key, CAST(:answer AS jsonb) FROM added WHERE CAST(:answer AS jsonb) IS NOT NULL
    ), places AS (
        SELECT p.budget_id, p.holder_id, p.since, r.amount
          FROM budget_reservations r JOIN budget_periods p USING (budget_id, holder_id, since)
         WHERE r.id = :id ORDER BY p.budget_id FOR UPDATE OF p
    ), settled AS (
        UPDATE budget_periods p
           SET reserved = p.reserved - places.amount,
               used = p.used + coalesce(CASE b.unit WHEN 'usd' THEN CAST(:used_usd AS numeric)
                                                    ELSE CAST(:used_tokens AS numeric) END, places.amount)
          FROM places JOIN budgets b ON b.id = places.budget_id
         WHERE (p.budget_id, p.holder_id, p.since) = (places.budget_id, places.holder_id, places.since)
    ), freed AS (
        DELETE FROM budget_reservations WHERE id = :id
    )
    SELECT count(*) FROM added
    """
)


@dataclass(frozen=True, slots=True)
class Spent:
    """Sums over some calls; `cost_usd` is over the prices that are known."""

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: Decimal = Decimal(0)
    without_price: int = 0


@dataclass(frozen=True, slots=True)
class SessionSpent:
    """What the calls of a conversation come to, those of its summaries apart."""

    questions: Spent
    summaries: Spent


async def of_session(session: Session, session_id: UUID, *, summaries: str) -> SessionSpent:
    """What was spent in a conversation so far; `summaries` is the node that makes them.

    They are made after the questions that they are due with, whose bills are closed by then: they are on none of them.
    """
    is_summary = (UsageRecord.node == summaries).label("is_summary")
    asked = select(Message.query_id).where(Message.session_id == session_id)
    statement = (
        select(
            is_summary,
            func.count().label("calls"),
            func.sum(UsageRecord.tokens_in).label("tokens_in"),
            func.sum(UsageRecord.tokens_out).label("tokens_out"),
            func.coalesce(func.sum(UsageRecord.price_usd), 0).label("cost_usd"),
            func.count().filter(UsageRecord.price_usd.is_(None)).label("without_price"),
        )
        .where(UsageRecord.query_id.in_(asked))
        .group_by(is_summary)
    )
    spent = {
        bool(row.is_summary): Spent(row.calls, row.tokens_in, row.tokens_out, row.cost_usd, row.without_price)
        for row in await session.execute(statement)
    }
    return SessionSpent(questions=spent.get(False, Spent()), summaries=spent.get(True, Spent()))


async def of_query(session: Session, query_id: UUID) -> Sequence[tuple[UsageRecord, dict[str, Any] | None]]:
    """All calls of one query, oldest first, with the answers that were kept."""
    statement = (
        select(UsageRecord, CallAnswer.answer)
        .outerjoin(
            CallAnswer,
            (CallAnswer.query_id == UsageRecord.query_id) & (CallAnswer.call_key == UsageRecord.call_key),
        )
        .where(UsageRecord.query_id == query_id)
        .order_by(UsageRecord.id)
    )
    return [(row.UsageRecord, row.answer) for row in await session.execute(statement)]


async def add_once(
    session: Session,
    values: Mapping[str, Any],
    answer: Mapping[str, Any] | None,
    *,
    used_tokens: int | None,
    is_on_bill: bool = True,
) -> bool:
    """Stores a call of a query with who asked it, of what, as it is now, and its answer apart; settles its budgets.

    All of it in one statement, so that a period of a budget is held no longer than that. What is not known (a price of
    None, tokens of None) is settled at what was reserved. A query that has ended is billed the call as well,
    where it `is_on_bill`. False when the query has a call with that id or key already, which then stays as it is, or is
    gone.
    """
    kept = None if answer is None else orjson.dumps(answer).decode()
    used = {"used_usd": values["price_usd"], "used_tokens": used_tokens, "is_on_bill": is_on_bill}
    return bool((await session.execute(_ADD, {**values, **used, "answer": kept})).scalar_one())


def bill_of(query_id: UUID) -> dict[str, ScalarSelect[Any]]:
    """Values of a query's bill as the ledger has it; the cost is NULL without calls, and when a price is not known."""
    called = UsageRecord.query_id == query_id
    price = case((func.bool_and(UsageRecord.price_usd.is_not(None)), func.sum(UsageRecord.price_usd)))
    return {
        "tokens_in": select(func.coalesce(func.sum(UsageRecord.tokens_in), 0)).where(called).scalar_subquery(),
        "tokens_out": select(func.coalesce(func.sum(UsageRecord.tokens_out), 0)).where(called).scalar_subquery(),
        "cost_usd": select(price).where(called).scalar_subquery(),
    }


async def without_price(session: Session, since: datetime) -> Sequence[tuple[str, int]]:
    """Models (`provider:model`) whose answered calls since a moment have no known price, with how many there were."""
    model = UsageRecord.provider + ":" + UsageRecord.model
    statement = (
        select(model, func.count())
        .where(UsageRecord.created_at >= since, UsageRecord.price_usd.is_(None), UsageRecord.outcome == "answered")
        .group_by(model)
        .order_by(model)
    )
    return [(name, calls) for name, calls in await session.execute(statement)]
