"""Telling the older turns of a conversation in a few sentences: by a model, or by rules where there is none."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from langchain_core.messages import HumanMessage

from app.agentgraph.formats import fold
from app.agentgraph.llm import ModelCaller, ModelSpec
from app.agentgraph.memory import CHARS_PER_TOKEN, Summary, Turn, told_in_short
from app.agentgraph.prompts import language_name, load_prompt
from app.agentgraph.wording import numbers_not_in
from app.connectors.base import ResultSet
from app.core.errors import ModelFailed

NODE = "summarise"
PROMPT = load_prompt("summary", "language", "words", "summary", "turns")
WORDS_PER_TOKEN = 0.6
"""Low, for Portuguese: a model that keeps to so many words keeps to the tokens."""
_NO_ROWS = ResultSet(columns=(), rows=(), truncated=False, elapsed_s=0.0)
_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(slots=True)
class _Subject:
    """Questions that differ in their figures alone."""

    times: int
    last: Turn


async def summarise(
    before: Summary | None, turns: Sequence[Turn], *, models: ModelCaller, spec: ModelSpec, most_tokens: int
) -> str:
    """The model's summary of what `before` and `turns` say, of `most_tokens` at the most.

    A figure that nobody has said is no summary: ModelFailed. Raises that, ModelNotConfigured, BudgetExhausted.
    """
    told = "\n".join(told_in_short(turn) for turn in turns)
    earlier = "" if before is None else before.text
    words = PROMPT.fill(
        language=language_name(turns[-1].language),
        words=str(int(most_tokens * WORDS_PER_TOKEN)),
        summary=earlier,
        turns=told,
    )
    reply = await models.ask(spec, [HumanMessage(words)], node=NODE, turn=1)
    invented = numbers_not_in(reply.text, result=_NO_ROWS, question=f"{earlier}\n{told}")
    if invented:
        raise ModelFailed(
            model=spec.name, reason=f"its summary has figures that nobody said: {', '.join(invented[:5])}"
        )
    return _within(reply.text, most_tokens)


def condensed(turns: Sequence[Turn], *, most_tokens: int) -> str:
    """What `turns` were about, without a model: each subject once, with how often it came and its last answer.

    Where there is no room for all of them the newest are told.
    """
    subjects: dict[str, _Subject] = {}
    for turn in turns:
        subject = subjects.setdefault(_DIGITS.sub("#", fold(turn.question)), _Subject(0, turn))
        subject.times, subject.last = subject.times + 1, turn
    lines: list[str] = []
    left = int(most_tokens * CHARS_PER_TOKEN)
    for subject in sorted(subjects.values(), key=lambda one: -one.last.number):
        line = told_in_short(subject.last) + (f" ({subject.times} ×)" if subject.times > 1 else "")
        if len(line) + 2 <= left:
            lines.append(line)
            left -= len(line) + 2
    return "; ".join(reversed(lines))


def _within(text: str, most_tokens: int) -> str:
    """`text`, cut at a sentence where it is longer."""
    most = int(most_tokens * CHARS_PER_TOKEN)
    flat = " ".join(text.split())
    if len(flat) <= most:
        return flat
    cut = flat[: most - 1]
    return (cut[: cut.rfind(". ") + 1] or cut) + "…"
