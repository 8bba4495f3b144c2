"""Beginning the runs of schedules that are due: once each, in their owners' names, with the rights of that moment."""

import logging
from typing import Final

from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AgentGraphError, Internal, PermissionDenied, Unavailable
from app.core.i18n import Language
from app.core.permissions import SENTENCES, Permission
from app.core.rights import held
from app.models import AuditAction, Schedule
from app.repositories import rights, schedules
from app.repositories.jobs import Hint
from app.services import notices
from app.services.audit.audit import record
from app.services.automation.schedules import next_run, record_run
from app.services.jobs.endings import stored_error
from app.services.jobs.jobs import send_hints
from app.services.platform import Platform

MOST_AT_ONCE: Final = 100
_log = logging.getLogger(__name__)


async def run_due(platform: Platform) -> int:
    """Begins every run that is due and gives how many; runs that were missed meanwhile are made up for by one.

    Any number of schedulers may do it: a schedule's row is held while its run is recorded and its next time set, in
    one transaction.
    """
    begun = 0
    while begun < MOST_AT_ONCE:
        async with platform.database.transaction() as session:
            if (await notices.read(session, Language.EN)).read_only is not None:
                break
            schedule = await schedules.next_due(session)
            if schedule is None:
                break
            hints = await _run(session, platform, schedule)
        await send_hints(platform.publisher, hints)
        begun += 1
    return begun


async def _run(session: Session, platform: Platform, schedule: Schedule) -> list[Hint]:
    now = clock.now()
    schedule.last_run_at, schedule.next_run_at = now, next_run(schedule.cron, schedule.time_zone, now)
    hints: list[Hint] = []
    problem: AgentGraphError | None = None
    try:
        async with session.begin_nested():
            actor = await _owner(session, schedule)
            await record(session, actor, AuditAction.SCHEDULE_RUN, "schedule", schedule.id)
            _, hints = await record_run(session, platform.settings, actor, schedule)
    except AgentGraphError as error:
        if type(error) is Unavailable:
            raise
        problem = error
    except Exception:  # noqa: BLE001  (one schedule that cannot be run must not keep the others from it)
        _log.exception("schedule %s was not run by a defect", schedule.id)
        problem = Internal()
    schedule.last_problem = None if problem is None else stored_error(problem, Language.EN)
    await schedules.save(session, schedule)
    return hints


async def _owner(session: Session, schedule: Schedule) -> Actor:
    """Whose schedule it is, with what they hold now. Raises PermissionDenied."""
    holder = await rights.find(session, schedule.owner_id)
    permission = Permission.QUERIES_EXECUTE
    if holder is None or not holder.is_active or permission not in held(holder):
        raise PermissionDenied(permission=permission.value, sentence=SENTENCES[permission].to(Language.EN))
    return Actor(user_id=holder.id, kind=holder.kind, permissions=held(holder), sign_in_id=None, language=Language.EN)
