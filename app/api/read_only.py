"""While the installation only reads, requests that change something are refused before they begin."""

import logging
import time
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import problem_response
from app.core.db import SYSTEM, acting
from app.core.deadline import by_deadline
from app.core.errors import Unavailable
from app.core.errors.access import ReadOnly
from app.core.i18n import Language
from app.schemas.notices import NoticeRead
from app.services import notices
from app.services.platform import Platform

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOOKED_UP_S: Final = 1.0
"""How long a process goes by what it knows of the notice."""
TIMEOUT_S: Final = 2.0
"""For looking it up; the request itself tells its sender when the database is away."""
API: Final = "/api/v1"
STILL_OPEN: Final = frozenset(
    {
        f"{API}/auth/login",
        f"{API}/auth/refresh-token",
        f"{API}/auth/logout",
        f"{API}/admin/notices/read-only",
        f"{API}/admin/notices/announcement",
        f"{API}/admin/live/cancel",
    }
)
"""Signing in and out, ending the mode, and stopping what still runs."""
_log = logging.getLogger(__name__)


class ReadOnlyMode:
    """Refuses by method and path; it looks the notice up once a second at the most."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._known: NoticeRead | None = None
        self._until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI scope."""
        if scope["type"] == "http" and scope["method"] not in READING and not _stays_open(scope["path"]):
            notice = await self._notice(scope["app"].state.platform)
            if notice is not None:
                await problem_response(scope, ReadOnly(retry_after_s=notice.retry_after_s))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _notice(self, platform: Platform) -> NoticeRead | None:
        if time.monotonic() >= self._until:
            # Set first: those that come meanwhile go by what was known, and a database that is away is asked once.
            self._until = time.monotonic() + LOOKED_UP_S
            try:
                self._known = await by_deadline(_read_only(platform), TIMEOUT_S)
            except (Unavailable, TimeoutError):
                _log.warning("whether the installation only reads is not known: the system database is away")
        return self._known


async def _read_only(platform: Platform) -> NoticeRead | None:
    with acting(SYSTEM):
        async with platform.database.read() as session:
            return (await notices.read(session, Language.EN)).read_only


def _stays_open(path: str) -> bool:
    return path.rstrip("/") in STILL_OPEN or (path.startswith(f"{API}/queries/") and path.endswith("/cancel"))
