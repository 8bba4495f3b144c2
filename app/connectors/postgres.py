"""PostgreSQL as a source: read-only cursors, cancelled in the server, with the walls that the server has itself."""

from app.connectors.catalog import Catalog
from app.connectors.endpoint import Endpoint
from app.connectors.postgres_schema import COLUMNS, KEYS, RIGHTS, catalog_of, privileges_of, with_schemas
from app.connectors.postgres_session import ERRORS, open_session, statement_error
from app.connectors.server import Ask, ServerEngine
from app.connectors.survey import Examination


async def _introspect(ask: Ask, endpoint: Endpoint) -> Catalog:
    columns = await ask(with_schemas(COLUMNS, endpoint))
    keys = await ask(with_schemas(KEYS, endpoint))
    return catalog_of(columns, keys, endpoint)


async def _examine(ask: Ask, endpoint: Endpoint) -> Examination:
    (rights,) = await ask(with_schemas(RIGHTS, endpoint))
    return Examination(f"PostgreSQL {rights[-1]}", privileges_of(rights, endpoint))


POSTGRES = ServerEngine(
    dialect="postgres",
    open_session=open_session,
    introspect=_introspect,
    examine=_examine,
    errors=ERRORS,
    statement_error=statement_error,
)
