"""What verbs say of two tables: that rows belong together, how often, how much, or that none do."""

from collections.abc import Callable

import pytest

from app.agentgraph.planner.plan import DeclineKind
from tests.agentgraph.planner.asking import Asked, Rows


@pytest.fixture
def harbour(sources: Callable[..., Asked]) -> Asked:
    """Captains, their ships, and the storms that those met, with the sailors lost in each."""
    return sources("captains", "ships", "storms")


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Qual o nome do capitão que conduziu navios construídos depois de 1910?", {"Ada Roe"}),
        ("Quais capitães conduziram navios construídos depois de 1910?", {"Ada Roe"}),
        ("Which captains commanded ships built after 1910?", {"Ada Roe"}),
        ("Quais capitães não conduziram nenhum navio?", {"Cy Dunn"}),
        ("Which captains have no ship?", {"Cy Dunn"}),
        ("Mostre os nomes dos capitães, exceto os capitães com navios construídos em 1905.", {"Ada Roe", "Cy Dunn"}),
    ],
)
def test_a_verb_between_two_tables_says_that_rows_belong_together(
    harbour: Asked, question: str, names: set[str]
) -> None:
    assert {row[0] for row in harbour.rows(question)} == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which captains commanded ships more than once?", {"Ada Roe"}),
        ("Quais capitães conduziram navios mais de uma vez?", {"Ada Roe"}),
        ("Quais capitães conduziram navios exatamente uma vez?", {"Bo Finn"}),
    ],
)
def test_how_often_counts_the_rows_of_the_other_table(harbour: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in harbour.rows(question)} == names


def test_how_often_counts_the_rows_of_what_is_asked_for(cups: Asked) -> None:
    assert set(cups.rows("Which teams are listed more than once?")) == {("Reds",)}


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("What is the number of people drowned for each ship?", [("Gull", 9), ("Tern", 3), ("Kite", 1)]),
        ("Which ship drowned the most people?", [("Gull", 9)]),
        ("Which ships had more than 2 people drowned?", [("Gull",), ("Tern",)]),
    ],
)
def test_an_amount_said_of_people_is_added_up_and_no_rows_are_counted(
    harbour: Asked, question: str, rows: Rows
) -> None:
    assert sorted(harbour.rows(question)) == sorted(rows)


def test_an_unknown_verb_that_relates_nothing_is_not_passed_over(harbour: Asked) -> None:
    assert harbour.declined("Quantos capitães desertaram?").kind is DeclineKind.NOT_UNDERSTOOD
