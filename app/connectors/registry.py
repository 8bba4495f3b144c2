"""Opens connectors and owns what they share; one registry serves one process."""

from pathlib import Path

from app.connectors import duckdb, sqlite
from app.connectors.base import CheckedStatement, Connector
from app.connectors.catalog import Catalog
from app.connectors.dialect_database import DialectDatabase, require_fitting
from app.connectors.dialect_pool import DialectPool
from app.connectors.dialects import DIALECTS, installed
from app.connectors.duckdb_pool import DuckdbPool
from app.connectors.endpoint import Endpoint, Link
from app.connectors.file_database import FileDatabase, FileEngine
from app.connectors.forecast_pool import ForecastPool
from app.connectors.mysql import MYSQL
from app.connectors.new_table import NewTable, create_table
from app.connectors.postgres import POSTGRES
from app.connectors.server import DatabaseConnector
from app.connectors.server_pool import Room
from app.connectors.sqlite_pool import SqlitePool
from app.connectors.sqlserver import SQLSERVER
from app.connectors.survey import ServerConnector
from app.core.config import Settings
from app.core.egress import EgressRules
from app.core.engines import OTHER_ENGINES, EngineKind
from app.core.errors.databases import EngineClosed, EngineNotInstalled

_ENGINES = {EngineKind.POSTGRESQL: POSTGRES, EngineKind.MYSQL: MYSQL, EngineKind.SQLSERVER: SQLSERVER}


class Registry:
    """Makes connectors for the sources of one process and event loop."""

    def __init__(self, settings: Settings) -> None:
        self._pool = SqlitePool(children=settings.sql_children, memory_bytes=settings.sql_child_memory_bytes)
        self._rules = EgressRules.of(settings)
        self._room = Room(settings.database_connections_total)
        self._columnar = DuckdbPool(children=settings.sql_children, memory_bytes=settings.sql_child_memory_bytes)
        self._folder = settings.database_folder
        self._others = DialectPool(self._rules, children=settings.sql_children)
        self._opened = frozenset(settings.other_engines)
        self._files = {
            EngineKind.SQLITE: FileEngine("sqlite", self._pool, self.open_file, sqlite.declared_type),
            EngineKind.DUCKDB: FileEngine("duckdb", self._columnar, self._open_duckdb, duckdb.declared_type),
        }

        self.forecasts = ForecastPool()

    async def start(self) -> None:
        """Starts the children that run SQL on SQLite files, so that the first question does not wait for them.

        Those for columnar copies start with the first question that needs them.
        """
        await self._pool.start()

    def open_file(self, path: Path, catalog: Catalog) -> Connector:
        """A connector for the SQLite file at `path`, whose readable tables are those of `catalog`."""
        return sqlite.SqliteConnector(path, catalog, self._pool)

    def open_columnar(self, path: Path, catalog: Catalog) -> Connector:
        """A connector for the DuckDB file at `path`, which must hold the tables of `catalog` and no others."""
        return duckdb.DuckdbConnector(path, catalog, self._columnar)

    def _open_duckdb(self, path: Path, catalog: Catalog) -> Connector:
        return duckdb.DuckdbConnector(path, catalog, self._columnar, keep=False)

    def open_server(self, endpoint: Endpoint, link: Link) -> ServerConnector:
        """A connector for somebody's database; nothing is connected yet. Whoever asked for it closes it.

        Raises EngineClosed, EngineNotInstalled and OptionRefused for engines without a connector of their own.
        """
        if endpoint.engine in self._files:
            return FileDatabase(self._files[endpoint.engine], endpoint, self._folder)
        if endpoint.engine in OTHER_ENGINES:
            return self._open_other(endpoint, link)
        return DatabaseConnector(_ENGINES[endpoint.engine], endpoint, self._rules, link, self._room)

    def _open_other(self, endpoint: Endpoint, link: Link) -> ServerConnector:
        engine = DIALECTS[endpoint.engine]
        if endpoint.engine not in self._opened:
            raise EngineClosed(engine=engine.title)
        if not installed(engine):
            raise EngineNotInstalled(engine=engine.title, package=engine.package)
        require_fitting(engine, endpoint)
        return DialectDatabase(engine, endpoint, self._rules, link, self._others)

    async def create_table(
        self, endpoint: Endpoint, link: Link, *, statement: CheckedStatement, table: NewTable, timeout_s: float
    ) -> int:
        """The rows of a table made of `statement`; see `app.connectors.new_table`."""
        return await create_table(endpoint, self._rules, link, statement=statement, table=table, timeout_s=timeout_s)

    async def close(self) -> None:
        """Ends all running statements and children."""
        await self._pool.close()
        await self._columnar.close()
        await self._others.close()
        await self.forecasts.close()
