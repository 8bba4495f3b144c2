"""The older turns of a conversation in a few sentences: by a model within its rules, or by rules alone."""

import asyncio

import pytest

from app.agentgraph.agents.summary import condensed, summarise
from app.agentgraph.context import ModelAccess
from app.agentgraph.llm import ModelCaller, resolve_model
from app.agentgraph.memory import CHARS_PER_TOKEN, PartKind, PartReason, Summary, Turn, recollect
from app.core.errors import ModelFailed
from app.core.i18n import Language
from tests.agentgraph.engine import Ledger
from tests.fakes import FakeProviders, Reply, Script

MODEL = "GPT-4o-mini"


def turn(number: int, question: str, answer: str = "Há 3 linhas.") -> Turn:
    return Turn(number, question, Language.PT, answer, "SELECT 1")


TURNS = (turn(1, "quantas vendas no Sul?", "Foram 17 vendas."), turn(3, "e no Norte?", "Foram 21 vendas."))
LONG = [
    turn(2 * n + 1, f"vendas maiores que {n}", f"Foram {n} vendas, com muitas linhas de detalhe.") for n in range(60)
]


@pytest.fixture
async def models(access: ModelAccess) -> ModelCaller:
    """A caller of the fake providers."""
    return ModelCaller(access, Ledger(), deadline=asyncio.get_running_loop().time() + 60)


@pytest.mark.anyio
async def test_model_is_told_the_summary_so_far_and_the_new_turns_alone(
    models: ModelCaller, providers: FakeProviders
) -> None:
    providers.script = Script.of(Reply(text="Vendas por região: Sul 17, Norte 21; antes, estoque de 5 lojas."))
    before = Summary(9, "Falou-se do estoque de 5 lojas.")
    text = await summarise(before, TURNS, models=models, spec=resolve_model(MODEL), most_tokens=200)
    assert text == "Vendas por região: Sul 17, Norte 21; antes, estoque de 5 lojas."
    prompt = str(providers.requests[-1]["messages"])
    assert "<summary>\\nFalou-se do estoque de 5 lojas.\\n</summary>" in prompt
    assert "[3] e no Norte? → Foram 21 vendas." in prompt
    assert "120 words" in prompt
    assert [(call.node, call.tokens_in > 0) for call in models.calls] == [("summarise", True)]


@pytest.mark.anyio
async def test_summary_with_a_figure_that_nobody_said_is_none(models: ModelCaller, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(text="O Sul vendeu 99."))
    with pytest.raises(ModelFailed, match="99"):
        await summarise(None, TURNS, models=models, spec=resolve_model(MODEL), most_tokens=200)


@pytest.mark.anyio
async def test_summary_that_is_too_long_is_cut_at_a_sentence(models: ModelCaller, providers: FakeProviders) -> None:
    providers.script = Script.of(Reply(text="Falou-se de vendas. " * 100))
    text = await summarise(None, TURNS, models=models, spec=resolve_model(MODEL), most_tokens=50)
    assert len(text) <= 50 * CHARS_PER_TOKEN
    assert text.endswith("vendas.…")


def test_rules_tell_each_subject_once_with_its_last_answer() -> None:
    told = condensed([*LONG, *TURNS], most_tokens=200)
    assert told.count("vendas maiores que") == 1
    assert "[119] vendas maiores que 59 → Foram 59 vendas, com muitas linhas de detalhe. (60 ×)" in told
    assert told.index("Norte") > told.index("Sul")


@pytest.mark.parametrize("most_tokens", [50, 100, 400])
def test_rules_keep_the_newest_subjects_within_the_tokens(most_tokens: int) -> None:
    words = "um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze".split()
    told = condensed([turn(2 * n + 1, f"total de {word}") for n, word in enumerate(words)], most_tokens=most_tokens)
    assert len(told) <= most_tokens * CHARS_PER_TOKEN
    assert "total de quinze" in told


def test_summary_stands_for_what_it_covers_and_what_is_like_the_question_is_told_beside_it() -> None:
    turns = [turn(1, "quem foi demitido em março?", "Foram 17 pessoas."), *LONG[1:]]
    summary = Summary(81, "Falou-se de demissões e de vendas.")
    memory = recollect("as demissões de março", turns, budget_tokens=900, full_turns=4, near=[1], summary=summary)
    first, *others = memory.parts
    assert (first.kind, first.reason, first.number) == (PartKind.SUMMARY, PartReason.SUMMARY, 81)
    assert memory.text.startswith("[1-81] Summary: Falou-se de demissões e de vendas.\n[1] quem foi demitido")
    reasons = {part.number: part.reason for part in others}
    assert (reasons[1], reasons[79], reasons[83]) == (PartReason.MEANS_ALIKE, PartReason.IN_SUMMARY, PartReason.EARLIER)
    assert memory.tokens <= 900


def test_summary_that_does_not_fit_leaves_its_turns_to_be_told() -> None:
    summary = Summary(81, "palavra " * 500)
    memory = recollect("x", LONG, budget_tokens=600, full_turns=2, summary=summary)
    assert memory.parts[0].reason is PartReason.OVER_BUDGET
    assert PartReason.IN_SUMMARY not in {part.reason for part in memory.parts}
    assert memory.tokens <= 600
