"""Refusing questions before memory is short or the queue too long: a clear 503 now instead of a dead process later."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Overloaded
from app.repositories import jobs

FRESH_S: Final = 1.0
"""How long a measurement counts: refusing has to stay cheap when there is too much of everything."""
RETRY_AFTER_S: Final = 5
_MEMINFO: Final = Path("/proc/meminfo")
_CGROUP: Final = Path("/sys/fs/cgroup")


@dataclass(slots=True)
class Admission:
    """The door of one process for questions of all users together."""

    settings: Settings
    database: Database
    _measured_at: float = float("-inf")
    _waiting: int = 0
    _free_bytes: int | None = None

    async def require_room(self, *, running: int = 0) -> None:
        """Raises Overloaded when this installation should not take a further question.

        `running`: how many this process answers now; given where the question would run here.
        """
        settings = self.settings
        if running >= settings.questions_at_once_process:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)
        if time.monotonic() - self._measured_at > FRESH_S:
            await self._measure()
        if settings.installation_questions_waiting and self._waiting >= settings.installation_questions_waiting:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)
        if self._free_bytes is not None and self._free_bytes < settings.memory_reserve_bytes:
            raise Overloaded(retry_after_s=RETRY_AFTER_S)

    async def _measure(self) -> None:
        self._measured_at = time.monotonic()
        self._free_bytes = free_bytes()
        if self.settings.installation_questions_waiting:
            async with self.database.read() as session:
                self._waiting = await jobs.waiting(session)


def free_bytes(meminfo: Path = _MEMINFO, cgroup: Path = _CGROUP) -> int | None:
    """Memory that can still be used: of the machine, or of the container where that is less; None when unknown.

    Cached pages of files count as free, because the kernel gives them up.
    """
    found = [free for free in (_of_machine(meminfo), _of_container(cgroup)) if free is not None]
    return min(found, default=None)


def _of_machine(meminfo: Path) -> int | None:
    values = _table(meminfo)
    return values["MemAvailable:"] * 1024 if "MemAvailable:" in values else None


def _of_container(cgroup: Path) -> int | None:
    """By control groups, version 2."""
    limit, used = _number(cgroup / "memory.max"), _number(cgroup / "memory.current")
    if limit is None or used is None:
        return None
    return limit - used + _table(cgroup / "memory.stat").get("inactive_file", 0)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _table(path: Path) -> dict[str, int]:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in map(str.split, lines) if len(words) > 1 and words[1].isdigit()}
