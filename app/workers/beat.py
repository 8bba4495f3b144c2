"""The scheduler: sweeps in its own process, because a rescue must not need the workers that it rescues from."""

import asyncio
import faulthandler
import io
import logging
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from app.core.config import Settings
from app.core.errors import Unavailable
from app.core.logging import configure_logging
from app.services.accounts.data_exports import sweep_exports
from app.services.accounts.erasures import reopen as reopen_erasures
from app.services.accounts.secret_renewal import renew_secrets
from app.services.audit.audit_chain import seal_log, tend_log
from app.services.automation.schedule_runs import run_due
from app.services.costs.metering import note_storage
from app.services.costs.summing import sum_ledger
from app.services.databases.database_sweeper import sweep_databases
from app.services.files.file_sweeper import sweep_files
from app.services.jobs.batch_ends import sweep_batches
from app.services.jobs.maintenance import sweep_expired, tend_sessions
from app.services.jobs.query_ends import tell_ended_queries
from app.services.jobs.sweeper import sweep_jobs
from app.services.monitoring.measuring import Measuring, forget_old
from app.services.platform import Part, Platform, open_platform
from app.services.queries.query_inputs import end_unanswered
from app.workers.publisher import CeleryPublisher

FILES_EVERY_S = 30.0
DATABASES_EVERY_S = 60.0
EXPIRED_EVERY_S = 60.0
COSTS_EVERY_S = 10.0
STORAGE_EVERY_S = 3600.0
URGENT_LIMIT_S = 60.0
"""None of these takes so long: their statements end after 15 s, and a broker that is away is given up after 2 s."""
OTHERS_LIMIT_S = 3600.0
_log = logging.getLogger(__name__)


def run_beat(settings: Settings) -> int:
    """Sweeps until the process is asked to stop (SIGTERM, SIGINT); gives the exit code. Any number may run."""
    configure_logging(settings)
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    publisher = CeleryPublisher(settings.broker_url or settings.valkey_url)
    platform = open_platform(settings, publisher, Part.BEAT)
    measuring = Measuring(platform)
    measuring.start()
    try:
        await sweep_until(platform, stopping)
    finally:
        await measuring.close()
        await platform.close()
        publisher.close()


@dataclass(slots=True)
class Chore:
    """Something to do again and again."""

    do: Callable[[Platform], Awaitable[object]]
    every_s: float = 0.0
    due: float = 0.0


def _urgent(settings: Settings) -> list[Chore]:
    """What somebody waits for: a bounded piece of work a turn."""
    return [
        Chore(sweep_jobs),
        Chore(sweep_batches),
        Chore(tell_ended_queries),
        Chore(run_due),
        Chore(end_unanswered, min(EXPIRED_EVERY_S, settings.input_wait_s)),
    ]


def _others(settings: Settings) -> list[Chore]:
    """What may take long, and keeps nobody waiting."""
    return [
        Chore(seal_log),
        Chore(sweep_files, FILES_EVERY_S),
        Chore(sweep_databases, DATABASES_EVERY_S),
        Chore(renew_secrets, DATABASES_EVERY_S),
        Chore(sweep_expired, EXPIRED_EVERY_S),
        Chore(reopen_erasures, EXPIRED_EVERY_S),
        Chore(sweep_exports, EXPIRED_EVERY_S),
        Chore(tend_sessions, min(EXPIRED_EVERY_S, settings.session_idle_s)),
        Chore(forget_old, EXPIRED_EVERY_S),
        Chore(sum_ledger, COSTS_EVERY_S),
        Chore(note_storage, STORAGE_EVERY_S),
        Chore(tend_log, settings.audit_anchor_s),
    ]


async def sweep_until(platform: Platform, stopping: asyncio.Event) -> None:
    """Does each chore whenever it is due, at most once a heartbeat, until `stopping` is set.

    What may take long is done beside what somebody waits for.
    """
    settings = platform.settings
    async with asyncio.TaskGroup() as group:
        group.create_task(tend(_urgent(settings), platform, stopping, limit_s=URGENT_LIMIT_S))
        group.create_task(tend(_others(settings), platform, stopping, limit_s=OTHERS_LIMIT_S))


async def tend(chores: Sequence[Chore], platform: Platform, stopping: asyncio.Event, *, limit_s: float) -> None:
    """Does `chores` one after another whenever they are due; one that takes longer than `limit_s` ends the process."""
    loop = asyncio.get_running_loop()
    while not stopping.is_set():
        for chore in chores:
            if loop.time() >= chore.due:
                await _do(chore, platform, limit_s)
                chore.due = loop.time() + chore.every_s
        try:
            async with asyncio.timeout(platform.settings.heartbeat_s):
                await stopping.wait()
        except TimeoutError:
            continue


async def _do(chore: Chore, platform: Platform, limit_s: float) -> None:
    doing = asyncio.ensure_future(chore.do(platform))
    if not (await asyncio.wait([doing], timeout=limit_s))[0]:
        await _end_process(chore, doing)
    try:
        doing.result()
    except Unavailable:
        _log.warning("%s was left out: the system database is away", chore.do.__name__)


async def _end_process(chore: Chore, doing: "asyncio.Future[object]") -> None:
    """Ends what cannot be ended otherwise, saying where it hangs; whoever supervises this process starts another."""
    where = io.StringIO()
    if isinstance(doing, asyncio.Task):
        doing.print_stack(file=where)
    _log.critical("%s hangs, so this process ends: another one will sweep. %s", chore.do.__name__, where.getvalue())
    faulthandler.dump_traceback(all_threads=True)
    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.Event().wait()
