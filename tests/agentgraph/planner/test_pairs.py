"""Things of one kind that are related to each other, and columns that name rows of another table by value alone."""

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("which lands border Cora", {"Arda", "Bela", "Doria"}),
        ("what lands does Elba border", {"Doria"}),
        ("which lands border the largest land", {"Arda", "Cora"}),
        ("what lands border the land with the smallest area", set()),
        ("which lands does the Deep stream run through", {"Doria", "Elba"}),
        ("which streams flow through the lands bordering Arda", {"Blue", "Clear", "Bela"}),
        ("what is the longest stream in a land that borders Elba", {"Deep"}),
        ("which lands have no streams", {"Faro"}),
        ("which land borders the most lands", {"Cora"}),
    ],
)
def test_neighbours_are_found_by_the_pairs_that_name_them(lands: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in lands.rows(question)} == names


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("how many lands border Cora", 3),
        ("how many streams run through the lands bordering Bela", 3),
        ("how many streams are in the land that has the most streams", 2),
        ("what is the population of the largest land", 100),
    ],
)
def test_figures_are_taken_over_neighbours(lands: Asked, question: str, figure: int) -> None:
    assert lands.rows(question) == [(figure,)]


def test_a_relation_is_told_as_one(lands: Asked) -> None:
    assert "with borders where land_name is Cora" in lands.understood("which lands border Cora").reading


@pytest.mark.parametrize(
    "question",
    [
        "which lands border lands that border Arda",
        "which lands border the land with the longest stream",
        "what is the population of the chief town of Arda",
    ],
)
def test_a_relation_that_is_not_read_whole_is_declined(lands: Asked, question: str) -> None:
    lands.declined(question)


def test_the_last_of_two_measures_is_what_is_ranked(lands: Asked) -> None:
    assert lands.rows("which land has the largest people density") == [("Cora",)]


def test_a_name_is_of_the_kind_said_after_it(lands: Asked) -> None:
    assert lands.rows("how long is the Bela stream") == [(10,)]
