"""The schema of a connected database as it was last read."""

from uuid import UUID

from app.connectors.catalog import CATALOG_JSON, Catalog
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotReady
from app.models import DatabaseSnapshot, SurveyState
from app.repositories import databases, source_rules
from app.schemas.databases import SchemaRead, TableList
from app.services.databases.database_shapes import matching, summary_of, table_read
from app.services.databases.databases import readable
from app.services.restrict import by_table, visible


async def list_tables(
    session: Session, actor: Actor, database_id: UUID, *, contains: str | None, limit: int, offset: int
) -> TableList:
    """Tables whose name holds `contains`. Raises NotFound, NotReady."""
    _, catalog = await _catalog(session, actor, database_id)
    found = matching(catalog.tables, contains)
    return TableList(items=[summary_of(table) for table in found[offset : offset + limit]], total=len(found))


async def read_schema(
    session: Session, actor: Actor, database_id: UUID, *, contains: str | None, limit: int, offset: int
) -> SchemaRead:
    """The same tables with columns, keys and examples. Raises NotFound, NotReady."""
    snapshot, catalog = await _catalog(session, actor, database_id)
    found = matching(catalog.tables, contains)
    return SchemaRead(
        items=[table_read(table) for table in found[offset : offset + limit]],
        total=len(found),
        read_at=snapshot.finished_at,
        is_stale=snapshot.drifted_at is not None,
    )


async def _catalog(session: Session, actor: Actor, database_id: UUID) -> tuple[DatabaseSnapshot, Catalog]:
    await readable(session, actor, database_id)
    restriction = await source_rules.holding(session, actor.user_id, [database_id])
    seen = (await databases.seen(session, [database_id]))[database_id]
    stored = None if seen.ready is None else await databases.catalog(session, seen.ready.id)
    if seen.ready is None or stored is None:
        raise NotReady(state=SurveyState.QUEUED.value if seen.newest is None else seen.newest.state)
    return seen.ready, visible(CATALOG_JSON.validate_python(stored), by_table([(restriction.of(database_id), {})]))
