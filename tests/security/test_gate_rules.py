"""Each rule of the gate: what it stops, beside the honest statement that looks like it."""

import pytest
from sqlglot import exp

from app.connectors.sql_gate import check
from app.connectors.sql_gate.nodes import refuse_parts
from app.core.errors import RefusedByPolicy, SqlInvalid

TABLES = ("vendas", "clientes", "Pedidos 2024")


def rule_of(sql: str, dialect: str = "sqlite", tables: tuple[str, ...] | None = TABLES) -> str | None:
    """The rule that refuses `sql`, or None when it passes."""
    try:
        check(sql, dialect=dialect, tables=tables)
    except RefusedByPolicy as error:
        return str(error.fields["rule"])
    except SqlInvalid as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("honest", "refused", "rule"),
    [
        ("SELECT 1", "SELECT 1; SELECT 2", "multiple_statements"),
        ("SELECT * FROM vendas", "SELECT * FROM segredo", "forbidden_table"),
        ("SELECT * FROM vendas", "SELECT * FROM outro.vendas", "forbidden_table"),
        ("SELECT * FROM main.vendas", "SELECT * FROM temp.vendas", "forbidden_table"),
        ('SELECT * FROM "pedidos 2024"', 'SELECT * FROM "pedidos 2025"', "forbidden_table"),
        ("SELECT 1 IN (SELECT id FROM vendas)", "SELECT 1 IN segredo", "forbidden_table"),
        ("SELECT 1 IN vendas", "SELECT 1 IN sqlite_master", "forbidden_table"),
        (
            "WITH segredo AS (SELECT 1 AS x) SELECT x FROM segredo",
            "WITH v AS (SELECT * FROM segredo) SELECT * FROM v",
            "forbidden_table",
        ),
        (
            "WITH vendas AS (SELECT 1 AS x) SELECT * FROM vendas",
            "WITH vendas AS (SELECT * FROM segredo) SELECT * FROM vendas",
            "forbidden_table",
        ),
        ("SELECT upper(nome) FROM clientes", "SELECT readfile(nome) FROM clientes", "forbidden_function"),
        ("SELECT 'load_extension(1)'", "SELECT \"load_extension\"('x')", "forbidden_function"),
        ("SELECT hex(randomblob(16))", "SELECT hex(randomblob(1000000000))", "size_limit"),
        ("SELECT zeroblob(10)", "SELECT zeroblob(100000 * 1000)", "size_limit"),
        ("SELECT printf('%08.2f', id) FROM vendas", "SELECT printf('%.*c', 900000000, 'x')", "size_limit"),
        ("SELECT format('%5d', id) FROM vendas", "SELECT format('%900000000d', id) FROM vendas", "size_limit"),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12) SELECT i FROM n",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
            "unbounded_recursion",
        ),
        (
            "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n",
            "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT i FROM n",
            "unbounded_recursion",
        ),
        (
            "WITH n(t, i) AS (SELECT '', 1 UNION ALL SELECT t || '.', i + 1 FROM n WHERE i < 9) SELECT t FROM n",
            "WITH n(t, i) AS (SELECT 'x', 1 UNION ALL SELECT t || t, i + 1 FROM n WHERE i < 30) SELECT t FROM n",
            "size_limit",
        ),
        (
            "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24) SELECT count(*) FROM n a, n b",
            "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90000) SELECT count(*) FROM n a, n b",
            "size_limit",
        ),
        (
            "SELECT count(*) FROM vendas a, vendas b, vendas c WHERE a.id = b.id AND b.id = c.id",
            "SELECT count(*) FROM vendas a, vendas b, vendas c WHERE a.id > 1 AND b.id > 1 AND c.id > 1",
            "cartesian_product",
        ),
        (
            "SELECT count(*) FROM vendas a, vendas b",
            "SELECT count(*) FROM vendas a, vendas b, vendas c",
            "cartesian_product",
        ),
        (
            "SELECT * FROM vendas v, (SELECT max(id) m FROM vendas) a, (SELECT min(id) n FROM vendas) b",
            "SELECT * FROM vendas v, (SELECT id m FROM vendas) a, (SELECT id n FROM vendas) b",
            "cartesian_product",
        ),
        ("SELECT id FROM vendas ORDER BY id LIMIT 5", "EXPLAIN SELECT id FROM vendas", "not_a_query"),
        ("SELECT 'PRAGMA x'", "PRAGMA query_only = OFF", "not_a_query"),
        ("SELECT 'a\tb'", "SELECT 'a\x00b'", "forbidden_character"),
        ("SELECT 'olá'", "SELECT 'ol\u202eá'", "forbidden_character"),
        ("SELECT 'a\\b'", "SELECT 1 \\gexec", "forbidden_character"),
        ("SELECT 1_000", "SELECT 1_000x", "sql_invalid"),
    ],
)
def test_sqlite_rule(honest: str, refused: str, rule: str) -> None:
    assert rule_of(honest) is None
    assert rule_of(refused) == rule


@pytest.mark.parametrize(
    ("dialect", "honest", "refused", "rule"),
    [
        ("postgres", "SELECT now()", "SELECT pg_sleep(9)", "forbidden_function"),
        ("postgres", "SELECT now()", "SELECT pg_catalog.pg_sleep(9)", "qualified_call"),
        ("postgres", "SELECT now()", 'SELECT U&"pg\\005fsleep"(9)', "forbidden_character"),
        ("postgres", 'SELECT "user" FROM clientes', "SELECT user", "forbidden_function"),
        ("postgres", "SELECT * FROM vendas", "SELECT * FROM vendas FOR UPDATE", "locking"),
        ("postgres", "SELECT * FROM public.vendas", "SELECT * INTO nova FROM vendas", "forbidden_construct"),
        ("postgres", "SELECT * FROM vendas", 'SELECT * FROM "Vendas"', "forbidden_table"),
        ("postgres", "SELECT 1 WHERE 1 = ANY (ARRAY[1])", "SELECT $1", "forbidden_construct"),
        ("postgres", "SELECT * FROM generate_series(1, 10)", "SELECT * FROM generate_series(1, 1e12)", "size_limit"),
        ("postgres", "SELECT '1'::int", "SELECT '<!DOCTYPE x [<!ENTITY a \"b\">]><x/>'::xml", "forbidden_construct"),
        (
            "postgres",
            "WITH v AS (SELECT * FROM vendas) SELECT * FROM v",
            "WITH segredo AS (SELECT * FROM segredo) SELECT * FROM segredo",
            "forbidden_table",
        ),
        (
            "postgres",
            "WITH d AS (SELECT 1 AS x) SELECT x FROM d",
            "WITH d AS (DELETE FROM vendas RETURNING *) SELECT * FROM d",
            "forbidden_construct",
        ),
        (
            "mysql",
            "WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT a.x FROM a, b",
            "WITH a AS (SELECT * FROM segredo), A AS (SELECT 1 AS x) SELECT * FROM a",
            "forbidden_table",
        ),
        (
            "postgres",
            "WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT a.x FROM a, b",
            "WITH a AS (SELECT * FROM segredo), A AS (SELECT 1 AS x) SELECT * FROM a",
            "forbidden_construct",
        ),
        (
            "duckdb",
            'WITH ss AS (SELECT 1 AS x), "ß" AS (SELECT 2 AS x) SELECT x FROM ss',
            'WITH ss AS (SELECT * FROM segredo), "ß" AS (SELECT 1 AS x) SELECT * FROM ss',
            "forbidden_table",
        ),
        (
            "mysql",
            "WITH segredo AS (SELECT 1 AS x) SELECT x FROM segredo",
            "WITH segredo AS (SELECT 1 AS x) SELECT * FROM Segredo",
            "forbidden_table",
        ),
        (
            "duckdb",
            'WITH "ß" AS (SELECT 1 AS x) SELECT x FROM "ß"',
            'WITH "ß" AS (SELECT 1 AS x) SELECT * FROM ss',
            "forbidden_table",
        ),
        ("postgres", "SELECT * FROM VENDAS", 'SELECT * FROM "VENDAS"', "forbidden_table"),
        ("mysql", "SELECT * FROM vendas", "SELECT * FROM Vendas", "forbidden_table"),
        ("mysql", "SELECT 1 /* x */", "SELECT 1 /*!50000 , SLEEP(9) */", "executable_comment"),
        ("mysql", "SELECT '/*! x */'", "SELECT 1 /*M! , SLEEP(9) */", "executable_comment"),
        ("mysql", "SELECT 5--1", "SELECT 1 --1 INTO OUTFILE '/tmp/f'", "sql_invalid"),
        ("mysql", "SELECT id AS x FROM vendas", "SELECT @x := 1", "forbidden_construct"),
        ("mysql", "SELECT id FROM vendas", "SELECT @@version", "forbidden_construct"),
        (
            "mysql",
            "SELECT id FROM vendas",
            "SELECT /*+ SET_VAR(sort_buffer_size=1) */ id FROM vendas",
            "forbidden_hint",
        ),
        ("tsql", "SELECT 1 AS [DELETE] FROM vendas", "SELECT 1 DELETE FROM vendas", "reserved_word"),
        ("tsql", "SELECT * FROM vendas WITH (NOLOCK)", "SELECT * FROM vendas WITH (TABLOCKX)", "locking"),
        ("tsql", "SELECT 1 OPTION (MAXRECURSION 50)", "SELECT 1 OPTION (MAXRECURSION 0)", "unbounded_recursion"),
        ("tsql", "SELECT CAST(1 AS [int])", "SELECT CAST(1 AS [a; DROP TABLE vendas])", "forbidden_character"),
        ("tsql", "SELECT * FROM dbo.vendas", "SELECT * FROM [srv].[db].[dbo].[vendas]", "forbidden_table"),
        (
            "tsql",
            "SELECT * FROM vendas CROSS APPLY (SELECT 1 AS x) AS y",
            "SELECT * FROM vendas CROSS APPLY segredo",
            "forbidden_table",
        ),
        (
            "tsql",
            "SELECT * FROM vendas OUTER APPLY OPENJSON(vendas.x)",
            "SELECT * FROM vendas OUTER APPLY dbo.segredo AS s",
            "forbidden_table",
        ),
        ("duckdb", "FROM vendas", "SELECT * FROM 'vendas.csv'", "forbidden_table"),
        ("duckdb", "SELECT upper('a')", "SELECT * FROM read_csv('a')", "forbidden_function"),
    ],
)
def test_rule_of_other_dialects(dialect: str, honest: str, refused: str, rule: str) -> None:
    assert rule_of(honest, dialect) is None
    assert rule_of(refused, dialect) == rule


_JSON = "SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a {column})) AS t"
_XML = "SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS x {column})"


@pytest.mark.parametrize(
    ("dialect", "honest", "refused", "rule"),
    [
        ("sqlite", "SELECT 1", "DELETE FROM vendas", "not_a_query"),
        ("sqlite", "SELECT 1", "SELECT AS STRUCT 1", "forbidden_construct"),
        ("sqlite", "SELECT printf('%d', id) FROM vendas", "SELECT printf(nome) FROM vendas", "size_limit"),
        ("sqlite", "SELECT nome LIKE 'x' FROM vendas", "SELECT nome MATCH 'x' FROM vendas", "forbidden_function"),
        ("sqlite", "SELECT 1 IN (5)", "SELECT 1 IN 5", "forbidden_table"),
        ("sqlite", "SELECT 1 IN vendas", "SELECT 1 IN json_each('[1]')", "forbidden_table"),
        ("sqlite", 'SELECT 1 AS "a→b"', "SELECT 1 AS a→b", "forbidden_character"),
        ("mysql", "SELECT SQL_NO_CACHE id FROM vendas", "SELECT SQL_CALC_FOUND_ROWS id FROM vendas", "forbidden_hint"),
        ("mysql", "SELECT id FROM vendas", "SELECT ? FROM vendas", "forbidden_construct"),
        ("postgres", "SELECT id FROM vendas", "SELECT %(a)s FROM vendas", "forbidden_construct"),
        (
            "postgres",
            "SELECT * FROM pg_catalog.generate_series(1, 2)",
            "SELECT * FROM outro.generate_series(1, 2)",
            "qualified_call",
        ),
        ("sqlite", "SELECT * FROM json_each('[]')", "SELECT * FROM outro.json_each('[]')", "qualified_call"),
        (
            "mysql",
            "SELECT * FROM vendas",
            "SELECT * FROM vendas FOR SYSTEM_TIME AS OF '2020-01-01'",
            "forbidden_construct",
        ),
        ("tsql", "SELECT id FROM vendas FOR JSON PATH", "SELECT id FROM vendas FOR BROWSE", "forbidden_construct"),
        (
            "tsql",
            "SELECT id FROM vendas OPTION (MAXDOP 1)",
            "SELECT id FROM vendas OPTION (QUERYTRACEON 9481)",
            "forbidden_hint",
        ),
        (
            "postgres",
            "SELECT JSON_VALUE('{}', '$.a' RETURNING numeric(10, 2))",
            "SELECT JSON_VALUE('{}', '$.a' RETURNING numeric(length('abc')))",
            "forbidden_construct",
        ),
        ("mysql", _JSON.format(column="INT PATH '$.a'"), _JSON.format(column="INT PATH @x"), "forbidden_construct"),
        ("mysql", _JSON.format(column="varchar(10)"), _JSON.format(column="sleep('x')"), "forbidden_construct"),
        ("postgres", _XML.format(column="int"), _XML.format(column="int")[:-1], "forbidden_construct"),
        (
            "postgres",
            _XML.format(column="int DEFAULT -9"),
            _XML.format(column="int DEFAULT -(9)"),
            "forbidden_construct",
        ),
        (
            "postgres",
            _XML.format(column="text DEFAULT 5"),
            _XML.format(column="text DEFAULT user"),
            "forbidden_construct",
        ),
        ("duckdb", "SELECT a -> 1 FROM vendas", "SELECT a ->", "sql_invalid"),
    ],
)
def test_rule_that_no_other_covers(dialect: str, honest: str, refused: str, rule: str) -> None:
    assert rule_of(honest, dialect) is None
    assert rule_of(refused, dialect) == rule


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("SELECT * FROM dbo.vendas", None),
        ("SELECT * FROM outro.dbo.vendas", "forbidden_table"),
        ("SELECT * FROM @vendas", "forbidden_table"),
    ],
)
def test_only_tables_of_the_source_are_read_where_all_are_open(sql: str, rule: str | None) -> None:
    assert rule_of(sql, "tsql", None) == rule


def test_scopes_of_types_are_resolved_by_sql_server_alone() -> None:
    """Other parsers make no such node: the rule stands in case one begins to."""
    assert rule_of("SELECT hierarchyid::GetRoot()", "tsql") == "forbidden_function"
    node = exp.ScopeResolution(this=exp.to_identifier("a"), expression=exp.to_identifier("b"))
    refuse_parts(node, "tsql")
    with pytest.raises(RefusedByPolicy, match="ScopeResolution"):
        refuse_parts(node, "sqlite")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("SELECT '" + "a" * 30_000 + "'", "too_long"),
        ("SELECT " + "1," * 4_000 + "1", "too_long"),
        ("SELECT " + "(" * 70 + "1" + ")" * 70, "too_deep"),
        ("SELECT " + "- " * 300 + "1", "too_deep"),
        ("SELECT " + "NOT " * 300 + "1", "too_deep"),
        ("SELECT 1" + " + 1" * 1_500, "too_deep"),
        ("SELECT a" + "[1]" * 1_200, "too_deep"),
        (
            "WITH c0 AS (SELECT 1 AS x), "
            + ", ".join(f"c{n} AS (SELECT a.x FROM c{n - 1} a, c{n - 1} b)" for n in range(1, 20))
            + " SELECT count(*) FROM c19",
            "too_many_expansions",
        ),
    ],
)
def test_texts_that_only_cost_are_refused(text: str, rule: str) -> None:
    assert rule_of(text, "duckdb") == rule


@pytest.mark.parametrize(
    "text", ["", "  \n", ";", "-- x", "Desculpe, não posso.", '{"sql": "x"}', "```sql\nSELECT 1\n```"]
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgres", "mysql", "tsql", "duckdb"])
def test_texts_that_are_no_query_are_refused(text: str, dialect: str) -> None:
    assert rule_of(text, dialect) is not None


@pytest.mark.parametrize("name", ["sqlite_master", "pragma_database_list", "dbstat", "sqlite_dbpage"])
def test_system_tables_stay_closed_where_all_tables_are_open(name: str) -> None:
    assert rule_of("SELECT * FROM anything", tables=None) is None
    assert rule_of(f"SELECT * FROM {name}", tables=None) == "system_table"


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("mysql", "mysql.user"),
        ("mysql", "performance_schema.threads"),
        ("postgres", "pg_catalog.anything"),
        ("tsql", "sys.anything"),
        ("sqlite", "temp.anything"),
        ("oracle", "SYS.anything"),
        ("clickhouse", "system.users"),
        ("snowflake", "INFORMATION_SCHEMA.anything"),
    ],
)
def test_system_schemas_stay_closed_where_all_tables_are_open(dialect: str, name: str) -> None:
    assert rule_of("SELECT * FROM anything", dialect, None) is None
    assert rule_of(f"SELECT * FROM {name}", dialect, None) == "system_table"


def test_a_dialect_that_the_gate_does_not_know_is_refused() -> None:
    assert rule_of("SELECT 1", "hive") == "not_a_query"


def test_what_runs_has_no_comments_and_no_hints() -> None:
    statement = check("/* a */ SELECT /*+ x */ id -- b\nFROM vendas", dialect="sqlite", tables=TABLES)
    assert statement.sql == "SELECT id FROM vendas"
    assert statement.tables == ("vendas",)


def test_two_minus_signs_stay_two_minus_signs_for_mysql() -> None:
    assert check("SELECT 5--1 AS seis", dialect="mysql", tables=TABLES).sql == "SELECT 5 - -1 AS seis"


def test_a_refusal_is_the_same_when_it_is_remembered() -> None:
    assert rule_of("SELECT readfile('/x')") == rule_of("SELECT readfile('/x')") == "forbidden_function"


def test_a_verdict_is_not_carried_over_to_other_tables() -> None:
    assert rule_of("SELECT * FROM vendas") is None
    assert rule_of("SELECT * FROM vendas", tables=("clientes",)) == "forbidden_table"
