"""Routes for taking one's own data away."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, BackgroundTasks, Depends, Response, status
from fastapi.responses import StreamingResponse

from app.api.deps import PageDep, PlatformDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotReady
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.data_exports import ExportRead
from app.services.accounts import data_exports
from app.services.jobs.jobs import send_hints

router = APIRouter(prefix="/users/me", tags=["users"])

ZIP = "application/zip"
Exporting = Annotated[Actor, Depends(requires(Permission.PROFILE_EXPORT))]


@router.post("/export", status_code=status.HTTP_202_ACCEPTED)
async def export_own_data(
    actor: Exporting, session: SessionDep, platform: PlatformDep, background: BackgroundTasks, response: Response
) -> ExportRead:
    """Begins an archive of everything that belongs to oneself, or gives the one that is being made."""
    export, hint = await data_exports.start(session, actor)
    if hint is not None:
        background.add_task(send_hints, platform.publisher, [hint])
    response.headers["Location"] = f"/api/v1/users/me/exports/{export.id}"
    return export


@router.get("/exports")
async def list_own_exports(actor: Exporting, session: SessionDep, page: PageDep) -> PageRead[ExportRead]:
    """One's own archives, newest first."""
    return PageRead[ExportRead].model_validate(await data_exports.list_page(session, actor, page))


@router.get("/exports/{export_id}")
async def read_own_export(actor: Exporting, export_id: UUID, session: SessionDep) -> ExportRead:
    """How far an archive is, and until when it can be fetched."""
    return await data_exports.read(session, actor, export_id)


@router.get(
    "/exports/{export_id}/archive",
    response_class=StreamingResponse,
    responses={200: {"content": {ZIP: {"schema": {"type": "string", "format": "binary"}}}}, **problems(NotReady)},
)
async def fetch_own_export(actor: Exporting, export_id: UUID, platform: PlatformDep) -> Any:
    """The archive: JSON lines of every sort of thing, and the files as they were sent."""
    size, pieces = await data_exports.archive(platform, actor, export_id)
    headers = {
        "Content-Disposition": f'attachment; filename="agentgraph-{export_id}.zip"',
        "Content-Length": str(size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(pieces, media_type=ZIP, headers=headers)
