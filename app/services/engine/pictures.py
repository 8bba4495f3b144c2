"""Pictures of charts: drawn by a child with a deadline, and kept in Valkey for whoever may see the chart."""

import base64
import hashlib
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.agentgraph.charts import Form, picture_request
from app.connectors.picture_pool import PicturePool
from app.core.config import Settings
from app.core.errors import DatabaseUnreachable
from app.core.errors.results import PictureFailed
from app.core.i18n import Language

MAX_PICTURE_BYTES = 8 * 1024**2
MAX_KEPT_BYTES = 1024**2
"""Larger pictures are not kept: they are rare, and cost more room than time."""
_log = logging.getLogger(__name__)


class Pictures:
    """Draws for one process; opened and closed with its engine. Without Valkey every picture is drawn anew."""

    def __init__(self, valkey: Redis, settings: Settings) -> None:
        self._valkey = valkey
        self._pool = PicturePool(children=settings.picture_children)
        self._timeout_s = settings.picture_timeout_s
        self._ttl_s = settings.result_cache_ttl_s

    async def draw(self, owner_id: UUID, spec: Mapping[str, Any], form: Form, language: Language) -> bytes:
        """The picture of `spec`, kept under its owner. Raises TimedOut, PictureFailed, Unavailable."""
        request = picture_request(spec, form, language=language)
        key = f"agentgraph:pictures:{owner_id}:{_digest(request)}"
        kept = await self._kept(key)
        if kept is not None:
            return None if kept is None else bytes(kept)
        picture = await self._drawn(request)
        await self._keep(key, picture)
        return picture

    async def close(self) -> None:
        """Ends the children; pictures in the making fail."""
        await self._pool.close()

    async def _drawn(self, request: dict[str, Any]) -> bytes:
        try:
            answer = await self._pool.run(request, timeout_s=self._timeout_s, max_bytes=MAX_PICTURE_BYTES)
        except DatabaseUnreachable as error:
            raise PictureFailed from error
        if "picture" not in answer:
            _log.warning("a chart could not be drawn as a picture: %s", answer.get("error"))
            raise PictureFailed
        return base64.b64decode(answer["picture"])

    async def _kept(self, key: str) -> bytes | None:
        if not self._ttl_s:
            return None
        try:
            kept: Any = await self._valkey.get(key)
        except RedisError as error:
            _log.warning("kept pictures are away: %s", type(error).__name__)
            return None
        return None if kept is None else bytes(kept)

    async def _keep(self, key: str, picture: bytes) -> None:
        if not self._ttl_s or len(picture) > MAX_KEPT_BYTES:
            return
        try:
            await self._valkey.set(key, picture, ex=self._ttl_s)
        except RedisError as error:
            _log.warning("kept pictures are away: %s", type(error).__name__)


def _digest(request: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
