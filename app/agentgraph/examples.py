"""Verified questions with their SQL, as examples for a model: those that resemble the question most."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.agentgraph.formats import fold

MOST = 3
MIN_WORD_CHARS = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A question and SQL that is known to answer it here."""

    question: str
    sql: str


def choose(question: str, examples: Sequence[Example]) -> tuple[Example, ...]:
    """Up to three examples by the share of words that they have in common with `question`."""
    words = _words(question)
    rated = [(_likeness(words, _words(example.question)), -place) for place, example in enumerate(examples)]
    best = sorted((rate for rate in rated if rate[0] > 0), reverse=True)[:MOST]
    return tuple(examples[-place] for _, place in best)


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", fold(text)) if len(word) >= MIN_WORD_CHARS}
