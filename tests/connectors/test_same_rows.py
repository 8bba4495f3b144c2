"""A statement asked of SQLite and, in DuckDB's dialect, of the columnar copy gives the same rows.

Where SQLite is lenient the statement is written strictly for DuckDB: texts in double quotes become texts, and columns
that GROUP BY leaves open become `any_value`. Not compared are `upper` and LIKE over accented letters, whose case SQLite
does not know, and the row from which an open column is taken. What DuckDB refuses instead of guessing stays refused;
see REFUSED.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from app.connectors.catalog import Catalog, DataType
from app.connectors.children.duckdb_engine import DuckdbEngine
from app.ingestion.columnar import copy_sqlite
from app.ingestion.duck import duck
from app.ingestion.profile import profile_sqlite
from tests.data import data_path

REFUSED = {
    "Cannot compare values of type": "A text is compared with a number; SQLite converts by rules of affinity.",
    "No function matches the given name": "LIKE over a date, which is a text in SQLite only.",
    "Cannot mix values of type": "A text and a number in one list or set operation.",
}
"""What DuckDB's binder says, and why the statement has no equal there. An error is told; no wrong rows are."""
MOST_REFUSED = 0.06
"""Share of the statements that may fall under REFUSED."""
SCRIPT = """
CREATE TABLE loja(id INTEGER, nome TEXT, cidade TEXT, ativa BOOLEAN, aberta DATE, nota REAL);
CREATE TABLE venda(id INTEGER, loja INTEGER, dia DATE, hora TIMESTAMP, quantidade INTEGER, valor REAL, obs TEXT);
INSERT INTO loja VALUES (1, 'Norte', 'Belém', 1, '2019-03-01', 4.5), (2, 'Sul', 'Porto Alegre', 0, '2020-12-31', NULL),
    (3, 'Centro', 'Goiânia', 1, NULL, 3.25);
INSERT INTO venda VALUES (1, 1, '2024-01-31', '2024-01-31 10:00:00', 7, 10.5, 'Pago'),
    (2, 1, '2024-02-01', '2024-02-01 23:59:59', 2, 99.995, 'pago'), (3, 2, '2024-02-29', NULL, 3, 0.1, NULL),
    (4, 3, '2023-12-31', '2023-12-31 00:00:00', 5, 0.2, 'a_b'), (5, NULL, NULL, NULL, NULL, NULL, '100%');
"""
OWN = (
    "SELECT sum(quantidade) / count(quantidade), 7 / 2, 7 / 0, 7 % 2 FROM venda",
    "SELECT id, quantidade / 2 FROM venda ORDER BY id",
    "SELECT obs FROM venda WHERE obs LIKE 'PAGO' ORDER BY obs",
    "SELECT strftime('%Y-%m', dia) AS mes, sum(valor) FROM venda GROUP BY 1 ORDER BY 1",
    "SELECT strftime('%Y', hora), count(*) FROM venda GROUP BY 1 ORDER BY 1 DESC",
    "SELECT nome, count(*) FROM venda JOIN loja ON loja.id = venda.loja GROUP BY loja.id",
    "SELECT id FROM loja ORDER BY nota",
    "SELECT id FROM loja ORDER BY nota DESC",
    "SELECT round(valor, 2), round(quantidade / 2.0) FROM venda ORDER BY id",
    "SELECT ativa, ativa = 1, sum(ativa), avg(ativa) FROM loja GROUP BY ativa ORDER BY ativa",
    'SELECT nome FROM loja WHERE ativa = 1 AND cidade = "Goiânia"',
    "SELECT count(*) FROM venda WHERE dia >= '2024-01-01' AND dia < '2024-03-01'",
    "SELECT count(DISTINCT loja), min(dia), max(hora), total(valor) FROM venda",
    "SELECT nome FROM loja WHERE id NOT IN (SELECT loja FROM venda WHERE loja IS NOT NULL)",
    "SELECT nome || ' - ' || cidade, length(nome), upper(nome), substr(nome, 1, 2) FROM loja ORDER BY id",
)


def make_own(folder: Path) -> Path:
    """A small database in the stored forms of ingestion."""
    path = folder / "own.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCRIPT)
    return path


def gold() -> Iterator[tuple[Path, str]]:
    """Databases and statements of the question sets that are at hand."""
    root = data_path("nlsql")
    for questions in sorted(root.glob("*.jsonl")):
        for line in questions.read_text(encoding="utf-8").splitlines():
            item = json.loads(line)
            if item.get("db") and item.get("gold_sql"):
                yield root / item["db"], item["gold_sql"]


def for_duckdb(sql: str, catalog: Catalog) -> str:
    """`sql`, which is SQLite's, in DuckDB's dialect and without SQLite's leniencies."""
    tree = sqlglot.parse_one(sql, read="sqlite")
    known = {column.name.lower() for table in catalog.tables for column in table.columns}
    known |= {alias.alias.lower() for alias in tree.find_all(exp.Alias)}
    for column in list(tree.find_all(exp.Column)):
        if column.this.args.get("quoted") and not column.table and column.name.lower() not in known:
            column.replace(exp.Literal.string(column.name))
    for select in tree.find_all(exp.Select):
        if group := select.args.get("group"):
            keys = {key.sql().lower() for key in group.expressions}
            select.set("expressions", [_determined(e, i, keys) for i, e in enumerate(select.expressions, start=1)])
    types = {column.name.lower(): column.type for table in catalog.tables for column in table.columns}
    return tree.transform(_strict, types).sql(dialect="duckdb")


def _determined(shown: exp.Expression, place: int, keys: set[str]) -> exp.Expression:
    if isinstance(shown, exp.Column) and shown.sql().lower() not in keys and str(place) not in keys:
        return exp.AnyValue(this=shown)
    return shown


def _strict(node: exp.Expression, types: dict[str, DataType]) -> exp.Expression:
    """LIKE blind to case, division that stays whole, means of booleans and `total`, as SQLite has them."""
    if isinstance(node, exp.Like):
        return exp.ILike(this=node.this, expression=node.expression)
    if isinstance(node, exp.Div) and _is_whole(node.this, types) and _is_whole(node.expression, types):
        return exp.IntDiv(this=node.this, expression=node.expression)
    if isinstance(node, exp.Avg) and types.get(node.this.name.lower()) is DataType.BOOLEAN:
        return exp.Avg(this=exp.cast(node.this, "INT"))
    if isinstance(node, exp.Anonymous) and node.name.lower() == "total":
        return exp.Coalesce(this=exp.Sum(this=node.expressions[0]), expressions=[exp.Literal.number("0.0")])
    return node


def _is_whole(node: exp.Expression, types: dict[str, DataType]) -> bool:
    if isinstance(node, (exp.Sum, exp.Min, exp.Max, exp.Paren, exp.Neg)):
        return _is_whole(node.this, types)
    if isinstance(node, exp.Column):
        return types.get(node.name.lower()) is DataType.INTEGER
    return isinstance(node, exp.Count) or (isinstance(node, exp.Literal) and node.is_int)


def rows_in_sqlite(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def canonical(rows: list[tuple[object, ...]], *, ordered: bool) -> list[str]:
    """Rows in a comparable form: numbers to nine digits, sorted unless their order was asked for."""
    cells = ([f"{float(c):.9g}" if isinstance(c, (int, float)) else c for c in row] for row in rows)
    forms = [repr(row) for row in cells]
    return forms if ordered else sorted(forms)


class Copies:
    """The columnar copies of SQLite files, made when first asked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine = DuckdbEngine(256 * 1024**2, 2)
        self._made: dict[Path, tuple[Path, Catalog]] = {}

    def ask(self, database: Path, sql: str) -> dict[str, Any]:
        """What the child answers to `sql`, put into its dialect."""
        if database not in self._made:
            self._made[database] = self._copy(database)
        path, catalog = self._made[database]
        return self._engine.run(
            {
                "op": "query",
                "path": str(path),
                "keep": True,
                "tables": [table.name for table in catalog.tables],
                "sql": for_duckdb(sql, catalog),
                "timeout_s": 30,
                "max_rows": 100_000,
                "max_bytes": 10**8,
            }
        )

    def _copy(self, database: Path) -> tuple[Path, Catalog]:
        catalog = profile_sqlite(database)
        path = self._folder / f"{len(self._made)}.duckdb"
        with duck(self._folder) as con:
            copy_sqlite(con, database, path, {table.name: table for table in catalog.tables})
        return path, catalog


def test_own_statements_give_the_same_rows(tmp_path: Path) -> None:
    database, copies, wrong = make_own(tmp_path), Copies(tmp_path), []
    for sql in OWN:
        expected, answer = rows_in_sqlite(database, sql), copies.ask(database, sql)
        ordered = "ORDER BY" in sql
        if "rows" not in answer or canonical(expected, ordered=ordered) != canonical(answer["rows"], ordered=ordered):
            wrong.append((sql, expected, answer))
    assert wrong == []


def test_gold_statements_give_the_same_rows_or_are_refused_for_a_known_reason(tmp_path: Path) -> None:
    copies, wrong, refused, total = Copies(tmp_path), [], 0, 0
    for database, sql in gold():
        total += 1
        answer = copies.ask(database, sql)
        if "rows" not in answer:
            refused += 1
            if not any(text in str(answer["message"]) for text in REFUSED):
                wrong.append((sql, answer))
        elif canonical(rows_in_sqlite(database, sql), ordered=False) != canonical(answer["rows"], ordered=False):
            wrong.append((sql, answer["rows"][:3]))
    assert wrong == []
    assert refused <= MOST_REFUSED * total
