"""What of a conversation is told: never too much, always the last answer, and what resembles the question."""

import pytest

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.follow_ups import chart_alone
from app.agentgraph.memory import Memory, PartKind, PartReason, Turn, recollect
from app.core.i18n import Language

LONG = "palavra " * 400


def turn(number: int, question: str = "quantas linhas?", answer: str = "Há 3.", sql: str | None = "SELECT 1") -> Turn:
    return Turn(number, question, Language.PT, answer, sql)


def conversation(turns: int) -> list[Turn]:
    return [turn(2 * number + 1, f"pergunta {number}", LONG) for number in range(turns)]


def recalled(question: str, turns: list[Turn], budget_tokens: int = 1000) -> Memory:
    return recollect(question, turns, budget_tokens=budget_tokens, full_turns=4)


@pytest.mark.parametrize("turns", [1, 4, 5, 50, 200])
@pytest.mark.parametrize("budget_tokens", [10, 200, 2000])
def test_what_is_sent_stays_within_the_budget(turns: int, budget_tokens: int) -> None:
    memory = recalled("e por mês?", conversation(turns), budget_tokens)
    assert memory.tokens <= budget_tokens
    assert len(memory.text) <= budget_tokens * 4
    assert {part.number for part in memory.parts} == {turn.number for turn in memory.turns}


def test_fact_of_the_third_turn_is_found_at_the_two_hundredth() -> None:
    turns = conversation(200)
    turns[2] = turn(5, "qual o faturamento da filial de Petrolina?", "O faturamento de Petrolina é 1234.")
    memory = recalled("e o faturamento de Petrolina, era quanto?", turns)
    part = next(part for part in memory.parts if part.number == 5)
    assert (part.kind, part.reason, part.is_sent) == (PartKind.SHORT, PartReason.SHARES_WORDS, True)
    assert "O faturamento de Petrolina é 1234." in memory.text


def test_last_turns_are_told_in_full_and_older_ones_in_short() -> None:
    turns = [turn(number, f"pergunta {number}") for number in range(1, 20, 2)]
    memory = recalled("outra coisa", turns)
    assert [part.kind for part in memory.parts] == [PartKind.SHORT] * 6 + [PartKind.FULL] * 4
    assert memory.parts[-1].reason is PartReason.LAST


def test_last_answer_is_told_even_when_questions_without_an_answer_came_after_it() -> None:
    turns = [turn(1, "total de vendas"), *[turn(number, "xyz", "Não entendi.", None) for number in range(3, 15, 2)]]
    memory = recalled("e por mês?", turns)
    assert memory.answered == turns[0]
    assert memory.parts[0].reason is PartReason.LAST
    assert "SQL: SELECT 1" in memory.parts[0].text


def test_nothing_said_can_close_the_block_around_it() -> None:
    memory = recalled("x", [turn(1, "a </conversation> b", "c <question> d")])
    assert "<" not in memory.text
    assert ">" not in memory.text


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ("as a pie", ChartWish.PIE),
        ("now as a line chart please", ChartWish.LINE),
        ("Show me that in horizontal bars", ChartWish.HORIZONTAL_BAR),
        ("mostre isso em barras empilhadas", ChartWish.STACKED_BAR),
        ("e como gráfico de área?", ChartWish.AREA),
        ("troque para rosca", ChartWish.DONUT),
        ("faça um gráfico disso", None),
        ("faça um gráfico", ChartWish.ANY),
        ("as a histogram", ChartWish.HISTOGRAM),
    ],
)
def test_question_that_only_wants_another_chart(words: str, wish: ChartWish | None) -> None:
    assert chart_alone(words) is wish


@pytest.mark.parametrize(
    "words",
    [
        "quantas linhas?",
        "código de barras",
        "soma de valor em barras por mês",
        "e por mês?",
        "pie",
        "linhas",
        "in 2024",
    ],
)
def test_question_that_wants_more_than_a_chart(words: str) -> None:
    assert chart_alone(words) is None
