"""Routes for those who look after an installation."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query
from fastapi.responses import StreamingResponse

from app.api.accept import preferred
from app.api.deps import PageDep, PlatformDep, SessionDep, requires
from app.core.actor import Actor
from app.core.permissions import Permission
from app.models import AuditFilter
from app.schemas.audit import AuditEventRead
from app.schemas.common import PageRead
from app.services.audit import audit

router = APIRouter(prefix="/admin", tags=["admin"])

JSON, CSV = "application/json", "text/csv"
Word = Annotated[str | None, Query(max_length=60)]
Moment = Annotated[datetime | None, Query(description="ISO 8601 with its offset.")]


async def get_filter(
    actor_id: Annotated[UUID | None, Query(description="Who did it.")] = None,
    action: Word = None,
    object_type: Word = None,
    object_id: Word = None,
    outcome: Annotated[str | None, Query(max_length=16, description="`succeeded` or `refused`.")] = None,
    since: Moment = None,
    until: Moment = None,
) -> AuditFilter:
    """Which events are asked for."""
    return AuditFilter(actor_id, action, object_type, object_id, outcome, since, until)


@router.get(
    "/audit-logs",
    response_model=PageRead[AuditEventRead],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def list_audit_logs(
    actor: Annotated[Actor, Depends(requires(Permission.AUDIT_READ))],
    session: SessionDep,
    platform: PlatformDep,
    page: PageDep,
    wanted: Annotated[AuditFilter, Depends(get_filter)],
    accept: Annotated[str | None, Header(description="Which of the documented forms is wanted.")] = None,
) -> Any:
    """Who did what, newest first, or all of it as CSV by `Accept: text/csv`; reading it is an event itself.

    An ADMIN sees everything, a MASTER what it and its own users did.
    """
    if preferred(accept, (JSON, CSV)) == CSV:
        await audit.note_export(session, actor, wanted)
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        events = audit.export(platform.database, actor, wanted)
        return StreamingResponse(events, media_type=f"{CSV}; charset=utf-8", headers=headers)
    return await audit.list_page(session, actor, page, wanted)
