"""A table with a place a row: two rows against each other, places in words, runs of years, rows alike."""

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who scored more goals, Ann Moss or Cy Lane?", "Ann Moss"),
        ("Which player scored fewer goals, Di Ford or Cy Lane?", "Di Ford"),
        ("Who had more wins, Di Ford or Ed Cole?", "Di Ford"),
        ("Quem teve mais gols, Cy Lane ou Di Ford?", "Cy Lane"),
    ],
)
def test_the_winner_of_two_is_named(cups: Asked, question: str, name: str) -> None:
    assert cups.rows(question) == [(name,)]


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many more goals did Ann Moss score than Cy Lane?", 5),
        ("How many fewer goals did Di Ford score than Cy Lane?", 13),
        ("How many more points did Ann Moss have than Bo Reed in total?", 9),
        ("Quantos gols a mais Ann Moss teve que Di Ford?", 18),
        ("How many games did Bo Reed win?", 7),
        ("How many goals did Ann Moss and Cy Lane score combined?", 55),
    ],
)
def test_figures_of_named_rows(cups: Asked, question: str, figure: int) -> None:
    assert cups.rows(question) == [(figure,)]


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Who finished in third place?", "Cy Lane"),
        ("Which player came in 2nd?", "Bo Reed"),
        ("Who finished last?", "Ed Cole"),
        ("Quem ficou em segundo lugar?", "Bo Reed"),
    ],
)
def test_places_in_words(cups: Asked, question: str, name: str) -> None:
    assert cups.rows(question) == [(name,)]


def test_a_run_of_years_ends_at_a_gap(cups: Asked) -> None:
    assert cups.rows("What is the longest run of consecutive years?") == [(3,)]
    assert cups.rows("How many consecutive years did the Reds win?") == [(1,)]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which players have the same country as Ann Moss?", {"Cy Lane"}),
        ("Quais jogadores são do mesmo time que Ed Cole?", {"Ann Moss", "Cy Lane"}),
        ("Which players scored no goals?", {"Bo Reed", "Ed Cole"}),
    ],
)
def test_rows_alike_and_rows_with_nothing(cups: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in cups.rows(question)} == names


def test_the_rows_of_one_name_are_not_counted(cups: Asked) -> None:
    cups.declined("How many widgets did Ann Moss buy?")
