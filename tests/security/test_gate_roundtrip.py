"""The text that the gate regenerates gives the rows that the original gives, on real files."""

from pathlib import Path
from typing import Any

import apsw
import pytest

from app.connectors.sql_gate import check
from tests.data import FULL, SMALL
from tests.security.corpora import SHOP_TABLES, judge, make_shop, read

EXPRESSIONS = """
7 / 2; 7 % 3; 'a' || 1; NOT 1 = 2; id IS NOT 3; região NOT NULL; substr(região, -2); x'4142'; .5; id == 1; 1 <<
3; ~id; - -id; 0x1F; (id, 1) = (1, 1); id IN (); id NOT IN (1, NULL); região GLOB 'S*'; região LIKE 'S\\_%'
ESCAPE '\\'; região = 'SUL' COLLATE NOCASE; iif(id > 1, 'x', 'y'); max(id, 2); round(preço_unitário);
trim(região, 'S'); printf('%5d|%-5d|%05d', id, id, id); '{"x": [1]}' -> '$.x'; '{"x": 1}' ->> 'x';
json_extract('{"x": 1}', '$.x'); date('2024-01-31', '+1 month'); datetime(0, 'unixepoch'); strftime('%s',
data_venda); strftime('%Y', data_venda) + 0; julianday(data_venda); log(100); log(2, 8); mod(7, 3); likely(id);
CASE id WHEN 1 THEN 'x' ELSE 'y' END; CAST(preço_unitário AS INTEGER); CAST(id AS TEXT); "região"; [região];
`região`; "no such column"; id IS TRUE; id BETWEEN 1 AND 2; 1 AND 0 OR 1; 1 + 2 * 3 - 4 / 2; 10 - (2 - 3); 100 /
(10 / 2); 'it''s'; 5 & 3 | 4; 1 < 2 < 3; id IS DISTINCT FROM 1; id IN clientes; unixepoch(data_venda);
typeof(preço_unitário); unhex('4142'); 1e3 / 7; 9223372036854775807; -9223372036854775808; rowid; char(65, 66);
coalesce(observação, região); likelihood(id, 0.5); sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND
CURRENT ROW EXCLUDE CURRENT ROW); ntile(4) OVER (ORDER BY id); count(*) FILTER (WHERE id > 3) OVER (PARTITION BY
região); lag(id, 1, 0) OVER (ORDER BY id); total(id) OVER ()
"""

QUERIES = [
    "SELECT 1 EXCEPT SELECT 1 UNION ALL SELECT 5",
    "SELECT id FROM vendas UNION SELECT id FROM clientes EXCEPT SELECT 3 INTERSECT SELECT 1",
    "SELECT id FROM vendas ORDER BY região, id DESC NULLS LAST LIMIT 2, 5",
    "SELECT região, group_concat(DISTINCT situação) FROM vendas GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 DESC, 1",
    "SELECT group_concat(nome, ';' ORDER BY id DESC) FROM clientes",
    "WITH v(x, y) AS (VALUES (1, 2), (3, 4)) SELECT x + y FROM v",
    "WITH a AS (SELECT * FROM b), b AS (SELECT 1 AS z) SELECT * FROM a",
    "SELECT key, value FROM eventos_json, json_each(payload) ORDER BY 1",
    "SELECT * FROM clientes RIGHT JOIN vendas ON clientes.id = cliente_id ORDER BY vendas.id LIMIT 9",
    "SELECT count(*) FROM vendas NATURAL JOIN produtos",
    'SELECT situação AS end FROM vendas WHERE região = "Sul" LIMIT 1',
    "SELECT (SELECT nome FROM clientes c WHERE c.id = v.cliente_id) FROM vendas v LIMIT 9",
    "SELECT max(id), região FROM vendas",
]


def rows_of(path: Path, sql: str) -> list[Any] | str:
    """What SQLite itself gives for `sql`, or the error."""
    connection = apsw.Connection(
        f"{path.as_uri()}?mode=ro&immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        return connection.execute(sql).fetchall()
    except apsw.Error as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop"))


def test_corpus_statements_give_the_same_rows() -> None:
    items = [item for item in read("sqlguard/accept.jsonl") if item.get("db") and item["dialect"] == "sqlite"]
    root = FULL if (FULL / "sqlguard").exists() else SMALL
    different = [
        item["id"]
        for item, out in judge(items)
        if out["verdict"] == "accept"
        and rows_of(root / item["db"], item["sql"]) != rows_of(root / item["db"], out["sql"])
    ]
    assert items
    assert different == []


@pytest.mark.parametrize("expression", [text.strip() for text in EXPRESSIONS.split(";")])
def test_expressions_of_sqlite_keep_their_meaning(shop: Path, expression: str) -> None:
    sql = f"SELECT {expression} FROM vendas"
    checked = check(sql, dialect="sqlite", tables=SHOP_TABLES)
    assert rows_of(shop, checked.sql) == rows_of(shop, sql)


@pytest.mark.parametrize("sql", QUERIES)
def test_queries_of_sqlite_keep_their_meaning(shop: Path, sql: str) -> None:
    assert rows_of(shop, check(sql, dialect="sqlite", tables=SHOP_TABLES).sql) == rows_of(shop, sql)


def test_the_products_own_legitimate_queries_run_and_keep_their_rows(shop: Path) -> None:
    path = FULL / "attacks" / "legit.jsonl"
    queries = (
        [item["sql"] for item in read("attacks/legit.jsonl") if item["dialect"] == "sqlite"]
        if path.exists()
        else QUERIES
    )
    for sql in queries:
        checked = check(sql, dialect="sqlite", tables=SHOP_TABLES)
        rows = rows_of(shop, checked.sql)
        assert not isinstance(rows, str), (sql, rows)
        assert rows == rows_of(shop, sql)
