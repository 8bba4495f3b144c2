"""Shapes of webhooks and of what was sent there."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.common import RequestModel, ResponseModel


class WebhookCreate(RequestModel):
    """An address that is to be told of things."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    """`https://…`; the installation decides which networks are allowed."""
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class WebhookRead(ResponseModel):
    """A webhook."""

    id: UUID
    url: str
    description: str
    disabled_at: datetime | None
    """When its server answered 410: nothing is sent there any more."""
    created_at: datetime


class WebhookCreated(WebhookRead):
    """A new webhook, with what proves that messages come from here. It is shown this once."""

    signing_key: str
    """`whsec_…`: HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}` with it makes `webhook-signature`."""


class DeliveryRead(ResponseModel):
    """One message to a webhook."""

    id: UUID
    """Sent as `webhook-id` in every try: the same one twice is the same message."""
    event: str
    """`batch.finished`, `query.finished` or `webhook.test`."""
    state: str
    """`waiting`, `delivered` or `failed`."""
    tries: int
    status: int | None
    """HTTP status of the last try."""
    problem: str | None
    """What kept the last try from an answer: `no_connection`, `timed_out`, `egress_refused`."""
    created_at: datetime
    tried_at: datetime | None
