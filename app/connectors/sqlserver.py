"""SQL Server as a source: transactions that are rolled back, statements ended in the server by an attention."""

from app.connectors.catalog import Catalog
from app.connectors.endpoint import Endpoint
from app.connectors.server import Ask, ServerEngine
from app.connectors.sqlserver_schema import COLUMNS, KEYS, RIGHTS, catalog_of, privileges_of
from app.connectors.sqlserver_session import ERRORS, open_session, statement_error
from app.connectors.survey import Examination


async def _introspect(ask: Ask, endpoint: Endpoint) -> Catalog:
    return catalog_of(await ask(COLUMNS), await ask(KEYS), endpoint)


async def _examine(ask: Ask, endpoint: Endpoint) -> Examination:
    del endpoint
    (row,) = await ask(RIGHTS)
    return Examination(f"SQL Server {row[-2]}", privileges_of(row))


SQLSERVER = ServerEngine(
    dialect="tsql",
    open_session=open_session,
    introspect=_introspect,
    examine=_examine,
    errors=ERRORS,
    statement_error=statement_error,
)
