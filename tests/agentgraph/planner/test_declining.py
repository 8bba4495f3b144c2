"""What the planner does not answer, what it says of it, and how it states what it does answer."""

import pytest

from app.agentgraph.planner import Declined
from app.agentgraph.planner.confidence import THRESHOLD
from app.agentgraph.planner.plan import DeclineKind, Shape
from app.connectors.catalog import Catalog
from app.core.i18n import Language
from tests.agentgraph.planner.asking import Asked


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Apague todas as vendas", DeclineKind.FORBIDDEN),
        ("Delete the sales of 2023", DeclineKind.FORBIDDEN),
        ("Por que as vendas caíram?", DeclineKind.REASONING),
        ("Why did sales fall?", DeclineKind.REASONING),
        ("Qual a previsão de vendas?", DeclineKind.PREDICTION),
        ("How much will the value be next month?", DeclineKind.PREDICTION),
        ("Qual o lucro por concorrente?", DeclineKind.NOT_UNDERSTOOD),
        ("What is the shoe size of each astronaut?", DeclineKind.NOT_UNDERSTOOD),
        ("", DeclineKind.NO_DATA),
    ],
)
def test_declines_with_its_reason(sales: Asked, question: str, kind: DeclineKind) -> None:
    declined = sales.declined(question)
    assert declined.kind is kind
    assert declined.reason.to(Language.PT)
    assert declined.reason.to(Language.EN)


def test_says_which_words_it_could_not_place(sales: Asked) -> None:
    declined = sales.declined("Qual o valor total por astronauta?")
    assert "astronauta" in declined.unplaced
    assert "astronauta" in declined.reason.to(Language.PT)
    assert declined.confidence < THRESHOLD


def test_a_source_without_tables_has_no_answer(sales: Asked) -> None:
    from app.agentgraph.planner import plan

    declined = plan("How many rows?", Catalog("sqlite", ()), sales.values)
    assert isinstance(declined, Declined)
    assert declined.kind is DeclineKind.NO_DATA


def test_the_reading_is_in_the_language_of_the_question(sales: Asked) -> None:
    assert sales.understood("Qual o valor total por região em 2024?").reading == (
        "soma de Valor por Região, em que Data entre 2024-01-01 e 2024-12-31, do maior para o menor"
    )
    assert sales.understood("What is the total value by region?").reading == (
        "sum of Valor by Região, from highest to lowest"
    )


def test_every_plan_is_at_least_as_sure_as_the_threshold(sales: Asked) -> None:
    planned = sales.understood("Qual o valor total?")
    assert THRESHOLD <= planned.confidence <= 1


def test_says_what_to_expect_of_the_rows(sales: Asked) -> None:
    assert sales.understood("Qual o valor total?").expects.shape is Shape.SCALAR
    assert sales.understood("Valor total por mês").expects.shape is Shape.SERIES
    by_region = sales.understood("Valor total por região")
    assert by_region.expects.dimensions == ("Região",)
    assert by_region.columns == ("vendas.Região", "vendas.Valor")


def test_a_value_is_not_sought_in_another_column_than_the_one_it_is_said_to_be_in(games: Asked) -> None:
    games.declined("In which year was Rome a competition?")
