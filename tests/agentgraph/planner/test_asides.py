"""Words that add nothing, and rows that add up the others."""

import pytest

from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many competitions did each venue hold?", [("Oslo", 2), ("Rome", 2), ("Lima", 1)]),
        ("What is the average of points in the race?", [(15.8,)]),
        ("Qual é o nome da competição de 2002?", [("Open",)]),
    ],
)
def test_words_that_say_nothing_new_are_passed_over(games: Asked, question: str, answer: Rows) -> None:
    assert set(games.rows(question)) == set(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many nations are there?", [(3,)]),
        ("Which nation won the most gold?", [("Norway",)]),
        ("What is the average of silver?", [(2,)]),
    ],
)
def test_a_row_of_totals_is_no_row_to_compute_with(medals: Asked, question: str, answer: Rows) -> None:
    assert medals.rows(question) == answer


def test_a_row_of_totals_is_found_when_it_is_asked_for(medals: Asked) -> None:
    assert medals.rows("What is the gold of nation Total?") == [(7,)]
