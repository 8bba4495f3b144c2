"""Webhooks: addresses that people want to be told at, each with a key that signs what is sent there."""

import base64
import os
from typing import Final
from uuid import UUID

from app.core import clock
from app.core.actor import Actor
from app.core.db import Session
from app.core.egress import EgressRules
from app.core.errors import Conflict, NotFound, ValidationFailed
from app.core.errors.databases import EgressRefused, HostUnknown
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.outgoing import address_of
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, Webhook
from app.repositories import webhooks
from app.schemas.webhooks import DeliveryRead, WebhookCreate, WebhookCreated, WebhookRead
from app.services.audit.audit import fingerprint, record
from app.services.engine.engine import Engine

SECRET_BYTES: Final = 32
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  (what tells such keys from others)
TEST: Final = "webhook.test"
_REFUSED = Text(
    en="Messages are not sent there. Use an https address of a host that this installation may connect to.",
    pt="Não se enviam mensagens para lá. Use um endereço https de um host ao qual esta instalação possa se conectar.",
)
_TOO_MANY = Text(
    en="You have {limit} webhooks, and cannot have more. Remove one first.",
    pt="Você tem {limit} webhooks e não pode ter mais. Remova um antes.",
)


async def create(engine: Engine, actor: Actor, wanted: WebhookCreate) -> WebhookCreated:
    """Adds an address, and makes the key that signs what is sent there. Raises ValidationFailed, Conflict."""
    settings = engine.platform.settings
    try:
        await address_of(EgressRules.of(settings), wanted.url, allow_http=settings.webhooks_over_http)
    except (EgressRefused, HostUnknown) as error:
        raise ValidationFailed(_REFUSED, pointer="/url") from error
    key = SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()
    webhook = Webhook(id=new_id(), owner_id=actor.user_id, url=wanted.url, description=wanted.description)
    webhook.secret = engine.databases.access.vault.seal(key, record_id=webhook.id)
    async with engine.platform.database.transaction() as session:
        limit = settings.webhooks_per_user
        if await webhooks.count(session, actor.user_id) >= limit:
            raise Conflict(_TOO_MANY, limit=limit)
        await webhooks.add(session, webhook)
        after = {"url": fingerprint(wanted.url)}
        await record(session, actor, AuditAction.WEBHOOK_CREATED, "webhook", webhook.id, after=after)
    return WebhookCreated(**WebhookRead.model_validate(webhook).model_dump(), signing_key=key)


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[WebhookRead]:
    """The actor's webhooks, newest first."""
    rows = await webhooks.page(session, actor.user_id, request)
    return page_of([WebhookRead.model_validate(row) for row in rows], request)


async def delete(session: Session, actor: Actor, webhook_id: UUID) -> None:
    """Removes a webhook with what was sent there. Raises NotFound."""
    await webhooks.remove(session, await _own(session, actor, webhook_id))
    await record(session, actor, AuditAction.WEBHOOK_DELETED, "webhook", webhook_id)


async def test(engine: Engine, actor: Actor, webhook_id: UUID) -> None:
    """Sends a message without meaning. Raises NotFound."""
    async with engine.platform.database.transaction() as session:
        webhook = await _own(session, actor, webhook_id)
        payload = {"type": TEST, "timestamp": clock.now().isoformat(), "data": {"webhook_id": str(webhook.id)}}
        hint = await webhooks.enqueue(session, webhook.id, payload)
        await record(session, actor, AuditAction.WEBHOOK_TESTED, "webhook", webhook_id)
    engine.jobs.hint_soon([hint])


async def list_deliveries(session: Session, actor: Actor, webhook_id: UUID, request: PageRequest) -> Page[DeliveryRead]:
    """What was sent to a webhook in the last thirty days, newest first. Raises NotFound."""
    await _own(session, actor, webhook_id)
    rows = await webhooks.deliveries(session, webhook_id, request)
    return page_of([DeliveryRead.model_validate(row) for row in rows], request)


async def _own(session: Session, actor: Actor, webhook_id: UUID) -> Webhook:
    webhook = await webhooks.get(session, actor.user_id, webhook_id)
    if webhook is None:
        raise NotFound
    return webhook
