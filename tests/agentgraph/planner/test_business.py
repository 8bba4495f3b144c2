"""Questions as people ask them of published tables, in both languages."""

import pytest

from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many votes did Moss get in total?", [(175,)]),
        ("In how many districts did Moss win?", [(2,)]),
        ("Who won in district East?", [("Reed",)]),
    ],
)
def test_a_name_is_a_column_of_figures_or_a_stored_value(polls: Asked, question: str, answer: Rows) -> None:
    assert polls.rows(question) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many cities are in Aurora?", [(3,)]),
        ("Quais são as capitais da região Nordeste?", [("Aurora",)]),
        ("Qual é a capital de Aurora?", [("Porto Claro",)]),
        ("Qual a sigla do estado Boa Vista?", [("BV",)]),
        ("Quantas cidades há por região?", [("Nordeste", 3), ("Sul", 3)]),
        ("How many cities are in the Northeast?", [(3,)]),
    ],
)
def test_places_are_told_apart_from_what_holds_them(atlas: Asked, question: str, answer: Rows) -> None:
    assert set(atlas.rows(question)) == set(answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Óbitos por mês em 2019", [(1, 30), (2, 70)]),
        ("Deaths by state in 2019", [("RJ", 60), ("SP", 40)]),
        ("Que percentual dos óbitos de 2019 ocorreu em SP?", [(40,)]),
        ("Quais estados tiveram mais de 50 óbitos em 2019?", [("RJ",)]),
        ("Compare os óbitos de SP e RJ em 2019", [("RJ", 60), ("SP", 40)]),
    ],
)
def test_figures_are_taken_over_the_rows_of_a_group(deaths: Asked, question: str, answer: Rows) -> None:
    assert deaths.rows(question) == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Quais são as 2 vendas mais caras?", {300, 200}),
        ("Quais são as 2 vendas mais baratas?", {25, 50}),
    ],
)
def test_superlatives_agree_in_number_and_gender(sales: Asked, question: str, answer: set[float]) -> None:
    assert {value for row in sales.rows(question) for value in row if isinstance(value, float)} == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which venue has the most competitions?", [("Rome", 2)]),
        ("What is the difference in average points between Rome and Oslo venue?", [(0,)]),
    ],
)
def test_columns_of_one_list_are_set_against_each_other(games: Asked, question: str, answer: Rows) -> None:
    assert games.rows(question) == answer


def test_a_column_of_yes_and_no_can_be_grouped_by(atlas: Asked) -> None:
    assert set(atlas.rows("Quantas cidades por capital?")) == {(0, 4), (1, 2)}


def test_groups_that_pass_a_test_are_counted(company: Asked) -> None:
    assert company.rows("How many departments have more than 1 employee?") == [(2,)]
