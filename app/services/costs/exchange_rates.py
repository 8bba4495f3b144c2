"""Costs in other currencies, for display alone: ledger and budgets are in US dollars, as providers bill."""

from datetime import datetime

from app.core.actor import Actor
from app.core.clock import now
from app.core.db import Session
from app.core.errors import ValidationFailed
from app.core.i18n import Text
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, ExchangeRate
from app.repositories import exchange_rates
from app.schemas.exchange_rates import RateCreate, RateRead, RateUsed
from app.services.audit.audit import record

_UNKNOWN = Text(
    en="No rate of {currency} counts at that time. An administrator sets one by POST /api/v1/admin/exchange-rates.",
    pt="Nenhuma cotação de {currency} vale nessa data. Quem administra define uma: POST /api/v1/admin/exchange-rates.",
)


async def add(session: Session, actor: Actor, wanted: RateCreate) -> RateRead:
    """Sets a rate from a moment on."""
    rate = ExchangeRate(
        currency=wanted.currency,
        per_usd=wanted.per_usd,
        effective_from=wanted.effective_from or now(),
        created_by=actor.user_id,
    )
    await exchange_rates.add(session, rate)
    after = {
        "currency": rate.currency,
        "per_usd": str(rate.per_usd),
        "effective_from": rate.effective_from.isoformat(),
    }
    await record(session, actor, AuditAction.EXCHANGE_RATE_SET, "exchange_rate", rate.id, after=after)
    return RateRead.model_validate(rate)


async def list_page(session: Session, request: PageRequest) -> Page[RateRead]:
    """Rates that were set here, the last one first."""
    rows = await exchange_rates.page(session, request)
    return page_of([RateRead.model_validate(row) for row in rows], request)


async def rate_at(session: Session, currency: str, at: datetime) -> RateUsed:
    """The rate of a currency that counts at a moment. Raises ValidationFailed when none does."""
    rate = await exchange_rates.in_force(session, currency, at)
    if rate is None:
        raise ValidationFailed(_UNKNOWN, pointer="/currency", currency=currency)
    return RateUsed.model_validate(rate)
