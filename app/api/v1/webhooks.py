"""Routes for webhooks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import EngineDep, PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.webhooks import DeliveryRead, WebhookCreate, WebhookCreated, WebhookRead
from app.services.automation import webhooks

router = APIRouter(prefix="/webhooks", tags=["webhooks"])


@router.post("", status_code=status.HTTP_201_CREATED, responses=problems(errors.Conflict))
async def create_webhook(
    actor: Annotated[Actor, Depends(requires(Permission.WEBHOOKS_CREATE))], body: WebhookCreate, engine: EngineDep
) -> WebhookCreated:
    """Adds an address. The answer holds, this once, the key by which its server tells our messages from others."""
    return await webhooks.create(engine, actor, body)


@router.get("")
async def list_webhooks(
    actor: Annotated[Actor, Depends(requires(Permission.WEBHOOKS_READ))], session: SessionDep, page: PageDep
) -> PageRead[WebhookRead]:
    """One's own webhooks, newest first."""
    return PageRead[WebhookRead].model_validate(await webhooks.list_page(session, actor, page))


@router.delete("/{webhook_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_webhook(
    actor: Annotated[Actor, Depends(requires(Permission.WEBHOOKS_DELETE))], webhook_id: UUID, session: SessionDep
) -> None:
    """Removes an address; batches and schedules that named it tell nobody any more."""
    await webhooks.delete(session, actor, webhook_id)


@router.get("/{webhook_id}/deliveries")
async def list_deliveries(
    actor: Annotated[Actor, Depends(requires(Permission.WEBHOOKS_READ))],
    webhook_id: UUID,
    session: SessionDep,
    page: PageDep,
) -> PageRead[DeliveryRead]:
    """What was sent to an address in the last thirty days, and how that went, newest first."""
    return PageRead[DeliveryRead].model_validate(await webhooks.list_deliveries(session, actor, webhook_id, page))


@router.post("/{webhook_id}/test", status_code=status.HTTP_202_ACCEPTED)
async def test_webhook(
    actor: Annotated[Actor, Depends(requires(Permission.WEBHOOKS_CREATE))], webhook_id: UUID, engine: EngineDep
) -> None:
    """Sends a `webhook.test` message; GET …/deliveries says how it went."""
    await webhooks.test(engine, actor, webhook_id)
