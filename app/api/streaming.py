"""What streams in and out: bodies too large to hold, and a query's events."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

from fastapi import Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import ClientDisconnect

from app.core.errors import ValidationFailed
from app.core.i18n import Text
from app.services.jobs.events import SentEvent

HEARTBEAT_S = 15
SSE: Final = "text/event-stream"
EVENTS: Final[dict[str, Any]] = {
    SSE: {
        "schema": {
            "type": "object",
            "description": "One event of the stream.",
            "required": ["id", "event", "data"],
            "properties": {
                "id": {"type": "string", "description": "A number that only rises."},
                "event": {"type": "string"},
                "data": {"type": "string", "contentMediaType": "application/json"},
            },
        }
    }
}
"""The content of a response that is a stream of events, as the OpenAPI document shows it."""
_NOT_AN_ID = Text(
    en="Last-Event-ID is the number of an event of this stream.",
    pt="Last-Event-ID é o número de um evento deste fluxo.",
)


def event_stream(events: AsyncIterator[SentEvent], *, headers: Mapping[str, str] | None = None) -> EventSourceResponse:
    """A response that sends `events`, and a comment every 15 seconds of silence."""

    async def sent() -> AsyncIterator[ServerSentEvent]:
        async for event in events:
            yield ServerSentEvent(event.data, event=event.name, id=str(event.id))

    return EventSourceResponse(sent(), headers=headers, ping=HEARTBEAT_S)


async def body_of(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; it just ends where the client left, which whoever parses it notices."""
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect:
        return


def last_event_id(header: str | None) -> int:
    """The event after which a client wants to go on; 0 from the start. Raises ValidationFailed."""
    if not header:
        return 0
    if not (header.isascii() and header.isdigit() and len(header) < 16):
        raise ValidationFailed(_NOT_AN_ID, pointer="/Last-Event-ID")
    return int(header)
