"""Ratios: of rows that meet conditions, of the rows of two tables, over all or for each group."""

import pytest

from app.agentgraph.planner.plan import DeclineKind
from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the ratio of employees to departments?", [(1.25,)]),
        ("Qual a razão entre o número de funcionários e o número de departamentos?", [(1.25,)]),
        (
            "How does the ratio of employees to departments vary by city?",
            [("London", 2.0), ("Berlin", 1.0), ("Paris", 1.0)],
        ),
    ],
)
def test_rows_of_two_tables_are_counted_each_for_itself(company: Asked, question: str, rows: Rows) -> None:
    found = company.rows(question)

    assert found[:1] == rows[:1]
    assert sorted(found) == sorted(rows)


def test_a_group_without_rows_of_one_table_stays(library: Asked) -> None:
    rows = library.rows("What is the ratio of authors to papers for each domain?")

    assert set(rows) == {("Physics", 0.5), ("Biology", 1.0), ("Law", None)}


@pytest.mark.parametrize(
    ("question", "ratio"),
    [
        ("What is the ratio of games in Rome to games in Lima?", 2.0),
        ("What is the ratio of games with more than 10 points to games with less than 10 points?", 4.0),
    ],
)
def test_values_on_both_sides_are_kept_apart(games: Asked, question: str, ratio: float) -> None:
    assert games.rows(question) == [(ratio,)]


def test_the_reading_names_both_sides(company: Asked) -> None:
    planned = company.understood("What is the ratio of employees to departments?")

    assert planned.reading == "number of employees to number of departments"


@pytest.mark.parametrize(
    "question",
    ["What is the ratio of employees in London to departments?", "What is the ratio of ages to departments?"],
)
def test_a_side_that_cannot_be_counted_alone_is_not_guessed(company: Asked, question: str) -> None:
    assert company.declined(question).kind is DeclineKind.NOT_UNDERSTOOD


def test_a_cause_is_no_ratio(sales: Asked) -> None:
    assert sales.declined("Qual a razão da queda das vendas?").kind is DeclineKind.REASONING
