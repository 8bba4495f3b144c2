"""Routes for uploaded files as data sources."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, status

from app.api.deps import EngineDep, PageDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import Conflict, NotReady, RefusedByPolicy
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.files import FilePreview, FileRead, FileStatus, FileUpdate
from app.services.files import files

router = APIRouter(prefix="/files", tags=["files"])


@router.get("/")
async def list_files(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_READ))], session: ReaderDep, page: PageDep
) -> PageRead[FileRead]:
    """One's own files, newest first."""
    return PageRead[FileRead].model_validate(await files.list_page(session, actor, page))


@router.get("/{file_id}")
async def read_file(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_READ))], file_id: UUID, session: ReaderDep
) -> FileRead:
    """One file."""
    return await files.read(session, actor, file_id)


@router.put("/{file_id}", responses=problems(NotReady))
async def update_file(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_UPLOAD))],
    file_id: UUID,
    body: FileUpdate,
    session: SessionDep,
) -> FileRead:
    """Renames a file and describes it and its columns, in words that agents read; names in SQL stay as they are."""
    return await files.update(session, actor, file_id, wanted=body)


@router.delete("/{file_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(Conflict))
async def delete_file(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_DELETE))], file_id: UUID, session: SessionDep
) -> None:
    """Removes a file that no agent reads any more; questions that run on it end first."""
    await files.delete(session, actor, file_id)


@router.get("/{file_id}/status")
async def read_file_status(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_READ))], file_id: UUID, session: ReaderDep
) -> FileStatus:
    """How far the reading of the newest version has come."""
    return await files.status(session, actor, file_id)


@router.get("/{file_id}/preview", responses=problems(NotReady, RefusedByPolicy))
async def preview_file(
    actor: Annotated[Actor, Depends(requires(Permission.FILES_READ))],
    file_id: UUID,
    engine: EngineDep,
    limit: Annotated[int, Query(ge=1, le=200, description="Most rows to show.")] = 20,
) -> FilePreview:
    """The first rows, a profile of each column, and what reading the file changed or rejected."""
    return await files.preview(engine, actor, file_id, limit=limit)
