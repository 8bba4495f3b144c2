"""Routes for sharing files and databases: with whom, and to be read only."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import ValidationFailed
from app.core.errors_people import NotYours
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.shares import ShareCreate, ShareRead
from app.services import shares
from app.services.shares import SourceKind

router = APIRouter(tags=["shares"])

SharingFiles = Annotated[Actor, Depends(requires(Permission.FILES_SHARE))]
SharingDatabases = Annotated[Actor, Depends(requires(Permission.DATABASES_SHARE))]


@router.get("/files/{file_id}/shares", responses=problems(NotYours))
async def list_file_shares(
    actor: SharingFiles, file_id: UUID, session: SessionDep, page: PageDep
) -> PageRead[ShareRead]:
    """With whom a file is shared, newest first; for its owner, and the MASTER who manages the owner."""
    found = await shares.list_page(session, actor, SourceKind.FILE, file_id, page)
    return PageRead[ShareRead].model_validate(found)


@router.post(
    "/files/{file_id}/shares", status_code=status.HTTP_201_CREATED, responses=problems(NotYours, ValidationFailed)
)
async def share_file(actor: SharingFiles, file_id: UUID, body: ShareCreate, session: SessionDep) -> ShareRead:
    """Lets a user, or everybody with a role, read a file and ask about it. Shared twice is shared once."""
    return await shares.add(session, actor, SourceKind.FILE, file_id, body)


@router.delete(
    "/files/{file_id}/shares/{share_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotYours)
)
async def revoke_file_share(actor: SharingFiles, file_id: UUID, share_id: UUID, session: SessionDep) -> None:
    """Takes a share back. It counts at once, also for answers that were given before."""
    await shares.remove(session, actor, SourceKind.FILE, file_id, share_id)


@router.get("/databases/{database_id}/shares", responses=problems(NotYours))
async def list_database_shares(
    actor: SharingDatabases, database_id: UUID, session: SessionDep, page: PageDep
) -> PageRead[ShareRead]:
    """With whom a database is shared, newest first; for its owner, and the MASTER who manages the owner."""
    found = await shares.list_page(session, actor, SourceKind.DATABASE, database_id, page)
    return PageRead[ShareRead].model_validate(found)


@router.post(
    "/databases/{database_id}/shares",
    status_code=status.HTTP_201_CREATED,
    responses=problems(NotYours, ValidationFailed),
)
async def share_database(
    actor: SharingDatabases, database_id: UUID, body: ShareCreate, session: SessionDep
) -> ShareRead:
    """Lets a user, or everybody with a role, ask about a database; how it is reached and entered stays hidden."""
    return await shares.add(session, actor, SourceKind.DATABASE, database_id, body)


@router.delete(
    "/databases/{database_id}/shares/{share_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotYours)
)
async def revoke_database_share(
    actor: SharingDatabases, database_id: UUID, share_id: UUID, session: SessionDep
) -> None:
    """Takes a share back. It counts at once, also for answers that were given before."""
    await shares.remove(session, actor, SourceKind.DATABASE, database_id, share_id)
