"""Questions within questions: the most of another table, rows without others, comparisons across a name."""

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "figure"),
    [
        ("How many employees are in the department with the highest budget?", 2),
        ("Quantos funcionários há no departamento com o maior orçamento?", 2),
        ("What is the average salary in the department with the lowest budget?", None),
    ],
)
def test_figures_of_what_belongs_to_the_most(company: Asked, question: str, figure: float | None) -> None:
    assert company.rows(question) == [(figure,)]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which departments do not employ any employees?", {"Legal"}),
        ("Quais departamentos não contratam nenhum funcionário?", {"Legal"}),
        ("Which departments have no employees?", {"Legal"}),
    ],
)
def test_rows_without_related_rows(company: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in company.rows(question)} == names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which employees have a greater salary than 6500?", {"Bob", "Dave"}),
        ("Which employees have a lower age than the average?", {"Alice", "Carol"}),
        ("Quais funcionários têm maior salário que a média?", {"Bob", "Dave", "Erin"}),
    ],
)
def test_comparisons_reach_across_a_name(company: Asked, question: str, names: set[str]) -> None:
    assert {row[0] for row in company.rows(question)} == names


@pytest.mark.parametrize(
    "question",
    [
        "Did Alice earn more than Bob?",
        "Is the salary of Alice above the average?",
        "Which employees have a greater salary than the average salary of all employees hired after 2015?",
    ],
)
def test_what_rows_would_not_answer_is_declined(company: Asked, question: str) -> None:
    company.declined(question)
