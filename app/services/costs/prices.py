"""What model calls cost on this installation: the public list, the settings, and the prices that an ADMIN sets."""

from collections.abc import Mapping
from decimal import Decimal

from app.agentgraph.context import ModelAccess, OwnPrice
from app.agentgraph.llm import resolve_model
from app.core.actor import Actor
from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database, Session
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, ModelPrice
from app.repositories import prices
from app.schemas.prices import PriceCreate, PriceRead
from app.services.audit.audit import record
from app.services.costs.ledger import patiently
from app.services.engine.model_access import model_access


async def own_prices(session: Session, settings: Settings) -> Mapping[str, OwnPrice]:
    """The installation's own prices by `provider:model`, as they count now: an ADMIN's go before the settings."""
    known = {
        model: OwnPrice(Decimal(str(read)), Decimal(str(written)), None, "settings")
        for model, (read, written) in settings.model_prices.items()
    }
    for price in await prices.in_force(session, now()):
        known[price.model] = OwnPrice(price.input_usd, price.output_usd, price.cached_usd, f"own:{price.id}")
    return known


def priced_access(database: Database, settings: Settings) -> ModelAccess:
    """What the installation grants model calls; its own prices are read with the first one, as they count then.

    So a question that the cache answers reads none.
    """

    async def read() -> Mapping[str, OwnPrice]:
        async with database.read() as session:
            return await own_prices(session, settings)

    return model_access(settings, lambda: patiently(read))


async def add(session: Session, actor: Actor, wanted: PriceCreate) -> PriceRead:
    """Sets a price from a moment on; calls that were made before it keep theirs. Raises UnknownModel."""
    price = ModelPrice(
        model=resolve_model(wanted.model).id,
        input_usd=wanted.input_usd,
        output_usd=wanted.output_usd,
        cached_usd=wanted.cached_usd,
        effective_from=wanted.effective_from or now(),
        created_by=actor.user_id,
    )
    await prices.add(session, price)
    after = {
        "model": price.model,
        "input_usd": str(price.input_usd),
        "output_usd": str(price.output_usd),
        "cached_usd": None if price.cached_usd is None else str(price.cached_usd),
        "effective_from": price.effective_from.isoformat(),
    }
    await record(session, actor, AuditAction.PRICE_SET, "model_price", price.id, after=after)
    return PriceRead.model_validate(price)


async def list_page(session: Session, request: PageRequest) -> Page[PriceRead]:
    """Prices that were set here, the last one first."""
    rows = await prices.page(session, request)
    return page_of([PriceRead.model_validate(row) for row in rows], request)
