"""Routes for what becomes of the things of closed accounts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from app.api.deps import PageDep, SessionDep, open_to_strangers, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.erasures import ErasureRead, ErasureReceipt
from app.services.accounts import erasures

router = APIRouter(prefix="/erasures", tags=["users"])

Reading = Annotated[Actor, Depends(requires(Permission.USERS_READ))]


@router.get("/")
async def list_erasures(actor: Reading, session: SessionDep, page: PageDep) -> PageRead[ErasureRead]:
    """Removals of what belonged to closed accounts, newest first; a MASTER sees those of its former users."""
    return PageRead[ErasureRead].model_validate(await erasures.list_page(session, actor, page))


@router.post("/receipt", dependencies=[Depends(open_to_strangers)], responses=problems(NotFound))
async def read_own_erasure(body: ErasureReceipt, session: SessionDep) -> ErasureRead:
    """How far the removal of one's own things is, for whoever has left and holds the receipt."""
    return await erasures.read_by_receipt(session, body.receipt.get_secret_value())


@router.get("/{erasure_id}")
async def read_erasure(actor: Reading, erasure_id: UUID, session: SessionDep) -> ErasureRead:
    """What was removed of a closed account, and what stays as figures."""
    return await erasures.read(session, actor, erasure_id)
