"""Running totals: each unit of time added to those before it, and declined where amounts do not run on."""

import pytest

from app.agentgraph.planner.plan import DeclineKind
from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    "question",
    [
        "Qual o valor acumulado por mês em 2024?",
        "Mostre o valor total acumulado por mês em 2024",
        "What is the running total of value by month in 2024?",
        "Show the cumulative value by month in 2024",
    ],
)
def test_each_month_is_added_to_those_before(sales: Asked, question: str) -> None:
    assert sales.rows(question) == [("2024-01", 150.5), ("2024-02", 425.75), ("2024-03", 725.75)]


def test_the_reading_says_that_figures_run_on(sales: Asked) -> None:
    assert sales.understood("Qual o valor acumulado por mês?").reading.startswith("acumulado de soma de Valor por mês")
    assert sales.understood("Cumulative value by month").reading.startswith("running sum of Valor by month")


def test_without_a_unit_of_time_an_accumulated_amount_is_a_sum(sales: Asked) -> None:
    assert sales.rows("Qual o valor acumulado em 2024?") == [(725.75,)]


@pytest.mark.parametrize(
    "question", ["Qual o valor acumulado por mês e região?", "Show the cumulative value by month and region"]
)
def test_totals_that_run_on_within_other_groups_are_declined(sales: Asked, question: str) -> None:
    assert sales.declined(question).kind is DeclineKind.NOT_UNDERSTOOD
