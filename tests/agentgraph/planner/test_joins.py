"""Several tables: which way leads from one to another, and whose name is meant."""

from collections.abc import Callable

import pytest

from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Which authors have written papers in the domain 'Physics'?", {"Ana Prado", "Bo Lind"}),
        ("Quais autores escreveram artigos do domínio Biology?", {"Ana Prado", "Cy Moore"}),
        ("Which authors are in the domain Law?", {"Ana Prado"}),
        ("Which authors have papers in both the domain 'Physics' and the domain 'Biology'?", {"Ana Prado"}),
    ],
)
def test_a_table_is_joined_to_the_one_named_before_it(library: Asked, question: str, names: set[str]) -> None:
    rows = library.rows(question)

    assert {row[0] for row in rows} == names
    assert {len(row) for row in rows} == {1}


@pytest.mark.parametrize(
    "question",
    [
        "What are the names and number of papers for each domain?",
        "Quais os nomes e o número de artigos de cada domínio?",
    ],
)
def test_names_are_those_of_what_is_counted_for(library: Asked, question: str) -> None:
    assert library.rows(question) == [("Physics", 2), ("Biology", 1)]


def test_a_figure_and_its_winner_are_asked_for_together(library: Asked) -> None:
    asked = "Which author had the most papers in 2021 and how many papers did they have that year?"

    assert library.rows(asked) == [("Ana Prado", 2)]


def test_a_figure_of_one_row_is_what_the_row_holds(library: Asked) -> None:
    asked = "What are the top 2 titles of the papers with the highest number of references?"

    assert library.rows(asked) == [("Stars",), ("Tides",)]


def test_numbers_in_the_plural_are_stored_and_not_counted(library: Asked) -> None:
    assert library.rows("Liste os títulos e números de telefone dos artigos de 2020") == [("Tides", "555001")]


@pytest.mark.parametrize(
    "question",
    [
        "What are the names of the authors who have written papers in the domain Physics?",
        "Quais são os nomes dos autores que escreveram artigos do domínio Physics?",
    ],
)
def test_who_is_reached_by_several_ways_is_listed_once(sources: Callable[..., Asked], question: str) -> None:
    library = sources("authors", "papers", "writes", "domains", "paper_topics")

    assert sorted(library.rows(question)) == [("Ana Prado",), ("Bo Lind",)]


@pytest.mark.parametrize(
    ("question", "count"),
    [
        ("How many authors have written papers in the domain Physics?", 2),
        ("Quantos autores escreveram artigos em 2021?", 3),
        ("How many authors are there?", 3),
    ],
)
def test_who_is_reached_by_several_ways_is_counted_once(library: Asked, question: str, count: int) -> None:
    assert library.rows(question) == [(count,)]
