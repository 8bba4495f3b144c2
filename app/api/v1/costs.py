"""Routes about money: what model calls cost, at which prices, and in which currency that is shown."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, status
from fastapi.responses import StreamingResponse

from app.api.accept import preferred
from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import UnknownModel
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.costs import CostsAsked, CostsRead, UsageAsked
from app.schemas.exchange_rates import RateCreate, RateRead
from app.schemas.metering import MeteringAsked, MeteringRead, OwnMeteringAsked
from app.schemas.prices import PriceCreate, PriceRead
from app.services.costs import costs, exchange_rates, metering, prices

router = APIRouter(tags=["costs"])

JSON, CSV = "application/json", "text/csv"
Accept = Annotated[str | None, Header(description="Which of the documented forms is wanted.")]
AS_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}


@router.get("/admin/costs", response_model=CostsRead, responses=AS_CSV)
async def read_costs(
    actor: Annotated[Actor, Depends(requires(Permission.COSTS_READ))],
    session: SessionDep,
    asked: Annotated[CostsAsked, Query()],
    accept: Accept = None,
) -> Any:
    """What model calls cost, or the groups as CSV by `Accept: text/csv`; the sums are those of the ledger, exactly.

    An ADMIN sees everybody's, a MASTER its own and its users', a NORMAL user who may read costs its own.
    """
    return _in_form(await costs.read(session, actor, asked), accept)


@router.get("/users/me/usage", response_model=CostsRead, responses=AS_CSV)
async def read_own_usage(
    actor: Annotated[Actor, Depends(requires(Permission.USAGE_READ))],
    session: SessionDep,
    asked: Annotated[UsageAsked, Query()],
    accept: Accept = None,
) -> Any:
    """What one's own questions cost, or the groups as CSV by `Accept: text/csv`."""
    return _in_form(await costs.read_own(session, actor, asked), accept)


@router.get("/admin/metering")
async def read_metering(
    actor: Annotated[Actor, Depends(requires(Permission.COSTS_READ))],
    session: SessionDep,
    asked: Annotated[MeteringAsked, Query()],
) -> MeteringRead:
    """Work beside model calls by user or day: statements, reading of files, storage; in seconds, rows and bytes.

    An ADMIN sees everybody's, a MASTER its own and its users', a NORMAL user who may read costs its own.
    """
    return await metering.read(session, actor, asked)


@router.get("/users/me/metering")
async def read_own_metering(
    actor: Annotated[Actor, Depends(requires(Permission.USAGE_READ))],
    session: SessionDep,
    asked: Annotated[OwnMeteringAsked, Query()],
) -> MeteringRead:
    """The same for oneself, by day."""
    return await metering.read_own(session, actor, asked)


@router.get("/admin/prices", dependencies=[Depends(requires(Permission.COSTS_READ))])
async def list_prices(session: SessionDep, page: PageDep) -> PageRead[PriceRead]:
    """Prices of models that were set here, the last one first; others follow from the public list."""
    return PageRead[PriceRead].model_validate(await prices.list_page(session, page))


@router.post("/admin/prices", status_code=status.HTTP_201_CREATED, responses=problems(UnknownModel))
async def add_price(
    actor: Annotated[Actor, Depends(requires(Permission.PRICES_UPDATE))], body: PriceCreate, session: SessionDep
) -> PriceRead:
    """Sets what a model costs from a moment on; calls that were made before keep their price."""
    return await prices.add(session, actor, body)


@router.get("/admin/exchange-rates", dependencies=[Depends(requires(Permission.COSTS_READ))])
async def list_exchange_rates(session: SessionDep, page: PageDep) -> PageRead[RateRead]:
    """Rates of currencies that were set here, the last one first."""
    return PageRead[RateRead].model_validate(await exchange_rates.list_page(session, page))


@router.post("/admin/exchange-rates", status_code=status.HTTP_201_CREATED)
async def add_exchange_rate(
    actor: Annotated[Actor, Depends(requires(Permission.PRICES_UPDATE))], body: RateCreate, session: SessionDep
) -> RateRead:
    """Sets at which rate costs are shown in a currency, from a moment on; budgets stay in US dollars."""
    return await exchange_rates.add(session, actor, body)


def _in_form(found: CostsRead, accept: str | None) -> Any:
    if preferred(accept, (JSON, CSV)) != CSV:
        return found
    headers = {"Content-Disposition": 'attachment; filename="costs.csv"'}
    return StreamingResponse(costs.as_csv(found), media_type=f"{CSV}; charset=utf-8", headers=headers)
