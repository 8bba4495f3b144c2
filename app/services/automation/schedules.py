"""Schedules: making, showing, changing and removing them, and running one at once."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from app.core import clock
from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import Conflict, NotFound, SourceMissing, ValidationFailed
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, Schedule
from app.repositories import agents, schedules, webhooks
from app.repositories.jobs import Hint
from app.schemas.batches import BatchCreate, BatchRead
from app.schemas.queries import QueryError
from app.schemas.schedules import ScheduleRead, ScheduleWrite
from app.services.audit.audit import fingerprint, record
from app.services.automation.batches import record_batch, require_askable
from app.services.engine.engine import Engine

_NO_CRON = Text(
    en="This is no cron expression of five fields: minute, hour, day of month, month, day of week.",
    pt="Isto não é uma expressão cron de cinco campos: minuto, hora, dia do mês, mês, dia da semana.",
)
_NO_ZONE = Text(
    en="There is no time zone of this name. Use one like America/Sao_Paulo.",
    pt="Não existe fuso horário com este nome. Use um como America/Sao_Paulo.",
)
_TOO_MANY = Text(
    en="You have {limit} schedules, and cannot have more. Remove one first.",
    pt="Você tem {limit} agendamentos e não pode ter mais. Remova um antes.",
)


async def create(session: Session, settings: Settings, actor: Actor, wanted: ScheduleWrite) -> ScheduleRead:
    """Adds a schedule. Raises ValidationFailed, NotFound (agent or webhook), Conflict."""
    await _require(session, settings, actor, wanted)
    if await schedules.count(session, actor.user_id) >= settings.schedules_per_user:
        raise Conflict(_TOO_MANY, limit=settings.schedules_per_user)
    schedule = Schedule(id=new_id(), owner_id=actor.user_id)
    _set(schedule, wanted)
    await schedules.save(session, schedule)
    await record(session, actor, AuditAction.SCHEDULE_CREATED, "schedule", schedule.id, after=_noted(schedule))
    return as_read(schedule)


async def replace(
    session: Session, settings: Settings, actor: Actor, schedule_id: UUID, *, wanted: ScheduleWrite
) -> ScheduleRead:
    """Replaces everything of a schedule. Raises what `create` raises."""
    schedule = await _own(session, actor, schedule_id, lock=True)
    await _require(session, settings, actor, wanted)
    before = _noted(schedule)
    _set(schedule, wanted)
    await schedules.save(session, schedule)
    after = _noted(schedule)
    await record(session, actor, AuditAction.SCHEDULE_CHANGED, "schedule", schedule_id, before=before, after=after)
    return as_read(schedule)


async def read(session: Session, actor: Actor, schedule_id: UUID) -> ScheduleRead:
    """One schedule. Raises NotFound."""
    return as_read(await _own(session, actor, schedule_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[ScheduleRead]:
    """The actor's schedules, newest first."""
    rows = await schedules.page(session, actor.user_id, request)
    return page_of([as_read(row) for row in rows], request)


async def delete(session: Session, actor: Actor, schedule_id: UUID) -> None:
    """Removes a schedule; what its runs have found stays. Raises NotFound."""
    await schedules.remove(session, await _own(session, actor, schedule_id, lock=True))
    await record(session, actor, AuditAction.SCHEDULE_DELETED, "schedule", schedule_id)


async def run_now(engine: Engine, actor: Actor, schedule_id: UUID) -> BatchRead:
    """Asks the questions of a schedule once, whatever its times. Raises what `batches.submit` raises."""
    await engine.admission.require_room()
    async with engine.platform.database.transaction() as session:
        schedule = await _own(session, actor, schedule_id, lock=True)
        await record(session, actor, AuditAction.SCHEDULE_RUN, "schedule", schedule_id)
        made, hints = await record_run(session, engine.platform.settings, actor, schedule)
    engine.jobs.hint_soon(hints)
    return made


async def record_run(
    session: Session, settings: Settings, actor: Actor, schedule: Schedule
) -> tuple[BatchRead, list[Hint]]:
    """Records one run as a batch. Raises SourceMissing without an agent, and what `batches.submit` raises."""
    if schedule.agent_id is None:
        raise SourceMissing
    wanted = BatchCreate(
        agent_id=schedule.agent_id,
        questions=schedule.questions,
        name=schedule.name,
        webhook_id=schedule.webhook_id,
    )
    return await record_batch(session, settings, actor, wanted, schedule_id=schedule.id)


def next_run(cron: str, time_zone: str, after: datetime) -> datetime | None:
    """The first moment after `after` that the expression names in that zone; None when there is none in fifty years.

    Raises CronSimError for what is no expression.
    """
    found = next(CronSim(cron, after.astimezone(ZoneInfo(time_zone))), None)
    return None if found is None else found.astimezone(UTC)


def as_read(schedule: Schedule) -> ScheduleRead:
    """The schedule as clients see it."""
    return ScheduleRead(
        id=schedule.id,
        name=schedule.name,
        agent_id=schedule.agent_id,
        questions=schedule.questions,
        cron=schedule.cron,
        time_zone=schedule.time_zone,
        webhook_id=schedule.webhook_id,
        enabled=schedule.is_enabled,
        next_run_at=schedule.next_run_at,
        last_run_at=schedule.last_run_at,
        last_problem=None if schedule.last_problem is None else QueryError(**schedule.last_problem),
        created_at=schedule.created_at,
        updated_at=schedule.updated_at,
    )


async def _own(session: Session, actor: Actor, schedule_id: UUID, *, lock: bool = False) -> Schedule:
    schedule = await schedules.get(session, actor.user_id, schedule_id, lock=lock)
    if schedule is None:
        raise NotFound
    return schedule


async def _require(session: Session, settings: Settings, actor: Actor, wanted: ScheduleWrite) -> None:
    require_askable(settings, wanted.questions)
    if wanted.time_zone not in available_timezones():
        raise ValidationFailed(_NO_ZONE, pointer="/time_zone")
    try:
        next_run(wanted.cron, wanted.time_zone, clock.now())
    except CronSimError as error:
        raise ValidationFailed(_NO_CRON, pointer="/cron") from error
    if len(wanted.cron.split()) != 5:
        raise ValidationFailed(_NO_CRON, pointer="/cron")
    if await agents.get(session, actor.user_id, wanted.agent_id) is None:
        raise NotFound
    if wanted.webhook_id is not None and await webhooks.get(session, actor.user_id, wanted.webhook_id) is None:
        raise NotFound


def _set(schedule: Schedule, wanted: ScheduleWrite) -> None:
    schedule.name, schedule.agent_id, schedule.webhook_id = wanted.name, wanted.agent_id, wanted.webhook_id
    schedule.questions, schedule.cron, schedule.time_zone = wanted.questions, wanted.cron, wanted.time_zone
    schedule.is_enabled = wanted.enabled
    schedule.next_run_at = next_run(wanted.cron, wanted.time_zone, clock.now()) if wanted.enabled else None


def _noted(schedule: Schedule) -> dict[str, object]:
    """A schedule as the audit log keeps it: what people wrote is there as a fingerprint."""
    return {
        "agent_id": str(schedule.agent_id),
        "webhook_id": str(schedule.webhook_id),
        "cron": schedule.cron,
        "time_zone": schedule.time_zone,
        "enabled": schedule.is_enabled,
        "questions": fingerprint("\n".join(schedule.questions)),
    }
