"""Questions that leave out what the one before has said: how they begin, and what they say without naming it."""

import re
from dataclasses import dataclass
from typing import Final

from app.agentgraph.planner.frame import Grain
from app.agentgraph.planner.lexicon import Role, find_phrases
from app.agentgraph.planner.tokens import TokenKind, tokenise
from app.agentgraph.planner.words import fold
from app.core.i18n import Language

MAX_WORDS: Final = 12
"""Longer questions say all of what they mean."""
_LEAD: Final = re.compile(
    r"\s*(?:(?:e|and|mas|but|agora|now|ent[ãa]o|then|ok|okay|certo|please|por favor)[\s,:]+)*"
    r"(?:(?:what about|how about|what if(?: it is)?|e se(?: for(?:em)?)?|que tal|(?:e )?quanto a[os]?|"
    r"only|just|s[óo]|somente|apenas|also|tamb[ée]m|instead|the same(?: thing)?|"
    r"(?:o|a) mesm[oa](?: coisa)?)\b[\s,:]*)*",
    re.IGNORECASE,
)
_ADDS: Final = frozenset({"also", "tambem", "too"})
_RESTRICTS: Final = frozenset({"only", "just", "so", "somente", "apenas"})
_TAIL: Final = re.compile(
    r"[\s,]*(?:instead|too|as well|tamb[ée]m|por favor|please|agora|now|then|only|apenas)?[\s?!.…]*$", re.I
)
_OPENING: Final = frozenset(
    "por by per em in no na nos nas for para de do da dos das of from since desde after depois before antes entre "
    "between sem without excluding exceto except com with top".split()
)
"""Words with which a question begins that only says more of another one."""
_UNITS: Final = {
    "day": Grain.DAY, "dia": Grain.DAY, "month": Grain.MONTH, "mes": Grain.MONTH, "quarter": Grain.QUARTER,
    "trimestre": Grain.QUARTER, "year": Grain.YEAR, "ano": Grain.YEAR,
}  # fmt: skip
_UNIT: Final = "|".join(_UNITS)
_ARTICLES: Final = r"(?:in |for |of )?(?:the |n?[oa] |d[oa] |para [oa] )?"
_BEFORE: Final = re.compile(
    rf"{_ARTICLES}(?:({_UNIT}) (?:before|earlier|anterior|antes)(?: that| this)?|"
    rf"(?:previous|prior|preceding) ({_UNIT}))"
)
_AFTER: Final = re.compile(
    rf"{_ARTICLES}(?:({_UNIT}) (?:after|later|seguinte|posterior|depois)(?: that| this)?|(?:following) ({_UNIT}))"
)
_MOST: Final = re.compile(
    r"(?:the |os |as )?(?:(?:top|first|primeir[oa]s|maiores|largest|highest|biggest) (\d+)|"
    r"(\d+) (?:first|primeir[oa]s|maiores|largest|highest|biggest|melhores|best))"
)
_LEAST: Final = re.compile(
    r"(?:the |os |as )?(?:(?:bottom|last|menores|smallest|lowest) (\d+)|(\d+) (?:menores|smallest|lowest|piores|worst))"
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A question without the words that only tie it to the one before."""

    text: str
    is_led: bool
    """Whether there were such words."""
    adds: bool
    """Whether what it names comes to what was there, in place of replacing it."""
    restricts: bool
    """Whether it says that less is wanted of the same."""


@dataclass(frozen=True, slots=True)
class Shift:
    """`the year before`: as many units of time later (or, negative, earlier)."""

    unit: Grain
    by: int


@dataclass(frozen=True, slots=True)
class Cut:
    """`only the top 3`: how many rows, from which end."""

    rows: int
    is_descending: bool


def fragment_of(question: str) -> Fragment:
    """`question` without its ties."""
    lead = _LEAD.match(question)
    end = lead.end() if lead else 0
    text = _TAIL.sub("", question[end:])
    tie = [fold(word) for word in re.findall(r"\w+", question[:end] + " " + question[end + len(text) :])]
    is_led = bool(lead and lead.group().strip())
    return Fragment(text, is_led=is_led, adds=bool(_ADDS & set(tie)), restricts=bool(_RESTRICTS & set(tie)))


def leaves_out(question: str, language: Language) -> bool:
    """Whether `question` only makes sense after another one."""
    fragment = fragment_of(question)
    tokens = tokenise(fragment.text, language)
    words = [token.folded for token in tokens if token.kind is not TokenKind.SIGN]
    if not words or len(words) > MAX_WORDS:
        return False
    if shift_of(fragment.text) or cut_of(fragment.text):
        return True
    if _asks_for_itself(words, language):
        return False
    return fragment.is_led or words[0] in _OPENING


def shift_of(text: str) -> Shift | None:
    """What `text` says of time before or after the period of the question before, when it says nothing else."""
    folded = " ".join(fold(text).split())
    for pattern, by in ((_BEFORE, -1), (_AFTER, 1)):
        found = pattern.fullmatch(folded)
        if found:
            return Shift(_UNITS[found[1] or found[2]], by)
    return None


def cut_of(text: str) -> Cut | None:
    """How many rows `text` wants to keep, when it says nothing else."""
    folded = " ".join(fold(text).split())
    for pattern, is_descending in ((_MOST, True), (_LEAST, False)):
        found = pattern.fullmatch(folded)
        if found and 0 < int(found[1] or found[2]) <= 10_000:
            return Cut(int(found[1] or found[2]), is_descending)
    return None


def _asks_for_itself(words: list[str], language: Language) -> bool:
    """A word that asks, and something that is asked for beside what limits it."""
    roles = {phrase.sense.role for phrase in find_phrases(words, language)}
    asks = bool(roles & {Role.WHICH, Role.COUNT, Role.ABOUT, Role.WHEN}) or words[0] in _ASKING
    return asks or (bool(roles & {Role.AGGREGATE, Role.TOTAL}) and bool(roles & {Role.BY, Role.EACH}))


_ASKING: Final = frozenset(
    "show list give tell find mostre liste exiba diga encontre quero me what which who how".split()
)
