"""Routes for what others may see of the rows and columns of a shared file or database."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import PageDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import NotReady, ValidationFailed
from app.core.errors_access import PolicyInvalid
from app.core.errors_people import NotYours
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.source_rules import RulesRead, RulesWrite
from app.services import source_rules
from app.services.shares import SourceKind

router = APIRouter(tags=["shares"])

SharingFiles = Annotated[Actor, Depends(requires(Permission.FILES_SHARE))]
SharingDatabases = Annotated[Actor, Depends(requires(Permission.DATABASES_SHARE))]
WRITING = problems(NotYours, NotReady, PolicyInvalid, ValidationFailed)


@router.get("/files/{file_id}/rules", responses=problems(NotYours))
async def list_file_rules(
    actor: SharingFiles, file_id: UUID, session: SessionDep, page: PageDep
) -> PageRead[RulesRead]:
    """What others may see of a file, by role; for its owner, and the MASTER who manages the owner."""
    found = await source_rules.list_page(session, actor, SourceKind.FILE, file_id, page)
    return PageRead[RulesRead].model_validate(found)


@router.put("/files/{file_id}/rules", responses=WRITING)
async def set_file_rules(actor: SharingFiles, file_id: UUID, body: RulesWrite, session: SessionDep) -> RulesRead:
    """Says which rows and columns of a file those with a role see; it holds at once and everywhere."""
    return await source_rules.put(session, actor, SourceKind.FILE, file_id, body)


@router.delete(
    "/files/{file_id}/rules/{rules_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotYours)
)
async def remove_file_rules(actor: SharingFiles, file_id: UUID, rules_id: UUID, session: SessionDep) -> None:
    """Takes rules away: everybody with the role sees what the rules for everybody leave, or all."""
    await source_rules.remove(session, actor, SourceKind.FILE, file_id, rules_id)


@router.get("/databases/{database_id}/rules", responses=problems(NotYours))
async def list_database_rules(
    actor: SharingDatabases, database_id: UUID, session: SessionDep, page: PageDep
) -> PageRead[RulesRead]:
    """What others may see of a database, by role; for its owner, and the MASTER who manages the owner."""
    found = await source_rules.list_page(session, actor, SourceKind.DATABASE, database_id, page)
    return PageRead[RulesRead].model_validate(found)


@router.put("/databases/{database_id}/rules", responses=WRITING)
async def set_database_rules(
    actor: SharingDatabases, database_id: UUID, body: RulesWrite, session: SessionDep
) -> RulesRead:
    """Says which tables, rows and columns of a database those with a role see; it holds at once and everywhere.

    A view is a table of its own: what it shows of another table is not covered by the rules of that one.
    """
    return await source_rules.put(session, actor, SourceKind.DATABASE, database_id, body)


@router.delete(
    "/databases/{database_id}/rules/{rules_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(NotYours)
)
async def remove_database_rules(
    actor: SharingDatabases, database_id: UUID, rules_id: UUID, session: SessionDep
) -> None:
    """Takes rules away: everybody with the role sees what the rules for everybody leave, or all."""
    await source_rules.remove(session, actor, SourceKind.DATABASE, database_id, rules_id)
