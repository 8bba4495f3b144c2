"""Connections to people's databases: making, testing, showing, changing and removing them."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from app.connectors.endpoint import Endpoint
from app.core.actor import Actor
from app.core.db import Session
from app.core.engines import FILE_ENGINES
from app.core.errors import Conflict, NotFound, PreconditionFailed
from app.core.errors.people import NotYours
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, page_of
from app.models import AuditAction, SharedKind, SourceDatabase
from app.repositories import databases, shares
from app.repositories.databases import Seen
from app.repositories.jobs import Hint
from app.schemas.databases import DatabaseChange, DatabaseConnect, DatabaseRead, DatabaseReplace, DatabaseTest
from app.schemas.shares import SharedBy
from app.services.audit.audit import fingerprint, record
from app.services.databases.database_fields import (
    SEEN,
    Values,
    differs,
    require_fitting,
    require_password,
    values_of_changed,
    values_of_new,
    values_of_replaced,
)
from app.services.databases.database_shapes import as_shared, privileges_read, read_of
from app.services.engine.engine import Engine
from app.services.shares import sharers

_NOTED = ("engine", "port", "tls", "timeout_s", "max_rows", "max_bytes", "max_connections", "cache_ttl_s", "version")
_PRINTED = ("name", "description", "host", "database", "username", "write_schema")
_IN_USE = Text(
    en="{agents} agent(s) read this database. Take it out of their sources first.",
    pt="{agents} agente(s) leem este banco de dados. Retire-o das fontes deles primeiro.",
)


async def connect(engine: Engine, actor: Actor, wanted: DatabaseConnect) -> DatabaseRead:
    """Tries a connection, stores it with its password sealed, and has its schema read.

    Opens its own transaction, because a database that does not answer must not hold one. Raises ValidationFailed,
    CredentialsRefused, and ConnectionFailed in all its forms.
    """
    values, password = values_of_new(wanted)
    vault = engine.databases.access.vault
    database = SourceDatabase(id=new_id(), owner_id=actor.user_id, version=1, **values)
    require_fitting(database)
    database.secret = vault.seal(password, record_id=database.id)
    await _examine(engine, actor, engine.databases.access.endpoint(database))
    async with engine.platform.database.transaction() as session:
        await databases.add(session, database)
        hint = await databases.request_survey(session, database.id)
        await record(session, actor, AuditAction.DATABASE_CONNECTED, "database", database.id, after=_noted(database))
        made = await _read(session, actor, database)
    engine.jobs.hint_soon([hint])
    return made


async def test(engine: Engine, actor: Actor, database_id: UUID) -> DatabaseTest:
    """Connects as a question would. Raises NotFound, and ConnectionFailed in all its forms."""
    async with engine.platform.database.transaction() as session:
        database = await own(session, actor, database_id)
        await record(session, actor, AuditAction.DATABASE_TESTED, "database", database_id)
    return await _examine(engine, actor, engine.databases.access.endpoint(database))


async def read(session: Session, actor: Actor, database_id: UUID) -> DatabaseRead:
    """One database. Raises NotFound."""
    return await _read(session, actor, await readable(session, actor, database_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[DatabaseRead]:
    """The actor's databases and those shared with it, newest first."""
    rows = await databases.page(session, actor.user_id, request)
    seen = await databases.seen(session, [row.id for row in rows])
    others = await sharers(session, actor, {row.owner_id for row in rows})
    return page_of([_shown(row, seen[row.id], actor, others.get(row.owner_id)) for row in rows], request)


async def replace(
    engine: Engine, actor: Actor, database_id: UUID, *, wanted: DatabaseReplace, if_match: str | None
) -> DatabaseRead:
    """Replaces all settings of a connection. Raises what `connect` raises, NotFound and PreconditionFailed."""
    return await _change(engine, actor, database_id, values_of_replaced(wanted), wanted.password, if_match=if_match)


async def change(
    engine: Engine, actor: Actor, database_id: UUID, *, wanted: DatabaseChange, if_match: str | None
) -> DatabaseRead:
    """Changes some settings of a connection. Raises what `replace` raises."""
    return await _change(engine, actor, database_id, values_of_changed(wanted), wanted.password, if_match=if_match)


async def refresh(engine: Engine, actor: Actor, database_id: UUID) -> DatabaseRead:
    """Has the schema read anew, unless that is under way. Raises NotFound."""
    hints: list[Hint] = []
    async with engine.platform.database.transaction() as session:
        database = await own(session, actor, database_id, lock=True)
        if not await databases.is_being_read(session, database_id):
            hints = [await databases.request_survey(session, database_id)]
        await record(session, actor, AuditAction.DATABASE_REFRESHED, "database", database_id)
        found = await _read(session, actor, database)
    engine.jobs.hint_soon(hints)
    return found


async def delete(session: Session, actor: Actor, database_id: UUID, *, if_match: str | None) -> None:
    """Removes a connection that no agent of its owner reads, for everybody, and forgets its password.

    Raises NotFound, NotYours, Conflict.
    """
    database = await own(session, actor, database_id, lock=True)
    _require_match(database, if_match)
    agents = await databases.agents_reading(session, database_id)
    if agents:
        raise Conflict(_IN_USE, agents=agents)
    await databases.soft_delete(session, database)
    await shares.remove_all(session, SharedKind.DATABASE, database_id)
    await record(session, actor, AuditAction.DATABASE_DELETED, "database", database_id)


async def readable(session: Session, actor: Actor, database_id: UUID) -> SourceDatabase:
    """A database that the actor may read, own or shared. Raises NotFound."""
    database = await databases.get(session, actor.user_id, database_id)
    if database is None:
        raise NotFound
    return database


async def own(session: Session, actor: Actor, database_id: UUID, *, lock: bool = False) -> SourceDatabase:
    """A database that the actor may change. Raises NotFound, NotYours for one that is only shared with the actor."""
    database = await databases.get_own(session, actor.user_id, database_id, lock=lock)
    if database is None:
        await readable(session, actor, database_id)
        raise NotYours
    return database


def etag(database: DatabaseRead) -> str:
    """The entity tag of this version of the connection (RFC 9110, 8.8.3)."""
    return f'"{database.version}"'


async def _change(
    engine: Engine,
    actor: Actor,
    database_id: UUID,
    values: Values,
    password: SecretStr | None,
    *,
    if_match: str | None,
) -> DatabaseRead:
    """The new settings are tried before any is stored, outside of a transaction; a change meanwhile is a 412."""
    async with engine.platform.database.read() as session:
        before = await own(session, actor, database_id)
    _require_match(before, if_match)
    require_password(before, values, password)
    is_new = password is not None or differs(before, values, SEEN)
    secret = before.secret
    given = None if password is None else password.get_secret_value()
    if values.get("engine", before.engine) in FILE_ENGINES:
        given = ""  # Also the password of a server that the connection led to before.
    if given is not None:
        secret = engine.databases.access.vault.seal(given, record_id=database_id)
    wanted = _with(before, values, secret)
    require_fitting(wanted)
    if is_new:
        await _examine(engine, actor, engine.databases.access.endpoint(wanted))
    hints: list[Hint] = []
    async with engine.platform.database.transaction() as session:
        database = await own(session, actor, database_id, lock=True)
        _require_match(database, f'"{before.version}"')
        noted = _noted(database)
        _set(database, values, secret)
        await databases.save(session, database)
        if is_new:
            hints = [await databases.request_survey(session, database_id)]
        after = _noted(database)
        await record(session, actor, AuditAction.DATABASE_CHANGED, "database", database_id, before=noted, after=after)
        changed = await _read(session, actor, database)
    engine.jobs.hint_soon(hints)
    return changed


async def _examine(engine: Engine, actor: Actor, endpoint: Endpoint) -> DatabaseTest:
    started = time.monotonic()
    connector = engine.databases.access.open(endpoint, connections=1)
    try:
        found = await connector.examine()
    finally:
        await connector.close()
    privileges = found.privileges
    return DatabaseTest(
        server=found.server,
        elapsed_ms=round((time.monotonic() - started) * 1000),
        privileges=privileges_read(privileges.warnings, privileges.grants, actor.language),
    )


async def _read(session: Session, actor: Actor, database: SourceDatabase) -> DatabaseRead:
    seen = (await databases.seen(session, [database.id]))[database.id]
    shared_by = (await sharers(session, actor, {database.owner_id})).get(database.owner_id)
    return _shown(database, seen, actor, shared_by)


def _shown(database: SourceDatabase, seen: Seen, actor: Actor, shared_by: SharedBy | None) -> DatabaseRead:
    read = read_of(database, seen, actor.language)
    return read if shared_by is None else as_shared(read, shared_by)


def _with(database: SourceDatabase, values: Mapping[str, Any], secret: bytes) -> SourceDatabase:
    """`database` as it would be, apart from any session."""
    copy = SourceDatabase(**{column: getattr(database, column) for column in ("id", "owner_id", "write_schema", *SEEN)})
    _set(copy, values, secret)
    return copy


def _set(database: SourceDatabase, values: Mapping[str, Any], secret: bytes) -> None:
    for name, value in values.items():
        setattr(database, name, value)
    database.secret = secret


def _require_match(database: SourceDatabase, if_match: str | None) -> None:
    tags = [tag.strip() for tag in (if_match or "*").split(",")]
    if "*" not in tags and f'"{database.version}"' not in tags:
        raise PreconditionFailed


def _noted(database: SourceDatabase) -> dict[str, object]:
    """A connection as the audit log keeps it: what people wrote is there as a fingerprint."""
    plain: dict[str, object] = {name: getattr(database, name) for name in _NOTED}
    return plain | {name: fingerprint(str(getattr(database, name))) for name in _PRINTED}
