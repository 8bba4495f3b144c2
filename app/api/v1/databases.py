"""Routes for connected databases as data sources."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response, status

from app.api.deps import EngineDep, PageDep, ReaderDep, SessionDep, requires
from app.api.openapi import problems
from app.core.actor import Actor
from app.core.errors import (
    Conflict,
    DatabaseUnreachable,
    NotReady,
    PreconditionFailed,
    RefusedByPolicy,
    TimedOut,
    ValidationFailed,
)
from app.core.errors.databases import (
    ConnectionFailed,
    ConnectionRefused,
    ConnectTimedOut,
    CredentialsRefused,
    DatabaseMissing,
    EgressRefused,
    EngineClosed,
    EngineNotInstalled,
    FileBusy,
    FileMissing,
    FilesClosed,
    FileUnreadable,
    HostUnknown,
    LoginRefused,
    OptionRefused,
    TlsFailed,
)
from app.core.permissions import Permission
from app.schemas.common import PageRead
from app.schemas.databases import (
    DatabaseChange,
    DatabaseConnect,
    DatabaseRead,
    DatabaseReplace,
    DatabaseTest,
    EngineList,
    SchemaRead,
    TableList,
)
from app.services.databases import database_engines, database_schema, databases

router = APIRouter(prefix="/databases", tags=["databases"])

CONNECTING = (
    ConnectionFailed,
    HostUnknown,
    EgressRefused,
    ConnectionRefused,
    ConnectTimedOut,
    TlsFailed,
    LoginRefused,
    DatabaseMissing,
    DatabaseUnreachable,
    FilesClosed,
    FileMissing,
    FileBusy,
    FileUnreadable,
    EngineClosed,
    EngineNotInstalled,
    OptionRefused,
    CredentialsRefused,
    TimedOut,
)
IfMatch = Annotated[
    str | None, Header(description="ETag that the change is based on; 412 when it is not the present one.")
]
Contains = Annotated[str | None, Query(max_length=200, description="Only tables whose name holds this.")]
Limit = Annotated[int, Query(ge=1, le=500, description="Most tables to return.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Tables to leave out first.")]
Reading = Annotated[Actor, Depends(requires(Permission.DATABASES_READ))]
Updating = Annotated[Actor, Depends(requires(Permission.DATABASES_UPDATE))]


@router.post("/connect", status_code=status.HTTP_201_CREATED, responses=problems(*CONNECTING, ValidationFailed))
async def connect_database(
    actor: Annotated[Actor, Depends(requires(Permission.DATABASES_CONNECT))],
    body: DatabaseConnect,
    engine: EngineDep,
    response: Response,
) -> DatabaseRead:
    """Tries a connection and stores it. The password is encrypted and never shown; the schema is read next."""
    database = await databases.connect(engine, actor, body)
    response.headers["Location"] = f"/api/v1/databases/{database.id}"
    return _tagged(response, database)


@router.get("/")
async def list_databases(actor: Reading, session: ReaderDep, page: PageDep) -> PageRead[DatabaseRead]:
    """One's own databases, newest first."""
    return PageRead[DatabaseRead].model_validate(await databases.list_page(session, actor, page))


@router.get("/engines")
async def list_database_engines(_actor: Reading, engine: EngineDep) -> EngineList:
    """The engines that there are, how far each is supported, and which of them this installation connects to."""
    return database_engines.list_engines(engine)


@router.get("/{database_id}")
async def read_database(actor: Reading, database_id: UUID, session: ReaderDep, response: Response) -> DatabaseRead:
    """One database, with what its user may do that reading does not need; its ETag guards changes."""
    return _tagged(response, await databases.read(session, actor, database_id))


@router.put("/{database_id}", responses=problems(PreconditionFailed, ValidationFailed, *CONNECTING))
async def replace_database(
    actor: Updating,
    database_id: UUID,
    body: DatabaseReplace,
    engine: EngineDep,
    response: Response,
    if_match: IfMatch = None,
) -> DatabaseRead:
    """Replaces a connection's whole configuration, once it has been tried."""
    return _tagged(response, await databases.replace(engine, actor, database_id, wanted=body, if_match=if_match))


@router.patch("/{database_id}", responses=problems(PreconditionFailed, ValidationFailed, *CONNECTING))
async def change_database(
    actor: Updating,
    database_id: UUID,
    body: DatabaseChange,
    engine: EngineDep,
    response: Response,
    if_match: IfMatch = None,
) -> DatabaseRead:
    """Changes some fields. Another server, user or protection needs the password again, and is tried first."""
    return _tagged(response, await databases.change(engine, actor, database_id, wanted=body, if_match=if_match))


@router.delete(
    "/{database_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(Conflict, PreconditionFailed)
)
async def delete_database(
    actor: Annotated[Actor, Depends(requires(Permission.DATABASES_DELETE))],
    database_id: UUID,
    session: SessionDep,
    if_match: IfMatch = None,
) -> None:
    """Removes a connection that no agent reads any more; its password is forgotten at once."""
    await databases.delete(session, actor, database_id, if_match=if_match)


@router.post("/{database_id}/test", responses=problems(*CONNECTING))
async def check_database(
    actor: Annotated[Actor, Depends(requires(Permission.DATABASES_CONNECT))], database_id: UUID, engine: EngineDep
) -> DatabaseTest:
    """Connects as a question would, and says what the database's user may do."""
    return await databases.test(engine, actor, database_id)


@router.post("/{database_id}/refresh", status_code=status.HTTP_202_ACCEPTED)
async def refresh_database(actor: Updating, database_id: UUID, engine: EngineDep) -> DatabaseRead:
    """Has the schema read anew in the background; questions go on with the one that is there."""
    return await databases.refresh(engine, actor, database_id)


@router.get("/{database_id}/tables", responses=problems(NotReady, RefusedByPolicy))
async def list_database_tables(
    actor: Reading,
    database_id: UUID,
    session: SessionDep,
    contains: Contains = None,
    limit: Limit = 200,
    offset: Offset = 0,
) -> TableList:
    """Tables and views that can be asked about."""
    return await database_schema.list_tables(session, actor, database_id, contains=contains, limit=limit, offset=offset)


@router.get("/{database_id}/schema", responses=problems(NotReady, RefusedByPolicy))
async def read_database_schema(
    actor: Reading,
    database_id: UUID,
    session: SessionDep,
    contains: Contains = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> SchemaRead:
    """The same tables with columns, keys, comments and stored values."""
    return await database_schema.read_schema(session, actor, database_id, contains=contains, limit=limit, offset=offset)


def _tagged(response: Response, database: DatabaseRead) -> DatabaseRead:
    response.headers["ETag"] = databases.etag(database)
    return database
