"""The order of a file's rows: what stands before, after, first and last."""

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which competition comes right after the Grand Prix?", "World Cup"),
        ("What is the next competition after Open?", "Grand Prix"),
        ("Which venue is listed before Lima?", "Rome"),
        ("Qual competição vem logo depois de Open?", "Grand Prix"),
        ("What is the first competition on the list?", "World Cup"),
        ("What is the last venue listed?", "Oslo"),
    ],
)
def test_rows_are_found_by_where_they_stand(games: Asked, question: str, answer: str) -> None:
    assert games.rows(question) == [(answer,)]


def test_a_reading_by_place_says_so(games: Asked) -> None:
    planned = games.understood("Which venue is listed before Lima?")

    assert "before the one where Venue is Lima" in planned.reading
    assert planned.columns == ("games.Venue",)
