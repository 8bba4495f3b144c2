"""Under a policy a statement gives what it would give on a database that holds only what may be seen."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import apsw
import asyncpg
import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.connectors.sql_gate import BoundPolicy, Policy, TableRule, check
from app.core.errors import QuestionError
from app.embedded.services import EmbeddedUrls
from tests.security.grammar import Grammar

EXAMPLES = 100
NUMBERS, WORDS = True, False

COLUMNS = {
    "sales": (("id", NUMBERS), ("client", NUMBERS), ("region", WORDS), ("amount", NUMBERS)),
    "clients": (("id", NUMBERS), ("name", WORDS), ("region", WORDS)),
    '"Odd Orders"': (("id", NUMBERS), ('"Total (R$)"', NUMBERS)),
    "ids": (("id", NUMBERS),),
    "products": (("id", NUMBERS), ("name", WORDS)),
}
"""What may be seen; `products` has no rule."""

WHOLE = """
CREATE TABLE sales(id INTEGER, margin INTEGER, client INTEGER, region TEXT, amount INTEGER, seller TEXT);
CREATE TABLE clients(salary TEXT, id INTEGER, name TEXT, region TEXT);
CREATE TABLE "Odd Orders"(id INTEGER, "Total (R$)" INTEGER, "Owner's" TEXT);
CREATE TABLE ids(id INTEGER, kept INTEGER);
CREATE TABLE products(id INTEGER, name TEXT);
"""
RESTRICTED = """
CREATE TABLE sales(id INTEGER, client INTEGER, region TEXT, amount INTEGER);
CREATE TABLE clients(id INTEGER, name TEXT, region TEXT);
CREATE TABLE "Odd Orders"(id INTEGER, "Total (R$)" INTEGER);
CREATE TABLE ids(id INTEGER);
CREATE TABLE products(id INTEGER, name TEXT);
"""
RULES = (
    TableRule(
        "sales",
        ("id", "margin", "client", "region", "amount", "seller"),
        frozenset({"margin", "seller"}),
        "region IN (:regions) AND seller = :me",
    ),
    TableRule("clients", ("salary", "id", "name", "region"), frozenset({"salary"})),
    TableRule("Odd Orders", ("id", "Total (R$)", "Owner's"), frozenset({"Owner's"}), '"Owner\'s" = :me'),
    TableRule("ids", ("id", "kept"), frozenset({"kept"}), "NOT kept = 0"),
)
ME = 'o\'Hara \\ "x"'
ATTRIBUTES = {"regions": ["Sul", "Norte"], "me": ME}
TABLES = ("sales", "clients", "Odd Orders", "ids", "products")
REGIONS = ("Sul", "Norte", "Leste", None)


def rows_of(*, restricted: bool) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of each table; those of the restricted database are chosen here, without the gate."""
    sales = [
        (n, n * 7 % 5, n % 6, REGIONS[n % 4], n * 3 % 10 if n % 5 else None, ME if n % 3 else "other")
        for n in range(1, 25)
    ]
    clients = [(f"secret {n}", n, f"Name {n}", REGIONS[n % 4]) for n in range(1, 7)]
    orders = [(n, n * 2, ME if n % 2 else None) for n in range(1, 9)]
    ids = [(n, n % 2 if n % 3 else None) for n in range(1, 10)]
    kept: list[tuple[str, list[tuple[Any, ...]]]]
    if not restricted:
        kept = [("sales", sales), ("clients", clients), ('"Odd Orders"', orders), ("ids", ids)]
    else:
        kept = [
            ("sales", [(s[0], s[2], s[3], s[4]) for s in sales if s[3] in {"Sul", "Norte"} and s[5] == ME]),
            ("clients", [client[1:] for client in clients]),
            ('"Odd Orders"', [order[:2] for order in orders if order[2] == ME]),
            ("ids", [one[:1] for one in ids if one[1]]),
        ]
    return [*kept, ("products", [(n, f"Product {n}") for n in range(1, 4)])]


@dataclass(frozen=True, slots=True)
class Pair:
    """The whole and the restricted database of one engine; each gives sorted rows, or None for an error."""

    dialect: str
    schema: str
    whole: Callable[[str], list[str] | None]
    restricted: Callable[[str], list[str] | None]

    def assert_same(self, sql: str, bound: BoundPolicy) -> list[str] | None:
        """Runs `sql` under the policy and, without it, where nothing else is; gives the rows of both."""
        expected, actual = self.judged(sql, None), self.judged(sql, bound)
        assert actual[0] == expected[0], sql
        if expected[1] is None or actual[1] is None:
            return None
        rows = self.whole(actual[1])
        assert rows == self.restricted(expected[1]), (sql, actual[1])
        return rows

    def judged(self, sql: str, bound: BoundPolicy | None) -> tuple[str | None, str | None]:
        """The rule that refuses, or the text that runs."""
        try:
            return None, check(sql, dialect=self.dialect, tables=TABLES, policy=bound).sql
        except QuestionError as error:
            return str(error.fields.get("rule")), None


def insertions(*, restricted: bool, mark: Callable[[int], str]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """INSERT with parameters, and its rows."""
    for table, rows in rows_of(restricted=restricted):
        marks = ", ".join(mark(place + 1) for place in range(len(rows[0])))
        yield f"INSERT INTO {table} VALUES ({marks})", rows


def sqlite(*, restricted: bool) -> Callable[[str], list[str] | None]:
    connection = apsw.Connection(":memory:")
    connection.execute(RESTRICTED if restricted else WHOLE)
    for sql, rows in insertions(restricted=restricted, mark=lambda _: "?"):
        connection.executemany(sql, rows)

    def run(sql: str) -> list[str] | None:
        try:
            return sorted(map(repr, connection.execute(sql).fetchall()))
        except apsw.Error:
            return None

    return run


def duck(*, restricted: bool) -> Callable[[str], list[str] | None]:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute(RESTRICTED if restricted else WHOLE)
    for sql, rows in insertions(restricted=restricted, mark=lambda _: "?"):
        connection.executemany(sql, rows)

    def run(sql: str) -> list[str] | None:
        try:
            return sorted(map(repr, connection.execute(sql).fetchall()))
        except duckdb.Error:
            return None

    return run


async def postgres(url: str, name: str, *, restricted: bool) -> asyncpg.Connection:
    """A connection to a new database."""
    admin = await asyncpg.connect(url)
    await admin.execute(f"CREATE DATABASE {name}")
    await admin.close()
    connection = await asyncpg.connect(f"{url.rpartition('/')[0]}/{name}")
    await connection.execute(RESTRICTED if restricted else WHOLE)
    for sql, rows in insertions(restricted=restricted, mark=lambda place: f"${place}"):
        await connection.executemany(sql, rows)
    return connection


@pytest.fixture(scope="module")
def sqlite_pair() -> Pair:
    return Pair("sqlite", "main", sqlite(restricted=False), sqlite(restricted=True))


@pytest.fixture(scope="module")
def duckdb_pair() -> Pair:
    return Pair("duckdb", "main", duck(restricted=False), duck(restricted=True))


@pytest.fixture(scope="module")
def postgres_pair(services: EmbeddedUrls) -> Iterator[Pair]:
    with asyncio.Runner() as runner:
        names = {"policy_whole": False, "policy_restricted": True}
        connections = [
            runner.run(postgres(services.database_url, name, restricted=restricted))
            for name, restricted in names.items()
        ]

        def running(connection: asyncpg.Connection) -> Callable[[str], list[str] | None]:
            def run(sql: str) -> list[str] | None:
                try:
                    return sorted(repr(tuple(row)) for row in runner.run(connection.fetch(sql)))
                except asyncpg.PostgresError:
                    return None

            return run

        yield Pair("postgres", "public", *map(running, connections))
        for connection in connections:
            runner.run(connection.close())


@pytest.fixture(params=["sqlite", "duckdb", "postgres"])
def pair(request: pytest.FixtureRequest) -> Pair:
    found = request.getfixturevalue(f"{request.param}_pair")
    assert isinstance(found, Pair)
    return found


def bound_for(dialect: str, attributes: dict[str, Any] = ATTRIBUTES) -> BoundPolicy:
    return Policy(dialect, RULES).bind(attributes)


def chance_statement(random: Random, pair: Pair) -> str:
    strays = ("margin", "seller", "salary", "kept", "nothing")
    return Grammar(random, dict(COLUMNS), pair.dialect, schema=pair.schema, strays=strays).statement()


@settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False))
def test_statements_give_what_they_would_where_nothing_else_is(pair: Pair, random: Random) -> None:
    pair.assert_same(chance_statement(random, pair), bound_for(pair.dialect))


NAMED = [
    "SELECT * FROM sales",
    "SELECT s.* FROM sales s JOIN sales t ON s.id = t.client",
    "SELECT count(*) FROM sales NATURAL JOIN clients",
    "SELECT * FROM sales JOIN clients USING (region)",
    "WITH sales AS (SELECT id FROM clients) SELECT * FROM sales",
    "WITH c AS (SELECT * FROM sales), sales AS (SELECT 1 AS x) SELECT * FROM c, sales",
    "WITH RECURSIVE ids(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM ids WHERE id < 5) SELECT ids.id FROM ids",
    'SELECT clients."Total (R$)" FROM "Odd Orders" AS clients',
    "SELECT id FROM sales EXCEPT SELECT id FROM ids UNION SELECT id FROM clients",
    "SELECT name FROM clients c WHERE EXISTS (SELECT 1 FROM sales WHERE client = c.id AND region = c.region)",
    "SELECT (SELECT max(amount) FROM sales s WHERE s.client = c.id) FROM clients c",
    "SELECT * FROM (sales JOIN ids ON sales.id = ids.id)",
    "SELECT region, count(*), sum(amount) FROM sales GROUP BY region HAVING count(*) > 1",
    "SELECT id, row_number() OVER (PARTITION BY region ORDER BY id) FROM sales",
    "VALUES ((SELECT count(*) FROM sales))",
]


@pytest.mark.parametrize("sql", NAMED)
def test_each_position_of_a_table_is_covered(pair: Pair, sql: str) -> None:
    assert pair.assert_same(sql, bound_for(pair.dialect))


@pytest.mark.parametrize("sql", ["SELECT {}.sales.id FROM {}.sales", "SELECT {}.sales.id FROM {}.sales, products"])
def test_columns_spelt_with_their_schema_are_found(pair: Pair, sql: str) -> None:
    assert pair.assert_same(sql.replace("{}", pair.schema), bound_for(pair.dialect))


@pytest.mark.parametrize("sql", ["SELECT 3 IN ids", "SELECT id FROM sales WHERE id IN main.ids AND 2 NOT IN ids"])
def test_the_table_behind_in_is_covered(sqlite_pair: Pair, sql: str) -> None:
    assert sqlite_pair.assert_same(sql, bound_for("sqlite"))


@pytest.mark.parametrize(
    "sql",
    [
        "FROM sales",
        "SUMMARIZE sales",
        "PIVOT sales ON region USING sum(amount)",
        "UNPIVOT ids ON id INTO NAME n VALUE v",
        "SELECT * FROM ids AS i PIVOT (count(*) FOR id IN (1, 2))",
        "SELECT sales FROM sales",
        "SELECT * FROM sales SEMI JOIN ids USING (id)",
        "SELECT s.x.region FROM (SELECT sales AS x FROM sales) AS s",
        "SELECT COLUMNS(*) FROM sales USING SAMPLE 100%",
    ],
)
def test_forms_of_duckdb_are_covered(duckdb_pair: Pair, sql: str) -> None:
    assert duckdb_pair.assert_same(sql, bound_for("duckdb"))


@pytest.mark.parametrize(
    "sql",
    [
        "TABLE sales",
        "SELECT to_json(s) FROM sales s",
        "SELECT * FROM ONLY sales AS x(a, b)",
        "SELECT public.sales.* FROM public.sales",
    ],
)
def test_forms_of_postgres_are_covered(postgres_pair: Pair, sql: str) -> None:
    assert postgres_pair.assert_same(sql, bound_for("postgres"))


@pytest.mark.parametrize(
    "column",
    [
        "margin",
        "sales.margin",
        "seller",
        '"margin"',
    ],
)
def test_a_hidden_column_is_one_that_does_not_exist(pair: Pair, column: str) -> None:
    sql = f"SELECT {column} FROM sales"
    assert pair.assert_same(sql, bound_for(pair.dialect)) == pair.restricted(sql)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    [
        ("duckdb", "SELECT id FROM sales WHERE CAST(region AS INTEGER) = 1"),
        ("duckdb", "SELECT 1 FROM sales s JOIN products p ON CAST(s.region AS INTEGER) = p.id"),
        ("postgres", "SELECT id FROM sales WHERE CAST(region AS INTEGER) = 1"),
        ("postgres", "SELECT 1 FROM sales s JOIN products p ON CAST(s.region AS INTEGER) = p.id WHERE 1 / s.id > 0"),
        ("sqlite", "SELECT id FROM sales WHERE json_extract(region, '$') = 1"),
        ("sqlite", "SELECT 1 FROM sales s JOIN products p ON json_extract(s.region, '$') = p.id"),
    ],
)
def test_failing_conditions_tell_nothing_of_hidden_rows(request: pytest.FixtureRequest, dialect: str, sql: str) -> None:
    pair = request.getfixturevalue(f"{dialect}_pair")
    nobody = bound_for(dialect, {"regions": [], "me": "nobody"})
    assert pair.whole(pair.judged(sql, nobody)[1]) == []


@pytest.mark.parametrize(
    "me", ["' OR '1'='1", "\\' OR 1=1 --", "%", '" OR ""="', ":regions", "$$", "'; DROP TABLE sales"]
)
def test_an_attribute_is_never_read_as_sql(pair: Pair, me: str) -> None:
    bound = bound_for(pair.dialect, {"regions": [me, "Sul"], "me": me})
    assert pair.whole(pair.judged("SELECT * FROM sales", bound)[1] or "") == []
