"""SQLite and DuckDB files as connections: which file is meant, what is known of it, and another one in its place."""

import asyncio
import os
import select
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from app.connectors.base import CheckedStatement, Limits
from app.connectors.catalog import DataType, ForeignKey
from app.connectors.endpoint import Endpoint
from app.connectors.file_database import FileDatabase, FileEngine, file_in
from app.connectors.survey import fingerprint_of
from app.core.engines import EngineKind
from app.core.errors import TimedOut
from app.core.errors.databases import FileBusy, FileMissing, FilesClosed, FileUnreadable, SchemaUnreadable
from tests.connectors.subjects import ENDLESS, TABLE, FileSubject, make_duckdb, make_sqlite

pytestmark = pytest.mark.anyio

GONE_WITHIN_S = 2.0
MAKE = {"sqlite": make_sqlite, "duckdb": make_duckdb}


@pytest.fixture(params=["sqlite_database", "duckdb_database"])
def subject(request: pytest.FixtureRequest) -> Any:
    """A connected file of each engine in turn."""
    return request.getfixturevalue(request.param)


def connected(subject: FileSubject, name: str, folder: Path | None = None, **values: Any) -> FileDatabase:
    """The file called `name` in the folder of the subject's, or another one, as a connection."""
    dialect = subject.connector.dialect
    engine = FileEngine(dialect, subject.pool, subject.open, lambda _word: None)
    return FileDatabase(
        engine, Endpoint(EngineKind(dialect), "", 0, name, "", "", **values), folder or subject.path.parent
    )


def run(subject: FileSubject, *statements: str) -> None:
    """Changes the file with its own engine."""
    module: Any = sqlite3 if subject.connector.dialect == "sqlite" else duckdb
    with closing(module.connect(subject.path)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def wait_for_one_to_end(numbers: set[int]) -> None:
    """Returns when one of these processes has gone."""
    handles = [os.pidfd_open(number) for number in numbers]
    select.select(handles, [], [], 60)
    for handle in handles:
        os.close(handle)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.sqlite",
        "inner/../../outside.sqlite",
        "{outside}",
        "link.sqlite",
        "inner/up/outside.sqlite",
        "inner",
        ".",
        "missing.sqlite",
        "x" * 120 + "/" + "y" * 5000,
        "~/outside.sqlite",
        "file:outside.sqlite",
        "loop",
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "open"
    (folder / "inner").mkdir(parents=True)
    outside = tmp_path / "outside.sqlite"
    make_sqlite(outside)
    (folder / "link.sqlite").symlink_to(outside)
    (folder / "inner" / "up").symlink_to(tmp_path)
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(FileMissing):
        file_in(folder, name.format(outside=outside))


def test_a_link_within_the_folder_and_folders_below_are_followed(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    make_sqlite(tmp_path / "inner" / "sales.sqlite")
    (tmp_path / "newest.sqlite").symlink_to(tmp_path / "inner" / "sales.sqlite")
    assert file_in(tmp_path, "newest.sqlite") == file_in(tmp_path, "inner/sales.sqlite")


def test_nothing_is_open_without_a_folder_nor_behind_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FilesClosed):
        file_in(None, "sales.sqlite")
    with pytest.raises(FileMissing):
        file_in(tmp_path, "pipe")
    with pytest.raises(FileMissing):
        file_in(tmp_path / "missing", "sales.sqlite")


def test_a_file_whose_log_holds_more_than_it_is_said_to_be_busy(tmp_path: Path) -> None:
    path = tmp_path / "sales.sqlite"
    make_sqlite(path)
    with closing(sqlite3.connect(path)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute(f"DELETE FROM {TABLE}")
        writer.commit()
        with pytest.raises(FileBusy):
            file_in(tmp_path, path.name)
    assert file_in(tmp_path, path.name) == path


async def test_a_duckdb_file_is_let_go_between_statements_and_busy_while_it_is_written(
    duckdb_database: FileSubject,
) -> None:
    assert (await duckdb_database.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)
    program = f"import duckdb, sys; con = duckdb.connect({str(duckdb_database.path)!r}); print(1, flush=True); input()"
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    assert await writer.stdout.readline() == b"1\n"
    with pytest.raises(FileBusy):
        await duckdb_database.query(f"SELECT count(*) FROM {TABLE}")
    with pytest.raises(FileBusy):
        await duckdb_database.connector.introspect()
    await writer.communicate(b"\n")
    assert (await duckdb_database.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


def test_a_file_in_the_middle_of_a_change_is_said_to_be_busy(tmp_path: Path) -> None:
    path = tmp_path / "sales.sqlite"
    make_sqlite(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = PERSIST")
        writer.execute("CREATE TABLE muitas (texto TEXT)")
        writer.execute("PRAGMA cache_size = 1")
        writer.execute("BEGIN IMMEDIATE")
        # More than the writer keeps in memory, so that part of it is in the file already.
        writer.executemany("INSERT INTO muitas VALUES (?)", [("x" * 1000,)] * 1000)
        writer.execute("UPDATE muitas SET texto = texto || 'y'")
        with pytest.raises(FileBusy):
            file_in(tmp_path, path.name)
        writer.execute("COMMIT")
        assert path.with_name("sales.sqlite-journal").stat().st_size > 0
        assert file_in(tmp_path, path.name) == path


@pytest.mark.parametrize("content", [b"", b"rubbish" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_what_is_no_database_is_told_so(subject: FileSubject, content: bytes) -> None:
    (subject.path.parent / "other").write_bytes(content)
    with pytest.raises((FileUnreadable, SchemaUnreadable)):
        await connected(subject, "other").survey(5)


async def test_tables_views_keys_and_types_are_known(subject: FileSubject) -> None:
    run(
        subject,
        "CREATE TABLE lojas (código INTEGER PRIMARY KEY, nome VARCHAR)",
        "CREATE TABLE metas (loja INTEGER REFERENCES lojas (código), ano INTEGER, PRIMARY KEY (loja, ano))",
        "INSERT INTO lojas VALUES (1, 'Sul'), (2, 'Norte'), (3, 'Sul')",
        f"CREATE VIEW recentes AS SELECT id, dia FROM {TABLE}",
    )
    survey = await subject.connector.survey(20)  # type: ignore[attr-defined]
    tables = {table.name: table for table in survey.catalog.tables}
    assert set(tables) == {"lojas", "metas", "recentes", TABLE}
    assert tables["metas"].primary_key == ("loja", "ano")
    assert tables["metas"].foreign_keys == (ForeignKey("loja", "lojas", "código"),)
    assert tables["lojas"].rows == 3
    assert {column.name: column.type for column in tables[TABLE].columns} == {
        "id": DataType.INTEGER,
        "região": DataType.TEXT,
        "valor": DataType.REAL,
        "grande": DataType.INTEGER,
        "dia": DataType.DATE,
        "hora": DataType.TIME,
        "visto": DataType.TIMESTAMP,
        "pago": DataType.BOOLEAN,
    }
    assert ("lojas", "nome", ("Sul", "Norte")) in survey.values
    assert survey.examination.server.split()[0].lower() == subject.connector.dialect
    assert survey.examination.privileges.warnings == ()
    assert fingerprint_of(survey.catalog) == fingerprint_of(await subject.connector.introspect())


async def test_columns_that_say_no_type_are_known_by_their_values(sqlite_database: FileSubject) -> None:
    run(
        sqlite_database,
        "CREATE TABLE soltas (a, b, c, d DATE, e DATETIME, f)",
        "INSERT INTO soltas VALUES (1, 1.5, 'x', '31/12/2024', '2024-12-31 10:00', NULL), (2, 2, 3, NULL, NULL, NULL)",
    )
    catalog = await sqlite_database.connector.introspect()
    (table,) = [table for table in catalog.tables if table.name == "soltas"]
    assert [column.type.value for column in table.columns] == ["integer", "real", "text", "text", "timestamp", "text"]


async def test_only_the_wanted_tables_are_known(subject: FileSubject) -> None:
    run(subject, "CREATE TABLE outra (a INTEGER)")
    only = connected(subject, subject.path.name, tables=("outra",))
    assert [table.name for table in (await only.introspect()).tables] == ["outra"]
    none = connected(subject, subject.path.name, tables=("nenhuma",))
    with pytest.raises(SchemaUnreadable):
        await none.survey(5)


async def test_another_file_in_its_place_is_read_by_the_next_statement(subject: FileSubject) -> None:
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)
    other = subject.path.with_name("next")
    MAKE[subject.connector.dialect](other)
    run(replace(subject, path=other), f"DELETE FROM {TABLE} WHERE id = 1", "CREATE TABLE nova (a INTEGER)")
    other.replace(subject.path)
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((2,),)
    assert (await subject.query("SELECT count(*) FROM nova")).rows == ((0,),)


async def test_a_statement_ends_when_it_is_cancelled_or_late(subject: FileSubject) -> None:
    """The child that ran it is gone, and with it everything that it held."""
    await subject.query("SELECT 1")
    before = set(subject.pool.process_ids)
    task = asyncio.create_task(subject.query(ENDLESS, timeout_s=60))
    for _ in range(5):  # By then the statement that was sent before them runs, too.
        await subject.query("SELECT 1")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(asyncio.to_thread(wait_for_one_to_end, before), GONE_WITHIN_S)
    with pytest.raises(TimedOut):
        await subject.query(ENDLESS, timeout_s=0.5)
    assert (await subject.query(f"SELECT count(*) FROM {TABLE}")).rows == ((3,),)


async def test_explain_says_what_is_wrong_without_running(subject: FileSubject) -> None:
    statement = CheckedStatement(f"SELECT id FROM {TABLE}", subject.connector.dialect, ())
    await subject.connector.explain(statement, timeout_s=20)
    assert (await subject.connector.query(statement, Limits(timeout_s=20))).columns[0].name == "id"
