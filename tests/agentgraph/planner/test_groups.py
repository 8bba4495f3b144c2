"""Groups, their order, how many of them, and tests on them."""

from collections.abc import Callable

import pytest

from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Qual o valor total por região?", [("Norte", 400.5), ("Sul", 275), ("Leste", 75.25)]),
        ("Quantas vendas por produto?", [("Mesa", 3), ("Cadeira", 2), ("Armário", 1)]),
        ("What is the total value by seller?", [("Bruno", 350), ("Ana", 300.5), ("Carla", 100.25)]),
        ("Média de quantidade por canal", [("Site", 4), ("Loja", 1.5), (None, 1)]),
        (
            "Valor total por região e produto",
            [("Norte", "Mesa", 400.5), ("Sul", "Mesa", 200), ("Leste", "Armário", 75.25), ("Sul", "Cadeira", 75)],
        ),
    ],
)
def test_figures_by_group_come_largest_first(sales: Asked, question: str, rows: Rows) -> None:
    assert sales.rows(question) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Quais os 2 vendedores com maior valor total?", [("Bruno", 350), ("Ana", 300.5)]),
        ("Qual região tem o maior valor total?", [("Norte", 400.5)]),
        ("Qual produto tem mais vendas?", [("Mesa",)]),
    ],
)
def test_rankings_keep_what_was_asked_for(sales: Asked, question: str, rows: Rows) -> None:
    assert sales.rows(question) == rows


def test_the_most_common_value(company: Asked) -> None:
    assert company.rows("What is the most common city?")[0][0] in {"London", "Paris"}


def test_the_row_with_the_most(company: Asked) -> None:
    assert company.rows("Who is the oldest employee?") == [("Dave",)]
    assert company.rows("Which employee has the highest salary?") == [("Dave",)]
    assert company.rows("Qual funcionário tem o menor salário?") == [("Carol",)]


def test_the_three_highest(company: Asked) -> None:
    assert [row[0] for row in company.rows("List the 3 employees with the highest salary")] == ["Dave", "Bob", "Erin"]


def test_groups_are_tested_by_their_figures(company: Asked) -> None:
    assert sorted(company.rows("Which cities have more than 1 employee?")) == [("London",), ("Paris",)]
    assert company.rows("Which cities have an average salary above 8000?")[0][0] == "Berlin"


def test_lists_are_ordered_as_asked(company: Asked) -> None:
    ordered = company.rows("List the names of employees ordered by age in descending order")
    assert ordered == [("Dave",), ("Bob",), ("Erin",), ("Alice",), ("Carol",)]
    assert company.rows("Liste os nomes dos funcionários em ordem alfabética")[0] == ("Alice",)


def test_a_month_a_row_in_order_of_time(sales: Asked) -> None:
    months = [("2023-12", 25), ("2024-01", 150.5), ("2024-02", 275.25), ("2024-03", 300)]
    assert sales.rows("Qual o valor total por mês?") == months
    assert sales.rows("Evolução mensal do valor") == months


def test_years_and_quarters(sales: Asked) -> None:
    assert sales.rows("Valor total por ano") == [("2023", 25), ("2024", 725.75)]
    assert sales.rows("Total value by quarter") == [("2023-Q4", 25), ("2024-Q1", 725.75)]


def test_shares_by_group_add_up_to_all(sales: Asked) -> None:
    shares = sales.rows("Qual o percentual do valor por região?")
    assert sum(float(str(row[-1])) for row in shares) == pytest.approx(100)


def test_two_values_compared_stand_side_by_side(sales: Asked) -> None:
    assert sales.rows("Compare o valor médio de Norte e Sul") == [
        ("Norte", 200.25),
        ("Sul", pytest.approx(91.6667, abs=1e-3)),
    ]


@pytest.mark.parametrize(
    ("file", "rows"),
    [("one_sale", [("West", 7)]), ("few_sales", [("East", 9), ("West", 7), ("South", 3)])],
)
def test_groups_of_one_row_each_stay_groups(sources: Callable[..., Asked], file: str, rows: Rows) -> None:
    assert sources(file).rows("total amount by region") == rows


def test_a_column_that_holds_nothing_but_one_is_a_number(sources: Callable[..., Asked]) -> None:
    assert sources("one_sale").rows("number of units for each region") == [("West", 1)]
    assert "WHERE" not in sources("one_sale").understood("total units by product").sql
