"""The audit log: noting what was done, in the transaction that does it, and showing it to whoever may see it."""

import hashlib
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Database, Session
from app.core.ids import new_id
from app.core.logging import without_secrets
from app.core.origin import origin
from app.core.pagination import Page, PageRequest, page_of
from app.core.permissions import Permission, UserKind
from app.models import AuditAction, AuditFilter, AuditOutcome, User
from app.repositories import audit
from app.schemas.audit import AuditEventRead
from app.services import idempotency
from app.services.results import csv_text

EXPORT_PAGE = 500
"""Events read at a time for an export."""


async def record(
    session: Session,
    actor: Actor | User | None,
    action: AuditAction,
    object_type: str,
    object_id: UUID | str | None,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    outcome: AuditOutcome = AuditOutcome.SUCCEEDED,
) -> None:
    """Notes that `actor` (None: a stranger or the system) did `action`; kept exactly when the transaction is.

    `before` and `after` must hold no text that a person wrote, because the log cannot be changed when that person
    leaves: pass such texts through `fingerprint`. Secrets are taken out here all the same. What was done is noted for
    the request's Idempotency-Key as well, so that it is not done again.
    """
    source = origin()
    actor_id, kind, via = _who(actor)
    await audit.add(
        session,
        {
            "id": new_id(),
            "actor_id": actor_id,
            "actor_kind": kind,
            "via": via,
            "action": action.value,
            "object_type": object_type,
            "object_id": None if object_id is None else str(object_id),
            "before": None if before is None else without_secrets(before),
            "after": None if after is None else without_secrets(after),
            "address": source.address,
            "request_id": source.request_id,
            "outcome": outcome.value,
        },
    )
    if outcome is AuditOutcome.SUCCEEDED and action is not AuditAction.KEY_USED:
        await idempotency.note(session, object_type, None if object_id is None else str(object_id))


async def record_refusal(database: Database, actor: Actor, permission: Permission) -> None:
    """Notes, on its own, that `actor` lacked `permission`."""
    async with database.transaction() as session:
        await record(
            session,
            actor,
            AuditAction.PERMISSION_REFUSED,
            "permission",
            permission.value,
            outcome=AuditOutcome.REFUSED,
        )


def fingerprint(text: str) -> str:
    """What stands for a person's text in the log: enough to see that it changed, too little to read it."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()[:16]


async def list_page(session: Session, actor: Actor, request: PageRequest, wanted: AuditFilter) -> Page[AuditEventRead]:
    """Events, newest first: all of them for an ADMIN, else those of the actor and its own users. Audited itself."""
    rows = await audit.page(session, request, wanted, manager_id=_manager(actor))
    if request.before is None:
        await record(session, actor, AuditAction.AUDIT_READ, "audit_log", None, after=_as_filter(wanted))
    return page_of([AuditEventRead.model_validate(row) for row in rows], request)


async def note_export(session: Session, actor: Actor, wanted: AuditFilter) -> None:
    """Notes that `actor` takes the events of `wanted` away."""
    await record(session, actor, AuditAction.AUDIT_EXPORTED, "audit_log", None, after=_as_filter(wanted))


async def export(database: Database, actor: Actor, wanted: AuditFilter) -> AsyncIterator[str]:
    """The events that `actor` may see as CSV, a piece at a time; no connection is held between two pieces."""
    names = list(AuditEventRead.model_fields)
    columns = [{"name": name} for name in names]
    request: PageRequest | None = PageRequest(limit=EXPORT_PAGE, before=None)
    while request is not None:
        async with database.read() as session:
            rows = await audit.page(session, request, wanted, manager_id=_manager(actor))
        events = [AuditEventRead.model_validate(row).cells() for row in rows[:EXPORT_PAGE]]
        for piece in csv_text(columns if request.before is None else None, [[e[n] for n in names] for e in events]):
            yield piece
        request = PageRequest(limit=EXPORT_PAGE, before=rows[EXPORT_PAGE - 1].id) if len(rows) > EXPORT_PAGE else None


def _who(actor: Actor | User | None) -> tuple[UUID | None, str | None, str | None]:
    if actor is None:
        return None, None, None
    if isinstance(actor, User):
        return actor.id, UserKind(actor.kind).value, None
    via = None if actor.sign_in_id is None else f"sign_in:{actor.sign_in_id}"
    if actor.api_key_id is not None:
        via = f"api_key:{actor.api_key_id}"
    return actor.user_id, actor.kind.value, via


def _manager(actor: Actor) -> UUID | None:
    return None if actor.kind is UserKind.ADMIN else actor.user_id


def _as_filter(wanted: AuditFilter) -> dict[str, object]:
    values = {name: getattr(wanted, name) for name in AuditFilter.__slots__}
    return {name: str(value) for name, value in values.items() if value is not None}
