"""What people ask of single files: codes, amounts, bounds, things that are listed once."""

from collections.abc import Callable

import pytest

from app.agentgraph.planner.words import cognate
from tests.agentgraph.planner.asking import Asked, Rows


@pytest.mark.parametrize(
    ("file", "question", "rows"),
    [
        ("weather", "What was the coldest day and its minimum temperature?", [(-3.1, "2013-01-01")]),
        ("weather", "Which year had the lowest average temp_min?", [("2012", pytest.approx(9.7 / 3))]),
        ("weather", "How many days had no precipitation?", [(2,)]),
        ("weather", "How many days were hotter than 30 degrees?", [(1,)]),
        ("bem_candidato_AC", "Quantos candidatos declararam bens?", [(3,)]),
        ("bem_candidato_AC", "Qual candidato tem mais bens?", [(101,)]),
        ("bem_candidato_AC", "Quantos bens do tipo Terreno existem?", [(3,)]),
        ("bem_candidato_AC", "Qual o tipo de bem mais comum?", [("Terreno",)]),
        ("bem_candidato_AC", "Quanto foi declarado em terrenos?", [(360,)]),
        ("parties", "Qual o nome do partido com sigla AVE?", [("Aves",)]),
        ("parties", "Quantos partidos por cargo?", [("SENADOR", 3), ("GOVERNADOR", 1)]),
        ("nations", "List the countries of the North", [("Norway",), ("Italy",), ("Spain",)]),
        ("cars", "Top 2 cars by hp", [("Ajax", 300), ("Comet", 200)]),
        ("ticks", "What was the minimum price for each tick?", [("BB", 4), ("AA", 3)]),
        ("deaths", "How many deaths were there in RJ in January 2019?", [(20,)]),
        ("few_sales", "total amount and units by region", [("East", 9, 2), ("West", 7, 1), ("South", 3, 4)]),
        ("polls", "Who won in the most districts?", [("Moss",)]),
        ("polls", "What percentage of districts did Moss win?", [(pytest.approx(200 / 3),)]),
        ("towns", "Which town is furthest south?", [("Foz",)]),
    ],
)
def test_files_answer_what_is_asked(sources: Callable[..., Asked], file: str, question: str, rows: Rows) -> None:
    assert sources(file).rows(question) == rows


def test_rows_of_which_a_column_is_true_are_listed(sources: Callable[..., Asked]) -> None:
    both = sources("towns", "provinces")
    assert both.rows("Liste as capitais de Alta") == [("Riba",)]
    assert set(both.rows("Quais são as capitais de cada província?")) == {
        ("Alta", "Riba"), ("Baixa", "Vau"), ("Pará", "Ilha"),
    }  # fmt: skip


def test_things_are_not_counted_within_their_namesake(sources: Callable[..., Asked]) -> None:
    assert sources("towns", "provinces").rows("How many towns does Alta have?") == [(3,)]


def test_a_name_that_looks_like_a_small_word_is_a_name(sources: Callable[..., Asked]) -> None:
    assert sources("towns", "provinces").rows("Quantas towns há no Pará?") == [(1,)]


def test_how_much_is_not_how_many(sources: Callable[..., Asked]) -> None:
    assert sources("bem_candidato_AC").rows("Quantos bens existem?") == [(5,)]


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Qual o valor total dos veículos?", [(30,)]),
        ("Qual o valor total dos isolados?", [(310,)]),
    ],
)
def test_a_word_of_a_category_stands_for_it(sources: Callable[..., Asked], question: str, rows: Rows) -> None:
    assert sources("fleet").rows(question) == rows


@pytest.mark.parametrize(
    ("question", "rows"),
    [
        ("Qual a soma das transações?", [(12,)]),
        ("Qual a maior densidade?", [(30,)]),
    ],
)
def test_words_of_one_origin_meet_across_languages(sources: Callable[..., Asked], question: str, rows: Rows) -> None:
    assert sources("wards").rows(question) == rows


def test_words_of_one_origin_have_one_form() -> None:
    pairs = [("operacao", "operation"), ("densidade", "density"), ("orquestra", "orchestra"), ("versao", "version")]
    assert [cognate(left) == cognate(right) for left, right in pairs] == [True] * 4
    assert cognate("polícia") != cognate("police")
    assert cognate("uf") is None
