"""Honest statements of each engine, one construct or family of functions a line; dangerous ones beside them; and
functions that stay refused."""

from pathlib import Path

import pytest

from app.connectors.sql_gate import check
from app.core.errors import QuestionError

HERE = Path(__file__).parent
TABLES = ("t", "u", "v", "w", "shop.t", "memory.main.u")
DIALECTS = ("sqlite", "postgres", "mysql", "tsql", "duckdb")
OTHERS = ("oracle", "clickhouse", "snowflake", "bigquery", "redshift")
IN_CAPITALS = ("T", "U", "V", "W")
"""The tables as engines store them that fold bare names to capitals; beside them a `t` would be another table."""


def lines(folder: str, dialect: str) -> list[str]:
    """The lines of one list."""
    suffix = "txt" if folder == "refused" else "sql"
    return (HERE / folder / f"{dialect}.{suffix}").read_text(encoding="utf-8").splitlines()


def passes(sql: str, dialect: str, tables: tuple[str, ...] | None = TABLES) -> str | None:
    """The text that would run, or None for a refused one."""
    try:
        return check(sql, dialect=dialect, tables=tables).sql
    except QuestionError:
        return None


def tables_of(dialect: str) -> tuple[str, ...]:
    """The tables that a statement may read."""
    return IN_CAPITALS if dialect in {"oracle", "snowflake"} else TABLES


@pytest.mark.parametrize("dialect", [*DIALECTS, *OTHERS])
def test_honest_statements_pass(dialect: str) -> None:
    assert [sql for sql in lines("honest", dialect) if passes(sql, dialect, tables_of(dialect)) is None] == []


@pytest.mark.parametrize("dialect", [*DIALECTS, *OTHERS])
def test_what_would_run_of_them_passes_again(dialect: str) -> None:
    written = [passes(sql, dialect, tables_of(dialect)) or "" for sql in lines("honest", dialect)]
    assert [sql for sql in written if passes(sql, dialect, tables_of(dialect)) is None] == []


@pytest.mark.parametrize("dialect", [*DIALECTS, *OTHERS])
def test_dangerous_statements_do_not(dialect: str) -> None:
    """Writing, reading of files and secrets, ways out of the database, waiting, locking, swelling, and a second
    statement behind the first."""
    assert [sql for sql in lines("dangerous", dialect) if passes(sql, dialect, tables_of(dialect)) is not None] == []


@pytest.mark.parametrize("tables", [(), None])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_functions_that_reach_outside_are_refused(dialect: str, tables: tuple[str, ...] | None) -> None:
    forms = ("SELECT {}(1)", "SELECT * FROM {}(1)", "SELECT upper({}(1))", "SELECT pg_catalog.{}(1)")
    passed = [
        form.format(name)
        for name in lines("refused", dialect)
        for form in forms
        if passes(form.format(name), dialect, tables)
    ]
    assert passed == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM JSON_TABLE(j, '$' COLUMNS (a int PATH '$' DEFAULT pg_sleep(5) ON EMPTY))",
        "SELECT * FROM JSON_TABLE(j, '$' COLUMNS (a pg_sleep(b) PATH '$'))",
        "SELECT * FROM JSON_TABLE(j, '$' COLUMNS (a int PATH '$')) , segredo",
        "SELECT * FROM JSON_TABLE((SELECT j FROM segredo), '$' COLUMNS (a int PATH '$')) x",
        "SELECT JSON_QUERY(pg_read_file('/etc/passwd'), '$' WITH WRAPPER)",
        "SELECT JSON_QUERY(j, '$' RETURNING text) , pg_sleep(5) FROM t",
        "SELECT JSON_QUERY(j, '$' DEFAULT pg_sleep(5) ON ERROR) FROM t",
        "SELECT JSON_ARRAY(SELECT chave FROM segredo)",
        "SELECT XMLSERIALIZE(CONTENT query_to_xml('SELECT 1', true, true, '') AS text)",
        "SELECT XMLPARSE(CONTENT repeat('<a>', 1000) || b) FROM t",
        "SELECT XMLPARSE(DOCUMENT '<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>')",
        "SELECT xpath('/a', ('<!DOC' || 'TYPE a>')::xml)",
        "SELECT * FROM XMLTABLE('/r' PASSING (SELECT chave FROM segredo) COLUMNS id int PATH '@id') x",
        "SELECT pg_catalog.pg_read_file('/etc/passwd')",
        "SELECT public.upper('x')",
        "SELECT 1 OPERATOR(public.+) 2",
    ],
)
def test_calls_with_keywords_hide_nothing(sql: str) -> None:
    assert passes(sql, "postgres") is None


@pytest.mark.parametrize(
    ("dialect", "sql", "written"),
    [
        ("postgres", "SELECT JSON_QUERY(j, '$.a' WITH WRAPPER) FROM t", None),
        ("postgres", "SELECT JSON_ARRAY(a, NULL NULL ON NULL) FROM t", None),
        ("postgres", "SELECT XMLELEMENT(NAME x, XMLATTRIBUTES(a AS id), b) FROM t", None),
        ("postgres", "SELECT box '(0,0)'", "SELECT CAST('(0,0)' AS box)"),
        ("postgres", "SELECT to_hex(a), current_time FROM t", "SELECT TO_HEX(a), CURRENT_TIME FROM t"),
        ("postgres", "SELECT 0x1F + 0b11 + 0o17 + 1_000", "SELECT x'1F' + b'11' + 15 + 1000"),
        ("mysql", "SELECT b REGEXP 'x' FROM t", "SELECT (b REGEXP 'x') FROM t"),
        ("mysql", "SELECT 1 FROM DUAL", None),
        ("tsql", "SELECT TRY_PARSE(b AS MONEY USING 'pt-BR') FROM t", None),
        ("duckdb", "SELECT finalize(sum(a) EXPORT_STATE) FROM t", "SELECT FINALIZE(SUM(a) EXPORT_STATE) FROM t"),
    ],
)
def test_keywords_stand_again_where_they_stood(dialect: str, sql: str, written: str | None) -> None:
    assert passes(sql, dialect) == (written or sql)


@pytest.mark.parametrize("sql", ["SELECT minha_função(1)", "SELECT * FROM meu_esquema.linhas(40)"])
def test_functions_of_the_users_own_pass_only_where_nothing_is_limited(sql: str) -> None:
    assert passes(sql, "postgres", None)
    assert passes(sql, "postgres") is None
    assert passes(sql, "mysql", None) is None


@pytest.mark.parametrize(
    "name", ["apaga_sql", "read_anything", "delete_all", "meu_exec", "sys.anything", "dbms_x.send"]
)
def test_functions_whose_name_says_that_they_act_never_pass(name: str) -> None:
    assert passes(f"SELECT {name}(1)", "postgres", None) is None
