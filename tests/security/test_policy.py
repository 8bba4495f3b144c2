"""Rules on rows and columns: what may be written, what binds, and the text that each dialect gets."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from app.connectors.sql_gate import BoundPolicy, Policy, TableRule, check
from app.core.errors import RefusedByPolicy
from app.core.errors.access import PolicyInvalid

DIALECTS = ("sqlite", "postgres", "mysql", "tsql", "duckdb")
COLUMNS = ("id", "região", "dono", "salário")


def policy(filter_: str | None, dialect: str = "sqlite", **changes: Any) -> Policy:
    return Policy(dialect, (TableRule(**{"table": "vendas", "columns": COLUMNS, "filter": filter_, **changes}),))


def written(sql: str, bound: BoundPolicy, tables: tuple[str, ...] = ("vendas", "clientes")) -> str:
    return check(sql, dialect=bound.policy.dialect, tables=tables, policy=bound).sql


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text",
    [
        "região = :uf",
        "lower(região) IN (:ufs, 'sp') AND NOT (dono = :me OR salário IS NULL)",
        "id BETWEEN 1 AND :most",
        "região LIKE 'S%' ESCAPE '!' OR coalesce(dono, '') <> ''",
        "CASE WHEN id > 1 THEN dono ELSE região END = :me",
    ],
)
def test_conditions_over_the_tables_own_columns_are_kept(dialect: str, text: str) -> None:
    assert policy(text, dialect).parameters <= {"uf", "ufs", "me", "most"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "região",
        "1",
        "região = ",
        "outra = 1",
        "clientes.id = 1",
        "vendas.id = 1",
        "id IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "id = (SELECT 1)",
        "SELECT 1",
        "id = 1; id = 2",
        "id = 1 UNION SELECT 1",
        "id = random()",
        "id / 0 = 1",
        "CAST(dono AS INTEGER) = 1",
        "dono LIKE :me",
        "id IN :ids",
        "id = ?",
        "id = 1 OR pg_sleep(1) IS NULL",
        "count(*) > 1",
        "id = 1 /* x",
        "id = 1 AND " * 400 + "id = 1",
    ],
)
def test_anything_else_is_refused_when_it_is_written(dialect: str, text: str) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        policy(text, dialect)
    assert caught.value.fields["table"] == "vendas"


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden": frozenset({"outra"})},
        {"hidden": frozenset(COLUMNS)},
        {"columns": ("id", "ID")},
        {"columns": ()},
        {"table": ""},
        {"columns": ("id", "a\x00b")},
    ],
)
def test_rules_that_cannot_hold_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(PolicyInvalid):
        policy(None, **changes)


def test_a_table_has_one_rule_whatever_its_spelling() -> None:
    rules = (TableRule("vendas", ("id",)), TableRule("VENDAS", ("id",), schema="main"))
    with pytest.raises(PolicyInvalid):
        Policy("sqlite", rules)
    with pytest.raises(PolicyInvalid):
        Policy("", ())


def test_a_missing_attribute_refuses_and_does_not_open() -> None:
    with pytest.raises(RefusedByPolicy) as caught:
        policy("dono = :me").bind({"you": "x"})
    assert caught.value.fields["rule"] == "missing_attribute"


@pytest.mark.parametrize(
    "value",
    [
        "a\x00b",
        "\ud800",
        "x" * 1001,
        2**63,
        float("nan"),
        Decimal("Infinity"),
        datetime(2024, 1, 1, tzinfo=UTC),
        b"x",
        [1] * 501,
    ],
)
def test_a_value_without_a_literal_is_refused(value: Any) -> None:
    with pytest.raises(RefusedByPolicy):
        policy("dono IN (:me)").bind({"me": value})


def test_a_list_stands_only_in_a_list() -> None:
    with pytest.raises(RefusedByPolicy):
        written("SELECT 1 FROM vendas", policy("dono = :me").bind({"me": ["a"]}))


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "NULL"),
        (True, "TRUE"),
        (1, "1"),
        (-2, "-2"),
        (1.5, "1.5"),
        (Decimal("1E+2"), "100"),
        (date(2024, 1, 2), "'2024-01-02'"),
        ("d'Á", "'d''Á'"),
    ],
)
def test_values_become_literals(value: Any, literal: str) -> None:
    assert f'"rows"."dono" = {literal})' in written("SELECT 1 FROM vendas", policy("dono = :me").bind({"me": value}))


def test_readers_whose_attributes_are_equal_to_python_alone_get_their_own_text() -> None:
    texts = {written("SELECT id FROM vendas", policy("id = :me").bind({"me": value})) for value in (1, True, 1.0, "1")}
    assert len(texts) == 4


@pytest.mark.parametrize("dialect", DIALECTS)
@given(me=st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=20))
def test_a_text_is_one_literal_in_every_dialect(dialect: str, me: str) -> None:
    sql = written("SELECT id FROM vendas", policy("dono = :me", dialect).bind({"me": me}))
    (comparison,) = sqlglot.parse_one(sql, read=dialect).find_all(sqlglot.exp.EQ)
    assert comparison.expression.name == me


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        (
            "postgres",
            'SELECT v.id FROM (SELECT "rows"."id" AS "id", "rows"."região" AS "região" FROM "vendas" AS "rows"'
            ' WHERE ("rows"."dono" = \'ana\') OFFSET 0) AS v',
        ),
        (
            "mysql",
            "SELECT v.id FROM (SELECT `rows`.`id` AS `id`, `rows`.`região` AS `região` FROM `vendas` AS `rows`"
            " WHERE (`rows`.`dono` = 'ana') LIMIT 18446744073709551615) AS v",
        ),
        (
            "tsql",
            "SELECT v.id FROM (SELECT TOP 9223372036854775807 [rows].[id] AS [id], [rows].[região] AS [região]"
            " FROM [vendas] AS [rows] WHERE ([rows].[dono] = N'ana')) AS v",
        ),
    ],
)
def test_the_selection_stands_in_place_of_the_table(dialect: str, text: str) -> None:
    bound = policy("dono = :me", dialect, hidden=frozenset({"dono", "salário"})).bind({"me": "ana"})
    assert written("SELECT v.id FROM vendas AS v", bound) == text


def test_what_is_shown_has_no_trace_of_the_rules() -> None:
    bound = policy("dono = :me", hidden=frozenset({"dono"})).bind({"me": "ana"})
    checked = check("SELECT * FROM vendas -- x", dialect="sqlite", tables=("vendas",), policy=bound)
    assert (checked.shown, checked.tables) == ("SELECT * FROM vendas", ("vendas",))
    assert check("SELECT 1", dialect="sqlite", tables=()).shown == "SELECT 1"


def test_a_with_query_of_the_tables_name_cannot_be_taken_for_it() -> None:
    sql = "WITH vendas AS (SELECT 1 AS x), b AS (SELECT 2 IN vendas AS y) SELECT vendas.x FROM vendas, b"
    text = written(sql, policy(None).bind({}))
    assert "vendas AS (" not in text
    assert 'IN "query_1"' in text
    assert 'FROM "query_1" AS vendas' in text


@pytest.mark.parametrize(
    ("dialect", "sql", "tables"),
    [
        ("postgres", "SELECT * FROM vendas TABLESAMPLE BERNOULLI (10)", ("vendas",)),
        ("postgres", "SELECT * FROM filial.vendas", ("vendas", "filial.vendas")),
        ("duckdb", "SELECT * FROM memory.main.vendas", ("vendas", "memory.main.vendas")),
    ],
)
def test_references_that_no_selection_can_stand_for_are_refused(
    dialect: str, sql: str, tables: tuple[str, ...]
) -> None:
    with pytest.raises(RefusedByPolicy):
        written(sql, policy(None, dialect).bind({}), tables)


def test_a_policy_belongs_to_one_source() -> None:
    with pytest.raises(RefusedByPolicy):
        check("SELECT 1", dialect="postgres", tables=("vendas",), policy=policy(None).bind({}))
    with pytest.raises(RefusedByPolicy):
        check("SELECT 1", dialect="sqlite", tables=None, policy=policy(None).bind({}))
