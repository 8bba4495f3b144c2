"""Routes for schedules."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response, status

from app.api.deps import EngineDep, PageDep, PlatformDep, SessionDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.errors.access import QuotaExhausted, TooManyQuestions
from app.core.permissions import Permission
from app.schemas.batches import BatchRead
from app.schemas.common import PageRead
from app.schemas.schedules import ScheduleRead, ScheduleWrite
from app.services.automation import schedules

router = APIRouter(prefix="/schedules", tags=["schedules"])

NOT_ASKABLE = (errors.SourceMissing, errors.NotReady, TooManyQuestions, QuotaExhausted, errors.Overloaded)


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(errors.NotFound, errors.Conflict))
async def create_schedule(
    actor: Annotated[Actor, Depends(requires(Permission.SCHEDULES_CREATE))],
    body: ScheduleWrite,
    session: SessionDep,
    platform: PlatformDep,
) -> ScheduleRead:
    """Has questions asked at given times, in one's own name and with the rights that one has then."""
    return await schedules.create(session, platform.settings, actor, body)


@router.get("")
async def list_schedules(
    actor: Annotated[Actor, Depends(requires(Permission.SCHEDULES_READ))], session: SessionDep, page: PageDep
) -> PageRead[ScheduleRead]:
    """One's own schedules, newest first."""
    return PageRead[ScheduleRead].model_validate(await schedules.list_page(session, actor, page))


@router.get("/{schedule_id}")
async def read_schedule(
    actor: Annotated[Actor, Depends(requires(Permission.SCHEDULES_READ))], schedule_id: UUID, session: SessionDep
) -> ScheduleRead:
    """One schedule, with its next time and how its last run began."""
    return await schedules.read(session, actor, schedule_id)


@router.put("/{schedule_id}")
async def replace_schedule(
    actor: Annotated[Actor, Depends(requires(Permission.SCHEDULES_UPDATE))],
    schedule_id: UUID,
    body: ScheduleWrite,
    session: SessionDep,
    platform: PlatformDep,
) -> ScheduleRead:
    """Replaces a schedule; `enabled: false` pauses it."""
    return await schedules.replace(session, platform.settings, actor, schedule_id, wanted=body)


@router.delete("/{schedule_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_schedule(
    actor: Annotated[Actor, Depends(requires(Permission.SCHEDULES_DELETE))], schedule_id: UUID, session: SessionDep
) -> None:
    """Removes a schedule; the answers of its runs stay."""
    await schedules.delete(session, actor, schedule_id)


@router.post("/{schedule_id}/run", status_code=status.HTTP_202_ACCEPTED, responses=problems(*NOT_ASKABLE))
async def run_schedule(
    actor: Annotated[Actor, Depends(requires(Permission.QUERIES_EXECUTE))],
    schedule_id: UUID,
    engine: EngineDep,
    response: Response,
) -> BatchRead:
    """Asks its questions now, beside its times."""
    made = await schedules.run_now(engine, actor, schedule_id)
    response.headers["Location"] = f"/api/v1/batches/{made.id}"
    return made
