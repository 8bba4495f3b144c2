"""SQL Server as a source: transactions that are rolled back, statements ended in the server by an attention."""

from app.connectors.catalog import Catalog, TableProfile
from app.connectors.endpoint import Endpoint
from app.connectors.server import Ask, ServerEngine
from app.connectors.sqlserver_schema import COLUMNS, KEYS, RIGHTS, catalog_of, privileges_of, quoted
from app.connectors.sqlserver_session import ERRORS, open_session, statement_error
from app.connectors.survey import SAMPLE_ROWS, Examination


async def _introspect(ask: Ask, endpoint: Endpoint) -> Catalog:
    return catalog_of(await ask(COLUMNS), await ask(KEYS), endpoint)


async def _examine(ask: Ask, endpoint: Endpoint) -> Examination:
    del endpoint
    (row,) = await ask(RIGHTS)
    return Examination(f"SQL Server {row[-2]}", privileges_of(row))


def _sample(table: TableProfile) -> str:
    columns = ", ".join(quoted(column.name) for column in table.columns)
    return f"SELECT TOP {SAMPLE_ROWS} {columns} FROM {quoted(table.name)}"  # noqa: S608  (quoted names of the catalog)


SQLSERVER = ServerEngine(
    dialect="tsql",
    open_session=open_session,
    introspect=_introspect,
    examine=_examine,
    sample=_sample,
    errors=ERRORS,
    statement_error=statement_error,
)
