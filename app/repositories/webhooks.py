"""Webhooks as their owners see them, and messages on their way there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import PageRequest
from app.models import DeliveryState, QueryWebhook, Webhook, WebhookDelivery
from app.repositories import jobs
from app.repositories.jobs import Hint

_REMOVE_OLD: Final = text(
    """
    DELETE FROM webhook_deliveries
     WHERE id IN (SELECT id FROM webhook_deliveries
                   WHERE state <> 'waiting' AND created_at < now() - make_interval(days => :days)
                   LIMIT :most FOR UPDATE SKIP LOCKED)
    """
)

_TAKE_ENDED: Final = text(
    """
    DELETE FROM query_webhooks AS told USING queries
     WHERE queries.id = told.query_id AND queries.finished_at IS NOT NULL
    RETURNING told.query_id, told.webhook_id
    """
)


@dataclass(frozen=True, slots=True)
class Message:
    """A delivery with where it goes."""

    id: UUID
    webhook_id: UUID
    url: str
    secret: bytes
    payload: dict[str, Any]
    tries: int
    is_disabled: bool


def visible_to(owner_id: UUID) -> Select[Webhook]:
    """The webhooks that `owner_id` may see; every read of them starts here."""
    return select(Webhook).where(Webhook.owner_id == owner_id)


async def get(session: AsyncSession, owner_id: UUID, webhook_id: UUID) -> Webhook | None:
    """One webhook."""
    return (await session.execute(visible_to(owner_id).where(Webhook.id == webhook_id))).scalar_one_or_none()


async def page(session: AsyncSession, owner_id: UUID, request: PageRequest) -> Sequence[Webhook]:
    """Up to `limit + 1` webhooks, newest first."""
    statement = visible_to(owner_id).order_by(Webhook.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Webhook.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def count(session: AsyncSession, owner_id: UUID) -> int:
    """How many webhooks somebody has."""
    statement = select(func.count()).select_from(Webhook).where(Webhook.owner_id == owner_id)
    return int((await session.execute(statement)).scalar_one())


async def add(session: AsyncSession, webhook: Webhook) -> None:
    """Stores a new webhook."""
    session.add(webhook)
    await session.flush()
    await session.refresh(webhook, ["created_at"])


async def remove(session: AsyncSession, webhook: Webhook) -> None:
    """Removes a webhook with its deliveries."""
    await session.delete(webhook)
    await session.flush()


async def deliveries(session: AsyncSession, webhook_id: UUID, request: PageRequest) -> Sequence[WebhookDelivery]:
    """Up to `limit + 1` deliveries to a webhook that the caller has been shown to own, newest first."""
    statement = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(request.limit + 1)
    )
    if request.before is not None:
        statement = statement.where(WebhookDelivery.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def enqueue(session: AsyncSession, webhook_id: UUID, payload: dict[str, Any]) -> Hint:
    """Adds a message for a webhook, and the job that sends it."""
    delivery = WebhookDelivery(id=new_id(), webhook_id=webhook_id, event=payload["type"], payload=payload, tries=0)
    session.add(delivery)
    await session.flush()
    return await jobs.enqueue(session, JobKind.DELIVER_WEBHOOK, delivery.id)


async def tell_end_of(session: AsyncSession, query_id: UUID, webhook_id: UUID) -> None:
    """Notes that the end of a query is to be told to a webhook that its owner has been shown to own."""
    session.add(QueryWebhook(query_id=query_id, webhook_id=webhook_id))
    await session.flush()


async def take_ended(session: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    """Queries that have ended and whose end was to be told, each with the webhook; whoever takes one, tells it."""
    return [(row.query_id, row.webhook_id) for row in await session.execute(_TAKE_ENDED)]


async def message(session: AsyncSession, delivery_id: UUID) -> Message | None:
    """A message that is to be sent; None when its webhook was removed."""
    statement = (
        select(WebhookDelivery, Webhook)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.id == delivery_id)
    )
    row = (await session.execute(statement)).first()
    if row is None:
        return None
    delivery, webhook = row.WebhookDelivery, row.Webhook
    return Message(
        id=delivery.id,
        webhook_id=webhook.id,
        url=webhook.url,
        secret=webhook.secret,
        payload=delivery.payload,
        tries=delivery.tries,
        is_disabled=webhook.disabled_at is not None,
    )


async def note_try(
    session: AsyncSession, delivery_id: UUID, state: DeliveryState, *, status: int | None, problem: str | None
) -> None:
    """Notes how a try went."""
    await session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id)
        .values(state=state, status=status, problem=problem, tries=WebhookDelivery.tries + 1, tried_at=func.now())
    )


async def fail_waiting(session: AsyncSession, delivery_id: UUID, problem: str) -> None:
    """Gives a message up whose job was given up."""
    statement = update(WebhookDelivery).where(WebhookDelivery.id == delivery_id)
    await session.execute(statement.values(state=DeliveryState.FAILED, problem=problem))


async def disable(session: AsyncSession, webhook_id: UUID) -> None:
    """Sends nothing more to a webhook."""
    await session.execute(update(Webhook).where(Webhook.id == webhook_id).values(disabled_at=func.now()))


async def remove_old(session: AsyncSession, *, days: int, most: int = 500) -> None:
    """Forgets messages that were delivered or given up more than `days` days ago."""
    await session.execute(_REMOVE_OLD, {"days": days, "most": most})
