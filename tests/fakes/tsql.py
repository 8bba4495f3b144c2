"""T-SQL for tests: batches translated by sqlglot onto DuckDB, with the catalogue views that introspection reads.

It shows that statements reach a server and what comes back of them; what the original means by a text, it does not.
"""

import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

CATALOGUE = """
CREATE SCHEMA sys;
CREATE VIEW sys.schemas AS SELECT 1 AS schema_id, 'dbo' AS name;
CREATE VIEW sys.objects AS
  SELECT table_oid AS object_id, table_name AS name, 1 AS schema_id, 'U' AS type, 0 AS is_ms_shipped
    FROM duckdb_tables() WHERE schema_name = 'main'
   UNION ALL SELECT view_oid, view_name, 1, 'V', 0 FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal;
CREATE VIEW sys.types AS SELECT * FROM (VALUES (56, 'int'), (127, 'bigint'), (62, 'float'), (106, 'decimal'),
  (104, 'bit'), (40, 'date'), (41, 'time'), (42, 'datetime2'), (43, 'datetimeoffset'), (231, 'nvarchar'),
  (165, 'varbinary'), (36, 'uniqueidentifier')) AS t(user_type_id, name);
CREATE VIEW sys.columns AS
  SELECT table_oid AS object_id, column_name AS name, column_index AS column_id,
         CASE WHEN data_type LIKE 'DECIMAL%' THEN 106 ELSE coalesce(map {'INTEGER': 56, 'BIGINT': 127, 'DOUBLE': 62,
           'BOOLEAN': 104, 'DATE': 40, 'TIME': 41, 'TIMESTAMP': 42, 'TIMESTAMP WITH TIME ZONE': 43, 'BLOB': 165,
           'UUID': 36}[data_type], 231) END AS system_type_id
    FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal;
CREATE VIEW sys.partitions AS SELECT table_oid AS object_id, 1 AS index_id, estimated_size AS rows FROM duckdb_tables();
CREATE VIEW sys.extended_properties AS
  SELECT 1 AS class, table_oid AS major_id, 0 AS minor_id, 'MS_Description' AS name, comment AS value
    FROM duckdb_tables() WHERE comment IS NOT NULL
   UNION ALL SELECT 1, table_oid, column_index, 'MS_Description', comment
    FROM duckdb_columns() WHERE comment IS NOT NULL;
CREATE VIEW sys.key_constraints AS
  SELECT table_oid AS parent_object_id, 1 AS unique_index_id, 'PK' AS type
    FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY';
CREATE VIEW sys.index_columns AS
  SELECT k.table_oid AS object_id, 1 AS index_id, c.column_id, k.key_ordinal
    FROM (SELECT table_oid, unnest(constraint_column_names) AS own,
                 unnest(range(1, len(constraint_column_names) + 1)) AS key_ordinal
            FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY') AS k
    JOIN sys.columns AS c ON c.object_id = k.table_oid AND c.name = k.own;
CREATE VIEW sys.foreign_key_columns AS
  SELECT f.table_oid AS parent_object_id, c.column_id AS parent_column_id, f.constraint_column_id,
         ro.object_id AS referenced_object_id, rc.column_id AS referenced_column_id
    FROM (SELECT table_oid, referenced_table, unnest(constraint_column_names) AS own,
                 unnest(referenced_column_names) AS referred,
                 unnest(range(1, len(constraint_column_names) + 1)) AS constraint_column_id
            FROM duckdb_constraints() WHERE constraint_type = 'FOREIGN KEY') AS f
    JOIN sys.columns AS c ON c.object_id = f.table_oid AND c.name = f.own
    JOIN sys.objects AS ro ON ro.name = f.referenced_table
    JOIN sys.columns AS rc ON rc.object_id = ro.object_id AND rc.name = f.referred;
"""
_TYPES = {
    exp.DataType.Type.BIT: "BOOLEAN",
    exp.DataType.Type.FLOAT: "DOUBLE",
    exp.DataType.Type.VARBINARY: "BLOB",
}
"""Words that mean another type to DuckDB."""
_DESCRIBE = re.compile(r"EXEC sp_describe_first_result_set N'(.*)'", re.DOTALL)
_WAIT = re.compile(r"WAITFOR DELAY '(\d+):(\d+):(\d+)'", re.IGNORECASE)
_SERIES = re.compile(r"GENERATE_SERIES\((\d+), (\d+)\)")
_STATEMENTS = (
    exp.Query,
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.TruncateTable,
)


class SqlError(Exception):
    """A message of the server with its number."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text


class Stopped(Exception):
    """The statement was ended by an attention."""


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who may come in, and what they may do."""

    password: str
    server_roles: frozenset[str] = frozenset()
    rights: frozenset[str] = frozenset({"SELECT"})
    """On all objects but `hidden`, and on the database."""
    hidden: tuple[str, ...] = ()
    """Tables that may not be read."""


@dataclass(frozen=True, slots=True)
class Result:
    """Columns by name and DuckDB's type, and rows as they come."""

    columns: list[tuple[str, str]]
    rows: Iterator[list[tuple[Any, ...]]]


@dataclass
class TsqlSession:
    """One session on a database; its statements run in whatever thread asks."""

    cursor: duckdb.DuckDBPyConnection
    login: Login
    stopped: threading.Event = field(default_factory=threading.Event)
    row_count: int = 0
    lock_timeout: int = -1
    in_transaction: bool = False

    def reset(self) -> None:
        """As sp_reset_connection does."""
        self.end()
        self.row_count, self.lock_timeout = 0, -1

    def end(self) -> None:
        """Undoes the open transaction."""
        if self.in_transaction:
            self.cursor.execute("ROLLBACK")
            self.in_transaction = False

    def stop(self) -> None:
        """Ends what runs; from another thread."""
        self.stopped.set()
        with suppress(duckdb.ConnectionException):
            self.cursor.interrupt()

    def run(self, batch: str) -> Iterator[Result | None]:
        """What each statement of a batch gives: a result, or None."""
        for text in _split(batch):
            try:
                yield self._run(text)
            except duckdb.InterruptException as error:
                raise Stopped from error
            except duckdb.Error as error:
                raise _as_sql_server_says(error) from error

    def _run(self, text: str) -> Result | None:
        words = text.upper().split()
        if words[0] == "SET":
            self._set(words)
        elif words[:2] in (["BEGIN", "TRANSACTION"], ["BEGIN", "TRAN"]):
            self.cursor.execute("BEGIN")
            self.in_transaction = True
        elif words[-2:] == ["ROLLBACK", "TRANSACTION"]:
            self.end()
        elif found := _WAIT.fullmatch(text):
            hours, minutes, seconds = map(int, found.groups())
            if self.stopped.wait(hours * 3600 + minutes * 60 + seconds):
                raise Stopped
        elif found := _DESCRIBE.fullmatch(text):
            return self._describe(found[1].replace("''", "'"))
        else:
            return self._query(text)
        return None

    def _set(self, words: list[str]) -> None:
        match words[1:]:
            case ["ROWCOUNT", number]:
                self.row_count = int(number)
            case ["LOCK_TIMEOUT", number]:
                self.lock_timeout = int(number)

    def _describe(self, text: str) -> Result:
        rows = self.cursor.execute(f"DESCRIBE {self._translated(text)}").fetchall()
        return Result([("name", "VARCHAR"), ("system_type_name", "VARCHAR")], iter([[row[:2] for row in rows]]))

    def _query(self, text: str) -> Result | None:
        done = self.cursor.execute(self._translated(text))
        is_query = isinstance(sqlglot.parse_one(self._with_variables(text), read="tsql"), exp.Query)
        if not is_query or done.description is None:
            return None
        return Result([(entry[0], str(entry[1])) for entry in done.description], self._rows(done))

    def _rows(self, done: duckdb.DuckDBPyConnection) -> Iterator[list[tuple[Any, ...]]]:
        left = self.row_count or 2**62
        while left and (rows := done.fetchmany(min(left, 1000))):
            left -= len(rows)
            if self.stopped.is_set():
                raise Stopped
            yield rows

    def _with_variables(self, text: str) -> str:
        values = {"TRANCOUNT": int(self.in_transaction), "LOCK_TIMEOUT": self.lock_timeout}
        return re.sub(r"@@(\w+)", lambda found: str(values[found[1].upper()]), text)

    def _translated(self, text: str) -> str:
        try:
            tree = sqlglot.parse_one(self._with_variables(text), read="tsql")
        except sqlglot.ParseError as error:
            raise SqlError(102, f"Incorrect syntax near '{text[:40]}'.") from error
        if not isinstance(tree, _STATEMENTS):
            raise SqlError(102, f"Incorrect syntax near '{text.split(maxsplit=1)[0]}'.")
        for table in tree.find_all(exp.Table):
            if table.name in self.login.hidden:
                raise SqlError(229, f"The SELECT permission was denied on the object '{table.name}'.")
        # From the leaves up, so that what takes a node's place holds parts that were replaced before.
        for node in reversed(list(tree.find_all(exp.Expression))):
            replaced = self._replaced(node)
            if replaced is not node:
                node.replace(replaced)
        sql = tree.sql("duckdb")
        return _SERIES.sub(lambda found: f"(SELECT unnest(range({found[1]}, {int(found[2]) + 1})) AS value)", sql)

    def _replaced(self, node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.With):
            node.set("recursive", True)
        elif isinstance(node, exp.Table) and node.db == "dbo":
            node.set("db", None)
        elif isinstance(node, exp.National):
            return exp.Literal.string(node.name)
        elif isinstance(node, exp.DataType) and node.this in _TYPES:
            return exp.DataType.build(_TYPES[node.this], dialect="duckdb")
        elif isinstance(node, exp.CurrentSchema):
            return exp.Literal.string("dbo")
        elif isinstance(node, exp.Add) and any(leaf.is_string for leaf in node.find_all(exp.Literal)):
            return exp.DPipe(this=node.this, expression=node.expression)
        elif isinstance(node, exp.Anonymous):
            return self._called(node)
        return node

    def _called(self, call: exp.Anonymous) -> exp.Expression:
        arguments = call.expressions
        match call.name.upper():
            case "QUOTENAME":
                return _bracketed(arguments[0])
            case "IS_SRVROLEMEMBER" | "IS_ROLEMEMBER":
                return exp.Literal.number(int(arguments[0].name in self.login.server_roles))
            case "SERVERPROPERTY":
                return exp.Literal.string("16.0.1000.6")
            case "DB_NAME":
                return exp.Literal.string("loja")
            case "HAS_PERMS_BY_NAME":
                return self._permission(arguments)
        raise SqlError(195, f"'{call.name}' is not a recognized built-in function name.")

    def _permission(self, arguments: list[exp.Expression]) -> exp.Expression:
        thing, kind, right = arguments
        held = right.name in self.login.rights
        if kind.name != "OBJECT" or not held or not self.login.hidden:
            return exp.Literal.number(int(held))
        hidden = ", ".join(f"'[dbo].[{name}]'" for name in self.login.hidden)
        return sqlglot.parse_one(f"CASE WHEN x IN ({hidden}) THEN 0 ELSE 1 END").transform(
            lambda node: thing.copy() if isinstance(node, exp.Column) else node
        )


def _bracketed(name: exp.Expression) -> exp.Expression:
    opened = exp.DPipe(this=exp.Literal.string("["), expression=name.copy())
    return exp.paren(exp.DPipe(this=opened, expression=exp.Literal.string("]")))


def _split(batch: str) -> Iterator[str]:
    """The statements of a batch that are parted by semicolons; the original needs none."""
    start = 0
    try:
        tokens = sqlglot.tokenize(batch, read="tsql")
    except sqlglot.TokenError as error:
        raise SqlError(105, "Unclosed quotation mark.") from error
    for token in tokens:
        if token.token_type == sqlglot.TokenType.SEMICOLON:
            yield batch[start : token.start].strip()
            start = token.end + 1
    if batch[start:].strip():
        yield batch[start:].strip()


def _as_sql_server_says(error: duckdb.Error) -> SqlError:
    text = str(error)
    named = re.search(r'(?:name|column) "?([\w.]+)"? ', text)
    name = named[1] if named else ""
    if isinstance(error, duckdb.CatalogException):
        return SqlError(208, f"Invalid object name '{name}'.")
    if isinstance(error, duckdb.BinderException):
        return SqlError(207, f"Invalid column name '{name}'.")
    return SqlError(8180, text.splitlines()[0])
