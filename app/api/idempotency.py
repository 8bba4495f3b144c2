"""`Idempotency-Key`: a POST that is sent again is answered again and not done again."""

import asyncio
import hashlib
import logging
import re
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.deps import bearer, count_actor, count_stranger, identify_caller, key_header
from app.api.middleware import body_limit_of
from app.api.problems import problem_response
from app.core.actor import Actor
from app.core.errors import AgentGraphError, TooLarge, Unauthenticated, Unavailable, ValidationFailed
from app.core.i18n import Text
from app.core.idempotency import OnceClaim, current_claim
from app.services import idempotency
from app.services.idempotency import MAX_BODY_BYTES, Answer, OnceKey
from app.services.platform import Platform

HEADER: Final = "Idempotency-Key"
PREFIX: Final = "/api/v1/"
WITHOUT: Final = frozenset(
    {
        "/api/v1/auth/login",
        "/api/v1/auth/refresh-token",
        "/api/v1/auth/logout",
        "/api/v1/auth/forgot-password",
        "/api/v1/auth/reset-password",
        "/api/v1/auth/second-factor",
        "/api/v1/auth/second-factor/confirm",
        "/api/v1/erasures/receipt",
        "/api/v1/queries/{query_id}/cancel",
        "/api/v1/batches/{batch_id}/cancel",
    }
)
"""POSTs that neither create nor spend, or whose repetition does no more than the first time."""
FOR_STRANGERS: Final = frozenset({"/api/v1/auth/register"})
KEPT_HEADERS: Final = ("content-type", "content-language", "location", "etag")
_KEY: Final = re.compile(r'"?([\x21\x23-\x5b\x5d-\x7e]{1,255})"?')
_WITHOUT: Final = re.compile("|".join(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(path)) for path in WITHOUT))
_MALFORMED: Final = Text(
    en="An Idempotency-Key has 1 to 255 visible characters.",
    pt="Uma Idempotency-Key tem de 1 a 255 caracteres visíveis.",
)
_log = logging.getLogger(__name__)


def takes_key(method: str, path: str) -> bool:
    """Whether a route heeds the header."""
    return method == "POST" and path.startswith(PREFIX) and _WITHOUT.fullmatch(path) is None


class OncePerKey:
    """Does the request of a key once, keeps the answer for a day, and gives it to whoever sends the same again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI scope."""
        if scope["type"] != "http" or not takes_key(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER)
        if given is None:
            await self.app(scope, receive, send)
            return
        try:
            await self._handle(scope, receive, send, given)
        except AgentGraphError as error:
            await problem_response(scope, error)(scope, receive, send)

    async def _handle(self, scope: Scope, receive: Receive, send: Send, given: str) -> None:
        match = _KEY.fullmatch(given)
        if match is None:
            raise ValidationFailed(_MALFORMED, pointer=f"/{HEADER}")
        try:
            actor = await _caller(scope)
        except Unauthenticated:
            await self.app(scope, receive, send)
            return
        platform: Platform = scope["app"].state.platform
        body = _Body(scope, receive)
        key = OnceKey(None if actor is None else actor.user_id, match.group(1), body.target)
        claimed = await idempotency.claim(platform, key)
        if claimed is None:
            await _answer_again(scope, body, send, platform, key, actor)
            return
        await self._do(scope, body, send, platform, key, OnceClaim(claimed, body.digest))

    async def _do(
        self, scope: Scope, body: "_Body", send: Send, platform: Platform, key: OnceKey, held: OnceClaim
    ) -> None:
        answering = _Answering(send)
        token = current_claim.set(held)
        alive = asyncio.create_task(_keep_alive(platform, held))
        try:
            await self.app(scope, body.receive, answering.send)
            answer = answering.answer()
            if answer.status < 400:
                await body.rest()
            await _keep(platform, key, held, answer)
        finally:
            held.is_open = False
            alive.cancel()
            current_claim.reset(token)
        await answering.release()


async def _answer_again(
    scope: Scope, body: "_Body", send: Send, platform: Platform, key: OnceKey, actor: Actor | None
) -> None:
    request = Request(scope)
    await (count_stranger(request, platform) if actor is None else count_actor(request, platform, actor))
    row = await idempotency.stored(platform, key)
    await _read_on(scope, body)
    answer = await idempotency.answer_of(platform, key, row, body.digest())
    await _send(send, answer, {"idempotency-replayed": "true"})


async def _caller(scope: Scope) -> Actor | None:
    """Whose key it is; None for a stranger where strangers may call. Raises Unauthenticated."""
    request = Request(scope)
    header, key = await bearer(request), await key_header(request)
    if header is None and key is None and scope["path"] in FOR_STRANGERS:
        return None
    return await identify_caller(request, header, key)


async def _keep_alive(platform: Platform, held: OnceClaim) -> None:
    while True:
        await asyncio.sleep(platform.settings.heartbeat_s)
        with suppress(Unavailable):
            await idempotency.extend(platform, held)


async def _keep(platform: Platform, key: OnceKey, held: OnceClaim, answer: Answer) -> None:
    try:
        await idempotency.keep(platform, key, held, answer)
    except Unavailable:
        # What was done is noted; a repetition is answered from that.
        _log.warning("an answer was not kept: the system database is away")


async def _read_on(scope: Scope, body: "_Body") -> None:
    try:
        await body.rest()
    except HTTPException:
        raise TooLarge(limit_bytes=body_limit_of(scope)) from None


async def _send(send: Send, answer: Answer, more: dict[str, str]) -> None:
    body = answer.body or b""
    headers = {**answer.headers, **more, "content-length": str(len(body))}
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


class _Body:
    """The body of a request as it passes by: what makes it the same request is its target and these bytes.

    The boundary of a multipart body is left out, because clients draw a new one each time.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self.target = f"{scope['method']} {scope['path']}?".encode() + scope["query_string"]
        self._hash = hashlib.sha256(self.target)
        kind, _, parameters = Headers(scope=scope).get("content-type", "").partition(";")
        found = re.search(r'boundary="?([^";,\s]{1,200})', parameters) if kind.startswith("multipart/") else None
        self._boundary = found.group(1).encode("latin-1") if found else b""
        self._tail = b""
        self._is_complete = False

    async def receive(self) -> Message:
        """The next message, noted."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._note(message.get("body", b""))
            self._is_complete = not message.get("more_body", False)
        else:
            self._is_complete = True
        return message

    async def rest(self) -> None:
        """Reads what has not been read yet, and drops it."""
        while not self._is_complete:
            await self.receive()

    def digest(self) -> bytes:
        """The fingerprint of what has come so far, 32 bytes."""
        so_far = self._hash.copy()
        so_far.update(self._tail)
        return so_far.digest()

    def _note(self, data: bytes) -> None:
        if not self._boundary:
            self._hash.update(data)
            return
        text = (self._tail + data).replace(self._boundary, b"")
        kept = len(self._boundary) - 1
        self._hash.update(text[:-kept] if kept else text)
        self._tail = text[-kept:] if kept else b""


class _Answering:
    """Holds an answer back until it is kept; one that streams, or is large, goes out at once."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message = {"type": "http.response.start", "status": 500, "headers": []}
        self._held: list[Message] = []
        self._size = 0
        self._is_passing = False

    async def send(self, message: Message) -> None:
        """Takes one ASGI message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
            kind = Headers(raw=message["headers"]).get("content-type", "")
            self._is_passing = kind.startswith("text/event-stream")
        self._size += len(message.get("body", b""))
        if not self._is_passing:
            self._held.append(message)
            if self._size > MAX_BODY_BYTES:
                self._is_passing = True
                await self.release()
            return
        await self._send(message)

    def answer(self) -> Answer:
        """What was answered, with its body as far as it can be kept."""
        headers = Headers(raw=self._start["headers"])
        kept = {name: headers[name] for name in KEPT_HEADERS if name in headers}
        body = None if self._is_passing else b"".join(message.get("body", b"") for message in self._held)
        return Answer(self._start["status"], kept, body)

    async def release(self) -> None:
        """Sends what is held back."""
        held, self._held = self._held, []
        for message in held:
            await self._send(message)
