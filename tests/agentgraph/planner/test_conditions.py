"""Conditions: stored values, numbers, periods, texts, absence."""

import pytest

from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which employees are older than 40?", {"Bob", "Dave"}),
        ("Which employees earn more than 6000?", {"Bob", "Dave", "Erin"}),
        ("List employees with age between 30 and 45", {"Alice", "Bob", "Erin"}),
        ("List employees with salary at least 6500", {"Bob", "Dave", "Erin"}),
        ("Quais funcionários têm salário maior que 6000?", {"Bob", "Dave", "Erin"}),
        ("Quais funcionários têm idade entre 28 e 30?", {"Alice", "Carol"}),
        ("Quais são os funcionários cuja idade é superior a 40?", {"Bob", "Dave"}),
        ("Quais são os funcionários cujo salário é 4000?", {"Carol"}),
        ("Which employees live in London or Berlin?", {"Alice", "Carol", "Dave"}),
        ("Which employees do not live in Paris?", {"Alice", "Carol", "Dave"}),
        ("Quais funcionários não moram em Paris?", {"Alice", "Carol", "Dave"}),
        ("Which employees were hired after 2017?", {"Alice", "Carol", "Erin"}),
        ("Which employees were hired before 2015?", {"Dave"}),
        ("Which employees were hired through 2014?", {"Dave"}),
        ("Which employees go through Paris?", {"Bob", "Erin"}),
        ("Quais funcionários foram contratados em 2019?", {"Alice"}),
        ("Which employees have a salary above the average salary?", {"Bob", "Dave", "Erin"}),
        ("Which employees have a name starting with 'C'?", {"Carol"}),
        ("Which employees have a name containing 'ar'?", {"Carol"}),
        ("Which employees have a name ending with 'e'?", {"Alice", "Dave"}),
        ("Which employees have a city with 'on' in its name?", {"Alice", "Carol"}),
        ("Quais funcionários têm uma cidade com 'on' no nome?", {"Alice", "Carol"}),
    ],
)  # fmt: skip
def test_conditions_keep_the_right_rows(company: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in company.rows(question)} == names


def test_a_negation_ends_at_what_it_denies(meals: Asked) -> None:
    assert meals.rows("How many non-smokers dined on Sunday?") == [(1,)]


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("Qual o valor total em janeiro de 2024?", 150.5),
        ("Qual o valor total em fevereiro?", 275.25),
        ("Qual o valor total em 2023?", 25),
        ("Qual o valor total no primeiro trimestre de 2024?", 725.75),
        ("Qual o valor total no mês passado?", 300),
        ("Qual o valor total nos últimos 2 meses?", 300),
        ("What was the total value last quarter?", 725.75),
        ("What was the total value in the last 3 months?", 625.25),
        ("What was the total value last year?", 25),
        ("Qual o valor total depois de 31/01/2024?", 575.25),
        ("Qual o valor total entre 2023 e 2024?", 750.75),
    ],
)
def test_periods_are_counted_from_the_day_of_asking(sales: Asked, question: str, figure: float) -> None:
    assert sales.rows(question) == [(figure,)]


def test_missing_values_are_found(sales: Asked) -> None:
    assert sales.rows("Quantas vendas sem canal?") == [(1,)]


def test_conditions_join_by_and(sales: Asked) -> None:
    assert sales.rows("Qual o valor total de Mesa no Norte vendido por Bruno?") == [(300,)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("How many employees work in Research?", [(2,)]),
        ("What is the average salary in the Support department?", [(4500,)]),
        ("What is the average salary by department?", [("Research", 8000), ("Sales", 6500), ("Support", 4500)]),
        ("Qual o salário médio por departamento?", [("Research", 8000), ("Sales", 6500), ("Support", 4500)]),
        ("Which departments have no employees?", [("Legal",)]),
        ("Which departments have at least 2 employees?", [("Research",), ("Support",)]),
        ("Which department has the most employees and how many?", None),
    ],
)
def test_tables_join_along_their_keys(company: Asked, question: str, rows: Rows | None) -> None:
    found = company.rows(question)
    assert rows is None or sorted(found, key=str) == sorted(rows, key=str)
