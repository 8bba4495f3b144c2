"""What a question may know of the conversation before it: chosen within a budget, with the reason for each part."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

from app.agentgraph.formats import fold
from app.agentgraph.outcome import Step
from app.core.i18n import Language

CHARS_PER_TOKEN = 3.5
"""Low on purpose, for Portuguese and SQL."""
FULL_ANSWER_CHARS = 600
SHORT_QUESTION_CHARS = 200
SHORT_ANSWER_CHARS = 160
MIN_WORD_CHARS = 4
"""Shorter words say little of what a question is about."""


class PartKind(StrEnum):
    """How much of a turn is told; a SUMMARY tells of many."""

    FULL = "full"
    SHORT = "short"
    SUMMARY = "summary"


class PartReason(StrEnum):
    """Why a part is sent, or why it is left out."""

    LAST = "last"
    RECENT = "recent"
    SUMMARY = "summary"
    MEANS_ALIKE = "means_alike"
    SHARES_WORDS = "shares_words"
    EARLIER = "earlier"
    IN_SUMMARY = "in_summary"
    OVER_BUDGET = "over_budget"


LEFT_OUT = frozenset({PartReason.IN_SUMMARY, PartReason.OVER_BUDGET})
"""Reasons of parts that are not sent."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation and what came of it."""

    number: int
    """Number of its message."""
    question: str
    language: Language
    answer: str
    """The answer, or why there was none."""
    sql: str | None = None
    reading: str | None = None
    steps: tuple[Step, ...] = ()
    """What the planner read together for it; empty when it was not the planner's."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the turns from the first one on."""

    until: int
    """Number of the last message that it covers."""
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One turn as a prompt would tell it, or the summary of many."""

    number: int
    """Of its message; of a summary the last one that it covers."""
    kind: PartKind
    reason: PartReason
    text: str
    tokens: int
    """Estimated."""

    @property
    def is_sent(self) -> bool:
        """Whether a model is told it."""
        return self.reason not in LEFT_OUT


@dataclass(frozen=True, slots=True)
class Memory:
    """The conversation before a question."""

    turns: tuple[Turn, ...]
    """In their order."""
    parts: tuple[Part, ...] = ()
    """The summary first, then in the order of the turns."""

    @property
    def answered(self) -> Turn | None:
        """The last turn that has a statement: what a follow-up is read against."""
        return next((turn for turn in reversed(self.turns) if turn.sql is not None), None)

    @property
    def text(self) -> str:
        """What a model is told."""
        return "\n".join(part.text for part in self.parts if part.is_sent)

    @property
    def tokens(self) -> int:
        """Estimated size of that."""
        return sum(part.tokens for part in self.parts if part.is_sent)


NOTHING = Memory(())
"""The memory of a question outside of a conversation."""


def recollect(
    question: str,
    turns: Sequence[Turn],
    *,
    budget_tokens: int,
    full_turns: int,
    near: Sequence[int] = (),
    summary: Summary | None = None,
) -> Memory:
    """What of `turns` is told with `question`: the last in full, the summary, what is like it, then the newest others.

    Like it are the turns whose numbers are in `near`, the nearest first, and then those that share its words; of the
    others those that the summary covers are left to it. The last answered turn comes first whatever the budget, cut
    where it must be; no more than `budget_tokens` is sent.
    """
    last = next((turn for turn in reversed(turns) if turn.sql is not None), None)
    recent = [turn for turn in turns[-full_turns:] if turn is not last]
    older = [turn for turn in turns[:-full_turns] if turn is not last]
    words = _words(question)
    found = [turn for number in near for turn in older if turn.number == number]
    like = [turn for turn in older if turn not in found and words & _words(turn.question)]
    rest = [turn for turn in older if turn not in found and turn not in like]
    wanted = [(last, PartKind.FULL, PartReason.LAST)] if last is not None else []
    wanted += [(turn, PartKind.FULL, PartReason.RECENT) for turn in reversed(recent)]
    parts, left = _within(wanted, budget_tokens)
    covered = 0
    if summary is not None:
        part = _summary_part(summary, left)
        parts.append(part)
        if part.is_sent:
            covered, left = summary.until, left - part.tokens
    wanted = [(turn, PartKind.SHORT, PartReason.MEANS_ALIKE) for turn in found]
    wanted += [(turn, PartKind.SHORT, PartReason.SHARES_WORDS) for turn in _most_alike(like, words)]
    wanted += [(turn, PartKind.SHORT, PartReason.EARLIER) for turn in reversed(rest) if turn.number > covered]
    told, _ = _within(wanted, left)
    left_to_it = [_part(turn, PartKind.SHORT, PartReason.IN_SUMMARY) for turn in rest if turn.number <= covered]
    in_order = sorted((*parts, *told, *left_to_it), key=lambda part: (part.kind is not PartKind.SUMMARY, part.number))
    return Memory(tuple(turns), tuple(in_order))


def told_in_short(turn: Turn) -> str:
    """Question and answer of `turn` on one line, cut."""
    question, answer = _plain(turn.question), _plain(turn.answer)
    return f"[{turn.number}] {_cut(question, SHORT_QUESTION_CHARS)} → {_cut(answer, SHORT_ANSWER_CHARS)}"


def _within(wanted: Sequence[tuple[Turn, PartKind, PartReason]], left: int) -> tuple[list[Part], int]:
    """The parts that are `wanted`, as many in their order as there is room for, and the tokens that are left."""
    parts = []
    for turn, kind, reason in wanted:
        part = _part(turn, kind, reason, left)
        left -= part.tokens if part.is_sent else 0
        parts.append(part)
    return parts, left


def _summary_part(summary: Summary, left: int) -> Part:
    text = f"[1-{summary.until}] Summary: {_plain(summary.text)}"
    tokens = ceil(len(text) / CHARS_PER_TOKEN)
    reason = PartReason.SUMMARY if tokens <= left else PartReason.OVER_BUDGET
    return Part(summary.until, PartKind.SUMMARY, reason, text, tokens)


def _most_alike(turns: list[Turn], words: set[str]) -> list[Turn]:
    return sorted(turns, key=lambda turn: (-len(words & _words(turn.question)), -turn.number))


def _part(turn: Turn, kind: PartKind, reason: PartReason, left: int | None = None) -> Part:
    """The turn as a part, over the budget where more than `left` tokens (None: any) would be taken."""
    text = _full(turn) if kind is PartKind.FULL else told_in_short(turn)
    if reason is PartReason.LAST and left is not None:
        text = _cut(text, int(left * CHARS_PER_TOKEN))
    tokens = ceil(len(text) / CHARS_PER_TOKEN)
    is_over = left is not None and tokens > left
    return Part(turn.number, kind, PartReason.OVER_BUDGET if is_over else reason, text, tokens)


def _full(turn: Turn) -> str:
    lines = [f"[{turn.number}] Question: {_plain(turn.question)}"]
    lines += [f"SQL: {_plain(turn.sql)}"] if turn.sql else []
    return "\n".join([*lines, f"Answer: {_cut(_plain(turn.answer), FULL_ANSWER_CHARS)}"])


def _plain(text: str) -> str:
    """On one line, without the signs that delimit blocks."""
    return " ".join(text.split()).replace("<", "‹").replace(">", "›")


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else text[: max(0, chars - 1)] + "…"


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", fold(text)) if len(word) >= MIN_WORD_CHARS}
