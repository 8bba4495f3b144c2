"""The route that makes a table of an answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, status

from app.api.deps import EngineDep, requires
from app.api.openapi import problems
from app.core import errors
from app.core.actor import Actor
from app.core.errors.databases import CredentialsRefused, TableExists
from app.core.errors.people import NotYours
from app.core.errors.results import TableRefused
from app.core.permissions import Permission
from app.schemas.query_tables import NewTableCreate, NewTableRead
from app.services.queries import query_tables

router = APIRouter(prefix="/queries", tags=["queries"])

REFUSED = (errors.NotReady, errors.AlreadyFinished, errors.QuestionError, TableRefused, TableExists, NotYours)
FAILED = (errors.DatabaseUnreachable, errors.TimedOut, CredentialsRefused)


@router.post(
    "/{query_id}/table",
    status_code=status.HTTP_201_CREATED,
    responses=problems(*REFUSED, *FAILED),
)
async def create_table(
    actor: Annotated[Actor, Depends(requires(Permission.TABLES_CREATE))],
    query_id: UUID,
    body: NewTableCreate,
    engine: EngineDep,
) -> NewTableRead:
    """Makes a table of all rows of the answer's statement, in the database that it was asked of.

    The connection must be one's own and name a schema for this (`write_schema`). The statement passes the gate again;
    a table that exists is never written over; what was made, and what was refused, is in the audit log.
    """
    return await query_tables.create_table(engine, actor, query_id, body)
