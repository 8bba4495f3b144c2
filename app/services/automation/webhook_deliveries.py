"""Sending a message to a webhook: signed, within the egress rules, and again later when it does not arrive."""

import asyncio
import base64
import hashlib
import hmac
import logging
import random
import time
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import orjson

from app.core.egress import EgressRules
from app.core.errors import Unavailable
from app.core.outgoing import NotDelivered, post
from app.models import DeliveryState, JobState
from app.repositories import jobs, webhooks
from app.repositories.jobs import Claim
from app.repositories.webhooks import Message
from app.services.automation.webhooks import SECRET_PREFIX
from app.services.engine.engine import Engine

PAUSES_S: Final = (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400)
"""Between one try and the next: a day and a half in all, in the steps that Standard Webhooks recommends."""
JITTER: Final = 0.2
GONE: Final = 410
DISABLED: Final = "webhook_disabled"
_log = logging.getLogger(__name__)


async def take(engine: Engine, job_id: UUID) -> None:
    """Claims one message and tries to deliver it. Quiet when somebody else has it, or its webhook has gone."""
    claimed_at = time.monotonic()
    async with engine.platform.database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)
        message = None if claim is None else await webhooks.message(session, claim.subject_id)
        if claim is not None and message is None:
            await jobs.finish(session, claim, JobState.DONE)
    if claim is None or message is None:
        return
    held = engine.jobs.hold(claim, claimed_at)
    await asyncio.wait([engine.jobs.work(held, _deliver(engine, claim, message))])


def signed(message: Message, key: str, body: bytes, *, at: int) -> Mapping[str, str]:
    """The headers that prove where `body` comes from, by Standard Webhooks 1.0: id, seconds and signature."""
    secret = base64.b64decode(key.removeprefix(SECRET_PREFIX))
    mac = hmac.digest(secret, f"{message.id}.{at}.".encode() + body, hashlib.sha256)
    return {
        "Content-Type": "application/json",
        "User-Agent": "AgentGraph",
        "webhook-id": str(message.id),
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


async def _deliver(engine: Engine, claim: Claim, message: Message) -> None:
    status, problem = (None, DISABLED) if message.is_disabled else await _try(engine, message)
    state = _state(message, status)
    try:
        async with engine.platform.database.transaction() as session:
            if state is DeliveryState.WAITING:
                pause_s = PAUSES_S[message.tries] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  (no secret)
                is_ours = await jobs.postpone(session, claim, delay_s=pause_s)
            else:
                is_ours = await jobs.finish(session, claim, JobState.DONE)
            if is_ours:
                await webhooks.note_try(session, message.id, state, status=status, problem=problem)
            if is_ours and status == GONE:
                await webhooks.disable(session, message.webhook_id)
    except Unavailable:
        _log.warning("message %s may be sent once more: the system database is away", message.id)


async def _try(engine: Engine, message: Message) -> tuple[int | None, str | None]:
    """Status of the answer, or the code of what kept it away."""
    settings = engine.platform.settings
    key = engine.databases.access.vault.open(message.secret, record_id=message.webhook_id)
    body = orjson.dumps(message.payload)
    try:
        status = await post(
            EgressRules.of(settings),
            message.url,
            body,
            signed(message, key, body, at=int(time.time())),
            timeout_s=settings.webhook_timeout_s,
            allow_http=settings.webhooks_over_http,
        )
    except NotDelivered as error:
        return None, error.problem
    return status, None


def _state(message: Message, status: int | None) -> DeliveryState:
    if status is not None and 200 <= status < 300:
        return DeliveryState.DELIVERED
    is_over = message.is_disabled or status == GONE or message.tries >= len(PAUSES_S)
    return DeliveryState.FAILED if is_over else DeliveryState.WAITING
