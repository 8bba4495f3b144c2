"""The scheduler: sweeps in its own process, because a rescue must not need the workers that it rescues from."""

import asyncio
import logging
import signal

from app.core.config import Settings
from app.core.errors import Unavailable
from app.services.file_sweeper import sweep_files
from app.services.platform import Platform, open_platform
from app.services.sweeper import sweep_jobs
from app.workers.publisher import CeleryPublisher

FILES_EVERY_S = 30.0
_log = logging.getLogger(__name__)


def run_beat(settings: Settings) -> int:
    """Sweeps until the process is asked to stop (SIGTERM, SIGINT); gives the exit code. Any number may run."""
    asyncio.run(_run(settings))
    return 0


async def _run(settings: Settings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    publisher = CeleryPublisher(settings.broker_url or settings.valkey_url)
    platform = open_platform(settings, publisher)
    try:
        await sweep_until(platform, stopping)
    finally:
        await platform.close()
        publisher.close()


async def sweep_until(platform: Platform, stopping: asyncio.Event) -> None:
    """Sweeps jobs every heartbeat and files every half minute, until `stopping` is set."""
    loop = asyncio.get_running_loop()
    files_due = loop.time()
    while not stopping.is_set():
        try:
            await sweep_jobs(platform)
            if loop.time() >= files_due:
                await sweep_files(platform)
                files_due = loop.time() + FILES_EVERY_S
        except Unavailable:
            _log.warning("nothing was swept: the system database is away")
        try:
            async with asyncio.timeout(platform.settings.heartbeat_s):
                await stopping.wait()
        except TimeoutError:
            continue
