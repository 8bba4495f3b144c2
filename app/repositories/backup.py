"""The whole system database going out to files and coming in again, table by table, as COPY writes it.

It needs no program beside PostgreSQL and works by the product's own login: rows of everybody are shown to it by
`agentgraph.actor`, as to a revision, and row-level security stays forced all the time.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final, cast

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core import migrations

LEFT_OUT: Final = frozenset({"alembic_version", "process_heartbeats"})
"""The revision is noted apart, and processes of another time do not live."""
LOCK_TIMEOUT: Final = "60s"
_COLUMNS: Final = text(
    """
    SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) AS columns
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     GROUP BY c.relname
    """
)
_REFERENCES: Final = text(
    """
    SELECT referring.relname, referred.relname
      FROM pg_constraint k
      JOIN pg_class referring ON referring.oid = k.conrelid JOIN pg_class referred ON referred.oid = k.confrelid
     WHERE k.contype = 'f' AND k.conrelid <> k.confrelid AND referring.relname <> 'users'
       AND referring.relnamespace = current_schema()::regnamespace
    """
)
"""What comes first. Users refer to roles and roles to users: people come before everything."""
_FOREIGN_KEYS: Final = text(
    """
    SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
    """
)


@dataclass(frozen=True, slots=True)
class Table:
    """A table and those of its columns that are stored, not computed."""

    name: str
    columns: list[str]


@asynccontextmanager
async def snapshot(database_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection that sees all rows as they are at one moment, whatever is written meanwhile."""
    async with migrations.connected(database_url) as connection:
        await connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        await _see_all(connection)
        for table in await tables(connection):
            # A revision must not change a table between the snapshot and its turn.
            await connection.execute(text(f'LOCK TABLE "{table.name}" IN ACCESS SHARE MODE'))
        yield connection


@asynccontextmanager
async def loading(database_url: str) -> AsyncIterator[AsyncConnection]:
    """A connection that writes rows of everybody; all of them are there at its end, or none.

    References are checked once, at the end. Policies look at the rows that a row belongs to, which come before it.
    """
    async with migrations.connected(database_url) as connection:
        await _see_all(connection)
        foreign_keys = (await connection.execute(_FOREIGN_KEYS)).all()
        for drop, _ in foreign_keys:
            await connection.execute(text(drop))
        yield connection
        for _, add in foreign_keys:
            await connection.execute(text(add))


async def _see_all(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT set_config('agentgraph.actor', 'system', true)"))
    await connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


async def tables(connection: AsyncConnection) -> list[Table]:
    """All tables with content, each after those that its rows belong to."""
    columns = {name: list(names) for name, names in await connection.execute(_COLUMNS) if name not in LEFT_OUT}
    order = TopologicalSorter[str](dict.fromkeys(sorted(columns), ()))
    for referring, referred in await connection.execute(_REFERENCES):
        order.add(referring, referred)
    return [Table(name, columns[name]) for name in order.static_order()]


async def is_empty(database_url: str) -> bool:
    """Whether the database holds no table at all."""
    async with migrations.connected(database_url) as connection:
        return not (await connection.execute(_COLUMNS)).all()


async def copy_out(connection: AsyncConnection, table: Table, path: Path) -> tuple[int, str]:
    """Writes all rows of a table to a new file, as they come; gives how many, and the file's SHA-256."""
    digest = hashlib.sha256()
    with path.open("xb") as file:
        write = _both(file.write, digest.update)
        done = await (await _driver(connection)).copy_from_query(_select(table, f'"{table.name}"'), output=write)
    return int(done.split()[-1]), digest.hexdigest()


async def copy_in(connection: AsyncConnection, table: Table, path: Path) -> int:
    """Adds the rows of a file to a table; gives how many.

    By way of a temporary table, because COPY does not write into one whose rows are guarded by policies.
    """
    names, target = _names(table), f'"{table.name}"'
    stage = f"CREATE TEMP TABLE arriving ON COMMIT DROP AS {_select(table, target)} WITH NO DATA"
    await connection.execute(text(stage))
    await (await _driver(connection)).copy_to_table("arriving", source=path, columns=table.columns)
    added = await connection.execute(text(f"INSERT INTO {target} ({names}) {_select(table, 'arriving')}"))
    await connection.execute(text("DROP TABLE arriving"))
    return added.rowcount


def _select(table: Table, origin: str) -> str:
    return f"SELECT {_names(table)} FROM {origin}"  # noqa: S608  (names of the database's own catalogue)


def _names(table: Table) -> str:
    return ", ".join(f'"{name}"' for name in table.columns)


def _both(*takers: Callable[[bytes], object]) -> Callable[[bytes], Any]:
    async def take(data: bytes) -> None:
        for taker in takers:
            taker(data)

    return take


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    return cast("asyncpg.Connection", (await connection.get_raw_connection()).driver_connection)
