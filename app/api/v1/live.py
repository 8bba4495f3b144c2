"""Routes for the work that goes on at this moment."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from app.api.deps import EngineDep, PlatformDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import AlreadyFinished, NotFound
from app.core.permissions import Permission
from app.schemas.live import LiveCancel, LiveRead
from app.services import live

router = APIRouter(prefix="/admin/live", tags=["admin"])


@router.get("")
async def read_live(
    actor: Annotated[Actor, Depends(requires(Permission.LIVE_READ))], platform: PlatformDep
) -> LiveRead:
    """Questions and uploads that wait or run: by whom, since when, at which step; never what is asked.

    An ADMIN sees everything, a MASTER its own and that of its users.
    """
    return await live.read(platform, actor)


@router.post("/cancel", status_code=status.HTTP_202_ACCEPTED, responses=problems(NotFound, AlreadyFinished))
async def cancel_live(
    actor: Annotated[Actor, Depends(requires(Permission.LIVE_CANCEL))], body: LiveCancel, engine: EngineDep
) -> None:
    """Stops a question of somebody one manages: one that waits at once, one that runs within two seconds."""
    await live.cancel(engine, actor, body.query_id)
