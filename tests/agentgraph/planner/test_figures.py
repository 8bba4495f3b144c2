"""Figures: what is counted, added up, averaged, and of which rows."""

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("Quantas vendas existem?", 6),
        ("Qual o valor total?", 750.75),
        ("Qual a soma do valor?", 750.75),
        ("Qual a média do valor?", 125.125),
        ("Qual a mediana do valor?", 87.875),
        ("Qual o menor valor?", 25),
        ("Qual o maior valor?", 300),
        ("Quantos produtos diferentes existem?", 3),
        ("Qual a quantidade total no Sul?", 6),
        ("How many different regions are there?", 3),
        ("What is the average value in Norte?", 200.25),
        ("What is the total value in the south?", 275),
    ],
)
def test_sales_figures(sales: Asked, question: str, figure: float) -> None:
    assert sales.rows(question) == [(figure,)]


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many employees are there?", 5),
        ("What is the average salary?", 6300),
        ("What is the median age?", 39),
        ("What is the minimum salary?", 4000),
        ("What is the maximum age?", 52),
        ("How many different cities are there?", 3),
        ("How many employees live in London?", 2),
        ("What is the total salary of employees in Paris?", 13500),
        ("Quantos funcionários existem?", 5),
        ("Qual o salário médio?", 6300),
        ("Qual a idade máxima?", 52),
        ("Qual é o número médio de idade?", 38.8),
    ],
)
def test_company_figures(company: Asked, question: str, figure: float) -> None:
    assert company.rows(question) == [(figure,)]


def test_a_bill_is_no_order_to_count(bills: Asked) -> None:
    assert bills.rows("Qual é a conta média no jantar?") == [(20,)]


def test_several_figures_of_one_column_stand_side_by_side(company: Asked) -> None:
    assert company.rows("What are the average, minimum and maximum salary?") == [(6300, 4000, 9000)]


def test_a_share_of_rows_is_in_percent(sales: Asked) -> None:
    assert sales.rows("Qual o percentual de vendas do Sul?") == [(50,)]


def test_a_share_of_a_total_is_in_percent(sales: Asked) -> None:
    [(share,)] = sales.rows("Qual o percentual do valor que vem do Norte?")
    assert share == pytest.approx(53.3466, abs=1e-3)


def test_a_difference_between_two_values(sales: Asked) -> None:
    assert sales.rows("Qual a diferença de valor entre Norte e Sul?") == [(125.5,)]


def test_growth_between_two_years_is_relative(sales: Asked) -> None:
    [(growth,)] = sales.rows("Qual o crescimento percentual do valor entre 2023 e 2024?")
    assert growth == pytest.approx(2803)
