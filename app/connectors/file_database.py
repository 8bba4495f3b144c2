"""The connector to an SQLite or DuckDB file in the folder that the installation opens; everything runs in children.

The file may be replaced while it is connected, by another one that takes its name: the next statement reads that one.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.connectors.base import CheckedStatement, Connector, Limits, ResultSet
from app.connectors.catalog import Catalog, ColumnProfile, DataType, ForeignKey, TableProfile
from app.connectors.child_pool import ChildEnded, ChildPool
from app.connectors.children.place import Mark, mark_of
from app.connectors.endpoint import Endpoint
from app.connectors.survey import Examination, Privileges, Rows, Survey, sampled
from app.core.errors import TimedOut
from app.core.errors.databases import FileBusy, FileMissing, FilesClosed, FileUnreadable, SchemaUnreadable

_DESCRIBE_S = 30.0
_DESCRIPTION_BYTES = 64 * 1024**2
_JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""How a rollback journal begins that counts (SQLite's file format, section 3)."""
_HARMLESS = Privileges(warnings=(), grants=())
"""A child cannot write, whatever the rights of its files."""


@dataclass(frozen=True, slots=True)
class FileEngine:
    """What one engine of files does in its own way.

    `open` makes a connector whose children let go of the file between statements: programs may write to it meanwhile.
    """

    dialect: str
    """sqlglot's name of the dialect that it speaks."""
    pool: ChildPool
    open: Callable[[Path, Catalog], Connector]
    type_of: Callable[[str], DataType | None]
    """The type of a column by the word that the engine has for it."""


def file_in(folder: Path | None, name: str) -> Path:
    """The file called `name` within `folder`. Blocks.

    Raises FilesClosed without a folder; FileMissing for what is not there, is no file, or lies outside of the folder,
    by its path or by a link, which are told apart for nobody; FileBusy beside a log or journal of changes.
    """
    if folder is None:
        raise FilesClosed
    try:
        root = folder.resolve(strict=True)
        path = (root / name).resolve(strict=True)
        is_there = path.is_relative_to(root) and path.is_file()
        is_busy = is_there and _has_changes(path)
    except (OSError, ValueError, RuntimeError) as error:
        raise FileMissing from error
    if not is_there:
        raise FileMissing
    if is_busy:
        raise FileBusy
    return path


def _has_changes(path: Path) -> bool:
    """Whether SQLite keeps changes beside the file, which a reader of the file alone would miss or see by halves."""
    log, journal = path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")
    if log.exists() and log.stat().st_size:
        return True
    if not journal.exists():
        return False
    with journal.open("rb") as content:
        return content.read(len(_JOURNAL)) == _JOURNAL


class FileDatabase:
    """One file as a connection; nothing is open but in the pool's children."""

    open_sessions = 0
    """There is no server in which a session could be."""

    def __init__(self, engine: FileEngine, endpoint: Endpoint, folder: Path | None) -> None:
        self.dialect = engine.dialect
        self._engine = engine
        self._endpoint = endpoint
        self._folder = folder
        self._known: tuple[Mark, Connector] | None = None

    async def introspect(self) -> Catalog:
        """Tables, columns, keys and comments, without statistics. Raises ConnectionFailed in one of its forms."""
        found = await self._describe(await self._path())
        wanted = set(self._endpoint.tables)
        tables = (self._table(table) for table in found["tables"] if not wanted or table["name"] in wanted)
        return Catalog(self.dialect, tuple(tables))

    async def examine(self) -> Examination:
        """Opens the file. Raises ConnectionFailed in one of its forms."""
        found = await self._describe(await self._path())
        return Examination(str(found["server"]), _HARMLESS)

    async def survey(self, budget_s: float) -> Survey:
        """What can be known of the file in about `budget_s`. Raises SchemaUnreadable when no table can be read."""
        catalog = await self.introspect()
        if not catalog.tables:
            raise SchemaUnreadable
        profiled, values = await sampled(catalog, self._rows, budget_s=budget_s)
        return Survey(profiled, values, await self.examine())

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement; see `Connector.query`."""
        return await (await self._opened()).query(statement, limits)

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Plans the statement in the child without running it."""
        await (await self._opened()).explain(statement, timeout_s)

    async def close(self) -> None:
        """Forgets the file: children and their handles belong to the pool."""
        self._known = None

    async def _path(self) -> Path:
        return await asyncio.to_thread(file_in, self._folder, self._endpoint.database)

    async def _opened(self) -> Connector:
        """A connector to the file that is there now, whose child may read what it holds: the gate knows less."""
        path = await self._path()
        mark = await asyncio.to_thread(mark_of, str(path))
        if self._known is None or self._known[0] != mark:
            stored = (await self._describe(path))["stored"]
            tables = tuple(TableProfile(name, name, None, ()) for name in stored)
            self._known = (mark, self._engine.open(path, Catalog(self.dialect, tables)))
        return self._known[1]

    async def _describe(self, path: Path) -> dict[str, Any]:
        request = {"op": "describe", "path": str(path), "keep": False}
        try:
            answer = await self._engine.pool.run(request, timeout_s=_DESCRIBE_S, max_bytes=_DESCRIPTION_BYTES)
        except ChildEnded as error:
            raise FileUnreadable from error
        if answer.get("error") == "timeout":
            raise TimedOut(limit_s=_DESCRIBE_S)
        if answer.get("error") == "busy":
            raise FileBusy
        if "error" in answer:
            raise FileUnreadable
        return answer

    async def _rows(self, sql: str, limits: Limits) -> Rows:
        return (await self.query(CheckedStatement(sql, self.dialect, ()), limits)).rows

    def _table(self, found: dict[str, Any]) -> TableProfile:
        return TableProfile(
            name=found["name"],
            label=found["name"],
            rows=found["rows"],
            columns=tuple(
                ColumnProfile(name, self._engine.type_of(kind) or DataType.TEXT, name, description=comment)
                for name, kind, comment in found["columns"]
            ),
            primary_key=tuple(found["key"]),
            foreign_keys=tuple(ForeignKey(*reference) for reference in found["references"]),
            description=found["comment"],
        )
