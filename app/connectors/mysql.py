"""MySQL and MariaDB as a source: queries checked by the server's own grammar, killed in the server at the deadline."""

from app.connectors.catalog import Catalog
from app.connectors.endpoint import Endpoint
from app.connectors.mysql_schema import (
    COLUMNS,
    KEYS,
    VERSION,
    catalog_of,
    privileges_of,
    server_name,
)
from app.connectors.mysql_session import ERRORS, RIGHTS, open_session, statement_error
from app.connectors.server import Ask, ServerEngine
from app.connectors.survey import Examination


async def _introspect(ask: Ask, endpoint: Endpoint) -> Catalog:
    return catalog_of(await ask(COLUMNS), await ask(KEYS), endpoint)


async def _examine(ask: Ask, endpoint: Endpoint) -> Examination:
    ((version,),) = await ask(VERSION)
    return Examination(server_name(version), privileges_of(await ask(RIGHTS), endpoint))


MYSQL = ServerEngine(
    dialect="mysql",
    open_session=open_session,
    introspect=_introspect,
    examine=_examine,
    errors=ERRORS,
    statement_error=statement_error,
)
