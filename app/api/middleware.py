"""Around every request: ids and log context, security headers, the size of bodies, the last resort for defects."""

import math
import re
import secrets
import time
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem_response
from app.core import tracing
from app.core.db import NOBODY, acting
from app.core.errors import Internal, TooLarge
from app.core.errors.access import HeadersTooLarge
from app.core.limits import Standing
from app.core.measures import Measure
from app.core.origin import Origin, current_origin

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
MULTIPART_OVERHEAD_BYTES: Final = 64 * 1024
UPLOAD_PREFIX: Final = "/api/v1/files"
UPLOAD_TYPES: Final = ("multipart/form-data", "application/octet-stream")

log = structlog.get_logger("app.api")


class RequestContext:
    """Gives every request its ids, logs its end, and turns a defect into a 500 that tells nothing but the trace id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI scope."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        with tracing.traced_request(headers.get("traceparent", "")) as span:
            await self._handle(scope, receive, send, span)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, span: tracing.Span) -> None:
        request_id, trace_id = _request_id(Headers(scope=scope)), tracing.trace_id() or ""
        scope.setdefault("state", {})["trace_id"] = trace_id
        current_origin.set(Origin(address=address_of(scope), request_id=request_id))
        answer = _Answer(scope, send, request_id)
        started_at = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id, trace_id=trace_id):
            try:
                with acting(NOBODY):
                    await self.app(scope, receive, answer.send)
            except Exception:
                log.exception("request.failed", method=scope["method"], path=scope["path"])
                if answer.status is not None:
                    raise
                await problem_response(scope, Internal())(scope, receive, answer.send)
            finally:
                elapsed_ms = round((time.perf_counter() - started_at) * 1000, 1)
                route = _route(scope)
                _measure(scope, route, answer.status, elapsed_ms / 1000)
                _note(span, scope, route, answer.status)
                log.info(
                    "request", method=scope["method"], path=scope["path"], status=answer.status, elapsed_ms=elapsed_ms
                )


def path_templates(routes: Sequence[BaseRoute]) -> dict[object, str]:
    """The template of each route's path by the function that answers it."""
    return {context.endpoint: context.path for context in iter_route_contexts(routes) if context.path is not None}


def _route(scope: Scope) -> str:
    """The template of the request's path, which is one of a few; `none` when no route took it."""
    app = scope["app"]
    path: str = app.state.templates.get(scope.get("endpoint"), "none")
    return path


def _measure(scope: Scope, route: str, status: int | None, elapsed_s: float) -> None:
    measures = scope["app"].state.platform.measures
    measures.note(Measure.ROUTE, f"{scope['method']} {route}", elapsed_s, failed=_is_failure(status))


def _note(span: tracing.Span, scope: Scope, route: str, status: int | None) -> None:
    span.name(f"{scope['method']} {route}")
    span.note({"http.request.method": scope["method"], "http.route": route, "http.response.status_code": status})
    if _is_failure(status):
        span.fail(str(status or "broken"))


def _is_failure(status: int | None) -> bool:
    return status is None or status >= HTTPStatus.INTERNAL_SERVER_ERROR


class _Answer:
    """Sends on what the application answers, with the headers that every response has."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._state: dict[str, Any] = scope["state"]
        self._send = send
        self._request_id = request_id
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Passes one ASGI message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            headers["X-Trace-ID"] = self._state["trace_id"]
            headers["X-Content-Type-Options"] = "nosniff"
            headers["X-Frame-Options"] = "DENY"
            headers["Referrer-Policy"] = "no-referrer"
            headers.setdefault("Cache-Control", "no-store")
            for name, value in _limit_headers(self._state.get("rate_limits", ())):
                headers[name] = value
        await self._send(message)


class SizeLimits:
    """Refuses heads and bodies above their limit: by the declared length at once, else by the bytes that arrive."""

    def __init__(self, app: ASGIApp, *, max_header_bytes: int, max_body_bytes: int, max_upload_bytes: int) -> None:
        self.app = app
        self._max_header_bytes = max_header_bytes
        self._max_body_bytes = max_body_bytes
        self._max_upload_bytes = max_upload_bytes + MULTIPART_OVERHEAD_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI scope."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if _head_bytes(scope) > self._max_header_bytes:
            await problem_response(scope, HeadersTooLarge(limit_bytes=self._max_header_bytes))(scope, receive, send)
            return
        headers = Headers(scope=scope)
        limit = self._max_upload_bytes if _is_upload(scope, headers) else self._max_body_bytes
        scope.setdefault("state", {})["body_limit"] = limit
        if _declared_length(headers) > limit:
            await problem_response(scope, TooLarge(limit_bytes=limit))(scope, receive, send)
            return
        await self.app(scope, _counting(receive, limit), send)


def _limit_headers(standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """`RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers): a list item a limit."""
    if not standings:
        return []
    policies = [f'"{s.policy.name}";q={s.policy.limit};w={s.policy.window_s}' for s in standings]
    left = [f'"{s.policy.name}";r={s.remaining};t={math.ceil(s.wait_s or s.reset_s)}' for s in standings]
    return [("RateLimit-Policy", ", ".join(policies)), ("RateLimit", ", ".join(left))]


def _head_bytes(scope: Scope) -> int:
    target = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    return target + sum(len(name) + len(value) for name, value in scope["headers"])


def address_of(scope: Scope) -> str | None:
    """The address that the request came from, as the server saw it."""
    client = scope.get("client")
    return None if client is None else str(client[0])[:64]


def body_limit_of(scope: Scope) -> int:
    """Most bytes that the body of this request may have."""
    limit: int = scope["state"]["body_limit"]
    return limit


def _counting(receive: Receive, limit: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            # The framework turns any other exception raised while it reads a body into a 400.
            raise HTTPException(413)
        return message

    return counted


def _is_upload(scope: Scope, headers: Headers) -> bool:
    path: str = scope["path"]
    return path.startswith(UPLOAD_PREFIX) and headers.get("content-type", "").startswith(UPLOAD_TYPES)


def _declared_length(headers: Headers) -> int:
    value = headers.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else 0


def _request_id(headers: Headers) -> str:
    given = headers.get("x-request-id", "")
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
