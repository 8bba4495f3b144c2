"""Questions that the planner reads after others: what they say replaces what was said of the same."""

import pytest

from app.agentgraph.language import detect_language
from app.agentgraph.outcome import Step
from app.agentgraph.planner import Declined
from app.agentgraph.planner.ellipsis import leaves_out
from tests.agentgraph.planner.asking import Asked, Rows

BY_REGION = "soma de valor por região"


def said(*questions: str) -> list[Step]:
    return [Step(question, detect_language(question)) for question in questions]


@pytest.mark.parametrize(
    ("questions", "rows"),
    [
        ((BY_REGION, "e por mês?"), [("2023-12", 25), ("2024-01", 150.5), ("2024-02", 275.25), ("2024-03", 300)]),
        ((BY_REGION, "e por mês?", "só o Sul"), [("2023-12", 25), ("2024-01", 50), ("2024-02", 200)]),
        ((BY_REGION, "e por produto também?", "apenas Cadeira"), [("Sul", "Cadeira", 75)]),
        ((BY_REGION, "sem o Sul"), [("Norte", 400.5), ("Leste", 75.25)]),
        ((BY_REGION, "em 2023"), [("Sul", 25)]),
        ((BY_REGION, "top 2"), [("Norte", 400.5), ("Sul", 275)]),
        ((BY_REGION, "os 2 menores"), [("Leste", 75.25), ("Sul", 275)]),
        ((BY_REGION, "e do menor para o maior?"), [("Leste", 75.25), ("Sul", 275), ("Norte", 400.5)]),
        ((BY_REGION, "e a quantidade?"), [("Norte", 7), ("Sul", 6), ("Leste", 3)]),
        ((BY_REGION, "e a média?", "só Norte"), [("Norte", 200.25)]),
        (("soma de valor em 2024", "e no ano anterior?"), [(25,)]),
        (("soma de valor em 2023", "e no ano seguinte?"), [(725.75,)]),
        (("soma de valor em março de 2024", "and the month before?"), [(275.25,)]),
        (("qual a soma de valor no Sul?", "e no Norte?"), [(400.5,)]),
        (("quantas vendas por canal?", "e por produto?"), [("Mesa", 3), ("Cadeira", 2), ("Armário", 1)]),
    ],
)
def test_follow_up_changes_what_it_says_and_keeps_the_rest(
    sales: Asked, questions: tuple[str, ...], rows: Rows
) -> None:
    planned = sales.continued(said(*questions))
    assert sales.run(planned) == rows
    assert 0.6 <= planned.confidence < 1


BY_VALUE = (("Norte", 400.5), ("Sul", 275), ("Leste", 75.25))
SHARES = [(name, pytest.approx(value / 7.5075)) for name, value in BY_VALUE]


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        ("e no total?", [(750.75,)]),
        ("ao todo", [(750.75,)]),
        ("and overall?", [(750.75,)]),
        ("without grouping", [(750.75,)]),
        ("só o primeiro", [("Norte", 400.5)]),
        ("apenas o maior", [("Norte", 400.5)]),
        ("e o menor?", [("Leste", 75.25)]),
        ("just the top one", [("Norte", 400.5)]),
        ("os dois maiores", [("Norte", 400.5), ("Sul", 275)]),
        ("the two smallest", [("Leste", 75.25), ("Sul", 275)]),
        ("acima de 100", [("Norte", 400.5), ("Sul", 275)]),
        ("only those below 300", [("Sul", 275), ("Leste", 75.25)]),
        ("menos o Sul", [("Norte", 400.5), ("Leste", 75.25)]),
        ("todas menos o Norte", [("Sul", 275), ("Leste", 75.25)]),
        ("que não seja Sul", [("Norte", 400.5), ("Leste", 75.25)]),
        ("everything but Norte", [("Sul", 275), ("Leste", 75.25)]),
        ("not the Sul", [("Norte", 400.5), ("Leste", 75.25)]),
        ("o mesmo para 2023", [("Sul", 25)]),
        ("same for 2023", [("Sul", 25)]),
        ("em vez da soma, a média", [("Norte", 200.25), ("Sul", 275 / 3), ("Leste", 75.25)]),
        ("quantidade em vez de valor", [("Norte", 7), ("Sul", 6), ("Leste", 3)]),
        ("use the average", [("Norte", 200.25), ("Sul", 275 / 3), ("Leste", 75.25)]),
        ("quebre por produto", [("Mesa", 600.5), ("Armário", 75.25), ("Cadeira", 75)]),
        ("break it down by produto", [("Mesa", 600.5), ("Armário", 75.25), ("Cadeira", 75)]),
        ("em ordem alfabética", [("Leste", 75.25), ("Norte", 400.5), ("Sul", 275)]),
        ("ordene por região", [("Leste", 75.25), ("Norte", 400.5), ("Sul", 275)]),
        ("sorted from smallest to largest", [("Leste", 75.25), ("Sul", 275), ("Norte", 400.5)]),
        ("em porcentagem", SHARES),
        ("as a percentage", SHARES),
    ],
)
def test_follow_up_wants_the_answer_before_otherwise(sales: Asked, last: str, rows: Rows) -> None:
    assert leaves_out(last, detect_language(last))
    assert sales.run(sales.continued(said(BY_REGION, last))) == rows


@pytest.mark.parametrize(
    ("questions", "rows"),
    [
        ((BY_REGION, "só o Sul", "e nas outras regiões?"), [("Norte", 400.5), ("Leste", 75.25)]),
        ((BY_REGION, "only Sul", "and the others?"), [("Norte", 400.5), ("Leste", 75.25)]),
        ((BY_REGION, "e por mês?", "os 2 primeiros"), [("2023-12", 25), ("2024-01", 150.5)]),
        ((BY_REGION, "e por mês?", "the last 2"), [("2024-03", 300), ("2024-02", 275.25)]),
        (("qual a soma de valor?", "e o maior?"), [(300,)]),
        (("qual a soma de valor no Sul?", "e no total?"), [(750.75,)]),
    ],
)
def test_follow_up_reads_what_was_changed_before(sales: Asked, questions: tuple[str, ...], rows: Rows) -> None:
    assert sales.run(sales.continued(said(*questions))) == rows


@pytest.mark.parametrize(
    "questions",
    [
        (BY_REGION, "e a média?", "em porcentagem"),
        (BY_REGION, "em porcentagem", "e no total?"),
        (BY_REGION, "e nas outras regiões?"),
        (BY_REGION, "ordene por produto"),
        ("qual a soma de valor?", "acima de 100"),
        ("qual a soma de valor?", "os dois maiores"),
        ("qual a soma de valor?", "e no total?"),
    ],
)
def test_what_makes_no_sense_of_the_answer_before_is_declined(sales: Asked, questions: tuple[str, ...]) -> None:
    assert isinstance(sales.not_continued(said(*questions)), Declined)


def test_listing_goes_on_with_other_conditions(sales: Asked) -> None:
    planned = sales.continued(said("liste as vendas da Ana", "e do Bruno?", "só as do Sul"))
    assert sales.run(planned) == [("2024-01-20", "Sul", "Cadeira", "Bruno", 50, 4, "Site")]


@pytest.mark.parametrize(
    "last", ["e a lua?", "e no ano anterior?", "top 3 luas", "só os esquisitos", "só a quantidade"]
)
def test_follow_up_that_says_nothing_known_is_declined(sales: Asked, last: str) -> None:
    declined = sales.not_continued(said(BY_REGION, last))
    assert declined.unplaced or last == "só a quantidade"


@pytest.mark.parametrize(
    "question",
    [
        "e por mês?",
        "só o Sul",
        "and the year before?",
        "only the south",
        "what about 2023?",
        "por produto",
        "E em 2024?",
    ],
)
def test_question_that_leaves_something_out(question: str) -> None:
    assert leaves_out(question, detect_language(question))


@pytest.mark.parametrize(
    "question",
    [
        BY_REGION,
        "quantas vendas existem?",
        "E quantos produtos existem?",
        "And how many products are there?",
        "in which region were sales highest?",
        "mostre as vendas do Sul",
        "sort the products by amount",
        "rank students by grade",
        "use of water by region",
        "how many people chose tea instead of coffee?",
        "mostre o total de vendas por produto",
        "",
    ],
)
def test_question_that_stands_alone(question: str) -> None:
    assert not leaves_out(question, detect_language(question))
