"""Which language a question is written in."""

import json

import pytest

from app.agentgraph.language import detect_language
from app.core.i18n import Language
from tests.data import data_path


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Quantos municípios existem na base?", Language.PT),
        ("How many days had snow?", Language.EN),
        ("Média de preço por corte", Language.PT),
        ("Average price by cut", Language.EN),
        ("total por mes", Language.PT),
        ("e por mês?", Language.PT),
        ("only the south", Language.EN),
        ("oi", Language.PT),
        ("What is the population of São Paulo?", Language.EN),
        ("Quais vendas foram do New York Times?", Language.PT),
        ("top 5 states", Language.EN),
        ("soma de total_bill por day", Language.PT),
        ("Show me deaths in Ceará by year", Language.EN),
    ],
)
def test_language_is_read_from_the_words(question: str, language: Language) -> None:
    assert detect_language(question) is language


@pytest.mark.parametrize("default", list(Language))
def test_default_counts_when_no_word_tells(default: Language) -> None:
    assert detect_language("AAPL 2010", default=default) is default


def test_language_of_real_questions_is_found() -> None:
    lines = data_path("e2e/questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line) for line in lines]
    wrong = [q["question"] for q in questions if not detect_language(q["question"]).value.startswith(q["lang"])]
    assert wrong == []
