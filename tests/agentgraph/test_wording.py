"""Sentences from rows, and numbers that an answer made up."""

from datetime import date
from decimal import Decimal

import pytest

from app.agentgraph.wording import describe, numbers_not_in
from app.connectors.base import ResultSet
from app.core.i18n import Language
from tests.agentgraph.charts.results import make_result

STATES = make_result("nome,c", [("Minas Gerais", 853), ("São Paulo", 645), ("Rio Grande do Sul", 497)])
DEATHS = make_result("year,deaths", [(2010, 686863), (2011, 726815)])
SHARE = make_result("district,share", [("82-Ovide-Clermont", 0.772829)])


@pytest.mark.parametrize(
    ("result", "reading", "language", "sentence"),
    [
        (make_result("count(*)", [(5571,)]), None, Language.PT, "Quantidade: 5.571."),
        (make_result("valor", [(-1.25e30,)]), None, Language.PT, "Valor: -1,25E30."),
        (make_result("count(*)", [(5571,)]), "contagem de municípios", Language.PT, "Contagem de municípios: 5.571."),
        (make_result("count(*)", [(5571,)]), "count of rows.", Language.EN, "Count of rows: 5,571."),
        (make_result("avg(tip)", [(2.998279,)]), None, Language.EN, "Average of tip: 2.998."),
        (make_result("avg(tip)", [(0.0123456,)]), None, Language.PT, "Média de tip: 0,01235."),
        (make_result("max(data)", [("2014-08-11",)]), None, Language.PT, "Maior data: 11/08/2014."),
        (make_result("count", [(23,)]), None, Language.PT, "Quantidade: 23."),
        (make_result("avg_temp_max", [(23,)]), None, Language.PT, "Média de temp max: 23."),
        (make_result("country", [("Brasil",)]), None, Language.EN, "Country: Brasil."),
        (make_result("max", [(5,)]), None, Language.EN, "Max: 5."),
        (make_result("ano", [(2024,)]), None, Language.PT, "Ano: 2024."),
        (make_result("total", [(2024,)]), None, Language.PT, "Total: 2.024."),
        (make_result("sum(x)", [(None,)]), None, Language.PT, "Soma de x: não há valor."),
        (make_result("a,b", []), None, Language.EN, "No rows match the question."),
        (make_result("a,b", []), "vendas em 2030", Language.PT, "Vendas em 2030: nenhuma linha corresponde."),
        (
            make_result("date,temp_max", [("2014-08-11", 35.6)]),
            None,
            Language.EN,
            "Result — date: 2014-08-11; temp max: 35.6.",
        ),
        (STATES, None, Language.PT, "3 linhas: Minas Gerais (853), São Paulo (645) e Rio Grande do Sul (497)."),
        (
            DEATHS,
            "sum of deaths by year",
            Language.EN,
            "Sum of deaths by year (2 rows): 2010 (686,863) and 2011 (726,815).",
        ),
    ],
)
def test_rows_become_a_sentence(result: ResultSet, reading: str | None, language: Language, sentence: str) -> None:
    assert describe(result, reading=reading, language=language) == sentence


def test_many_rows_are_counted_and_the_first_named() -> None:
    result = make_result("n", [(i,) for i in range(1, 28)])
    assert describe(result, reading=None, language=Language.PT) == "27 linhas: 1, 2, 3, 4, 5 e mais 22."


def test_cut_result_says_that_there_is_more() -> None:
    result = make_result("n", [(i,) for i in range(1000)], truncated=True)
    assert describe(result, reading=None, language=Language.PT).endswith("foi cortado em 1.000 linhas; há mais.")


def test_long_cells_are_shortened() -> None:
    assert len(describe(make_result("texto", [("palavra " * 500,)]), reading=None, language=Language.PT)) < 120


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        ("Minas Gerais tem 853 municípios e São Paulo 645.", STATES),
        ("São 3 estados.", STATES),
        ("1. Minas Gerais (853)\n2. São Paulo (645)\n3. RS (497)", STATES),
        ("Em 2010 foram 686.863 óbitos, 726.815 em 2011.", DEATHS),
        ("In 2010 there were 686,863 deaths.", DEATHS),
        ("Foram 0,69 milhão em 2010 e 726,8 mil em 2011.", DEATHS),
        ("About 0.7 million in both years.", DEATHS),
        ("cerca de 690.000 em 2010", DEATHS),
        ("A parcela é de 77,3%.", SHARE),
        ("The share is 77% in district 82.", SHARE),
        ("The share is 0.77.", SHARE),
        ("Em 11/08/2014 fez 35,6 graus.", make_result("d,t", [(date(2014, 8, 11), 35.6)])),
        ("On 2014-08-11 it was 36.", make_result("d,t", [("2014-08-11", 35.6)])),
        ("Caiu 3,5.", make_result("v", [(-3.5,)])),
        ("R$ 1.234,56", make_result("v", [(Decimal("1234.56"),)])),
        ("Os 5 maiores entre 2010 e 2019.", make_result("v", [("x",)])),
        ("Sem números.", STATES),
    ],
)
def test_numbers_of_the_rows_pass(answer: str, result: ResultSet) -> None:
    assert numbers_not_in(answer, result=result, question="Quais os 5 maiores de 2010 a 2019?") == ()


@pytest.mark.parametrize(
    ("answer", "result", "flagged"),
    [
        ("Minas Gerais tem 854 municípios.", STATES, ("854",)),
        ("São 853 e 645, ao todo 1.498.", STATES, ("1.498",)),
        ("Cresceu 12,5% desde 2010.", DEATHS, ("12,5%",)),
        ("It was 686,864 in 2010.", DEATHS, ("686,864",)),
        ("The share is 78%.", SHARE, ("78%",)),
        ("8,53 e 85", STATES, ("8,53", "85")),
        ("900 e 900", STATES, ("900",)),
    ],
)
def test_made_up_numbers_are_flagged(answer: str, result: ResultSet, flagged: tuple[str, ...]) -> None:
    assert numbers_not_in(answer, result=result, question="Quais são?") == flagged
