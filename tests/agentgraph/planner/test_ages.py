"""Ages: whose they are, and what dates of birth say of them."""

import pytest

from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    "question",
    ["What is the name of the pupil who has a cat that is age 3?", "Qual é o nome do aluno que tem um gato de 3 anos?"],
)
def test_an_age_is_that_of_what_was_named_before(pets: Asked, question: str) -> None:
    assert pets.rows(question) == [("Lia",)]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Show the pet ids in ascending order of birthdate", [(4,), (2,), (3,), (1,)]),
        ("What is the ratio of cats out of all pets?", [(0.5,)]),
    ],
)
def test_pets_by_birth(births: Asked, question: str, answer: Rows) -> None:
    assert births.rows(question) == answer


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Which person is the youngest?", "Noa"),
        ("Which person is the oldest?", "Max"),
        ("Qual pessoa é a mais velha?", "Max"),
    ],
)
def test_the_oldest_is_the_one_born_first(people: Asked, question: str, name: str) -> None:
    assert people.rows(question) == [(name,)]


def test_an_order_by_age_runs_against_the_dates_of_birth(people: Asked) -> None:
    assert people.rows("List the names of people in ascending order of age") == [("Noa",), ("Ivo",), ("Max",)]


@pytest.mark.parametrize(
    "question",
    [
        "What is the city of each employee, and how old are they?",
        "Qual é a cidade de cada funcionário, e também quantos anos eles têm?",
    ],
)
def test_an_age_asked_for_beside_the_rest_is_shown(company: Asked, question: str) -> None:
    assert ("Berlin", 52) in company.rows(question)
