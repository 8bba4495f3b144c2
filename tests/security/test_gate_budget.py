"""Texts that are small to send and dear to parse: every one gets a typed verdict, and past the caps a refusal."""

from collections.abc import Callable

import pytest

from app.connectors.sql_gate import Policy, TableRule, check
from app.core.errors import RefusedByPolicy, SqlInvalid

DIALECTS = ("sqlite", "postgres", "mysql", "tsql", "duckdb")
COSTS = {"too_long", "too_deep", "too_many_expansions", "cartesian_product", "size_limit"}

SHAPES: dict[str, Callable[[int], str]] = {
    "list": lambda n: f"SELECT 1 FROM t WHERE a IN ({', '.join(map(str, range(n * 20)))})",
    "with": lambda n: f"WITH {', '.join(f'c{i} AS (SELECT {i} AS x)' for i in range(n * 4))} SELECT 1",
    "union": lambda n: " UNION ALL ".join(["SELECT 1"] * n * 10),
    "or": lambda n: f"SELECT 1 FROM t WHERE {' OR '.join(['a = 1'] * n * 10)}",
    "queries": lambda n: f"SELECT * FROM {'(SELECT * FROM ' * n}t{') AS x' * n}",
    "parentheses": lambda n: f"SELECT {'(' * n}1{')' * n}",
    "sources": lambda n: f"SELECT * FROM {'(' * n}t{')' * n}",
    "calls": lambda n: f"SELECT {'abs(' * n}1{')' * n}",
    "cases": lambda n: f"SELECT {'CASE WHEN 1 = 1 THEN ' * n}1{' END' * n}",
    "in": lambda n: f"SELECT 1 WHERE {'1 IN (' * n}1{')' * n}",
    "brackets": lambda n: f"SELECT {'[1, ' * n}1{']' * n}",
    "nots": lambda n: f"SELECT 1 WHERE {'NOT ' * n}1 = 1",
    "joins": lambda n: f"SELECT 1 FROM t {' '.join(f'JOIN t a{i} ON a{i}.a = t.a' for i in range(n * 5))}",
    "between": lambda n: f"SELECT 1 WHERE 1 {'BETWEEN 1 AND 1 ' * n * 10}",
    "is": lambda n: f"SELECT 1 {'IS NULL ' * n * 30}",
    "dots": lambda n: f"SELECT a{'.a' * n * 30}",
    "minus": lambda n: f"SELECT {'- ' * n}1",
    "texts": lambda n: f"SELECT 'a'{' || chr(97)' * n * 10}",
    "nested with": lambda n: f"{'WITH a AS (' * n}SELECT 1 AS x{') SELECT * FROM a' * n}",
    "semicolons": lambda n: f"SELECT 1{';' * n * 60}",
    "comments": lambda n: f"SELECT 1 {'/* x */ ' * n * 50}",
    "quotes": lambda n: f"SELECT {chr(39) * (n * 300 + 1)}",
}
AT_THE_CAP, BEYOND = 55, 1_000


def refusal_of(sql: str, dialect: str) -> str | None:
    """The rule or code that refuses, or None."""
    try:
        check(sql, dialect=dialect, tables=("t",))
    except RefusedByPolicy as error:
        return str(error.fields["rule"])
    except SqlInvalid as error:
        return error.code
    return None


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_up_to_the_caps_every_text_gets_a_verdict(shape: str, dialect: str) -> None:
    assert refusal_of(SHAPES[shape](AT_THE_CAP), dialect) in {*COSTS, "sql_invalid", "multiple_statements", None}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_beyond_the_caps_no_parser_sees_it(shape: str, dialect: str) -> None:
    if shape == "brackets" and dialect in {"sqlite", "tsql"}:  # One long name there, which does not end.
        assert refusal_of(SHAPES[shape](BEYOND), dialect) == "sql_invalid"
        return
    assert refusal_of(SHAPES[shape](BEYOND), dialect) in {"too_long", "too_deep"}


def test_long_lists_and_many_queries_within_the_caps_pass() -> None:
    assert refusal_of(SHAPES["list"](AT_THE_CAP), "postgres") is None
    assert refusal_of(SHAPES["with"](AT_THE_CAP), "postgres") is None


def test_rules_on_a_wide_table_cannot_make_a_text_without_bound() -> None:
    columns = tuple(f"a_column_with_a_long_name_{number}" for number in range(500))
    policy = Policy("sqlite", (TableRule("t", columns),)).bind({})
    sql = f"SELECT 1 FROM t {' '.join(f'JOIN t a{i} ON a{i}.a = t.a' for i in range(100))}"
    with pytest.raises(RefusedByPolicy) as caught:
        check(sql, dialect="sqlite", tables=("t",), policy=policy)
    assert caught.value.fields["rule"] == "too_long"
