"""Figures over groups: averages of what each group has, and how many groups pass a test."""

from collections.abc import Callable

import pytest

from app.agentgraph.planner import Shape
from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("files", "question", "figure"),
    [
        (("towns", "provinces"), "average number of towns per province", 2),
        (("towns", "provinces"), "Qual a média de towns por província?", 2),
        (("nations",), "average number of countries per continent", 2.5),
        (("deaths",), "average monthly deaths in 2019", 50),
        (("deaths",), "Qual a média mensal de óbitos em 2019?", 50),
        (("bem_candidato_AC",), "Qual o número médio de bens por candidato?", 5 / 3),
    ],
)
def test_averages_are_of_what_each_group_has(
    sources: Callable[..., Asked], files: tuple[str, ...], question: str, figure: float
) -> None:
    asked = sources(*files)
    assert asked.rows(question) == [(pytest.approx(figure),)]
    assert asked.understood(question).expects.shape is Shape.SCALAR


@pytest.mark.parametrize(
    ("files", "question", "count"),
    [
        (("towns", "provinces"), "How many provinces have more than 1 town?", 2),
        (("nations",), "How many continents have more than 2 countries?", 1),
        (("deaths",), "How many states had more than 50 deaths in 2019?", 1),
        (("bem_candidato_AC",), "Quantos candidatos declararam mais de 2 bens?", 1),
    ],
)
def test_groups_that_pass_a_test_are_counted(
    sources: Callable[..., Asked], files: tuple[str, ...], question: str, count: int
) -> None:
    assert sources(*files).rows(question) == [(count,)]


def test_which_of_two_columns_has_more_of_the_other(sources: Callable[..., Asked]) -> None:
    assert sources("nations").rows("Which continents have more than 2 countries?") == [("North",)]


def test_a_question_over_groups_says_so(sources: Callable[..., Asked]) -> None:
    planned = sources("nations").understood("average number of countries per continent")
    assert planned.reading == "average of number of different country by continent"
