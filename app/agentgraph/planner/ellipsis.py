"""Questions that leave out what the one before has said: how they begin, and what they say without naming it."""

import re
from dataclasses import dataclass
from typing import Final

from app.agentgraph.planner.changes import change_of
from app.agentgraph.planner.lexicon import Role, find_phrases
from app.agentgraph.planner.tokens import TokenKind, tokenise
from app.agentgraph.planner.words import fold
from app.core.i18n import Language

MAX_WORDS: Final = 12
"""Longer questions say all of what they mean."""
_LEAD: Final = re.compile(
    r"\s*(?:(?:e|and|mas|but|agora|now|ent[ãa]o|then|ok|okay|certo|please|por favor)[\s,:]+)*"
    r"(?:(?:what about|how about|what if(?: it is)?|e se(?: for(?:em)?)?|que tal|(?:e )?quanto a[os]?|"
    r"only|just|s[óo]|somente|apenas|also|tamb[ée]m|instead|(?:the )?same(?: thing)?(?: but)?|"
    r"(?:[oa] )?mesm[oa](?: coisa)?)\b[\s,:]*)*",
    re.IGNORECASE,
)
_ADDS: Final = frozenset({"also", "tambem", "too"})
_RESTRICTS: Final = frozenset({"only", "just", "so", "somente", "apenas"})
_TAIL: Final = re.compile(
    r"[\s,]*(?:instead|too|as well|tamb[ée]m|por favor|please|agora|now|then|only|apenas)?[\s?!.…]*$", re.I
)
_OPENING: Final = frozenset(
    "por by per em in no na nos nas for para de do da dos das of from since desde after depois before antes entre "
    "between sem without excluding exceto except com with top "
    "crescente decrescente ascending descending".split()
)
"""Words with which a question begins that only says more of another one."""
_INSTEAD: Final = r"(?:em vez d[eoa]s?|ao inv[ée]s d[eoa]s?|instead of)"
_BREAK: Final = r"(?:quebre|detalhe|agrupe|separe|divida|abra|mostre|(?:separad|agrupad|detalhad)[oa]s?) (?:isso )?"
_SORT: Final = r"(?:ordene|ordenar|ordenad[oa]s?|classifique|sort|sorted|order|ordered|rank|ranked) (?:it |them )?"
_SORT_BY: Final = re.compile(rf"{_SORT}(?:by|por) ", re.IGNORECASE)
_DIRECTION: Final = r"(?:from|in|do|da|de|em|asc|desc|cresc|decresc|alpha|alfab)"
_REWORDED: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (rf"{_INSTEAD} [^,]+, (.+)", r"\1"),
        (rf"(.+?) {_INSTEAD} .+", r"\1"),
        (r"(?:troque|troca|mude|substitua) (?:[oa]s? )?\S+ (?:por|para) (.+)", r"\1"),
        (r"(?:swap|replace|change) (?:the )?\S+ (?:for|by|with|to) (.+)", r"\1"),
        (r"(?:use|usa|make it|make that|mude para|troque para) (?!of |de |per |por |by |in )((?:\S+ ){0,2}\S+)", r"\1"),
        (rf"{_BREAK}por (.+)", r"por \1"),
        (r"(?:break|broken|split|group|grouped|slice|show) (?:it |that |them |this )?(?:down |up )?by (.+)", r"by \1"),
        (rf"{_SORT}({_DIRECTION}.*)", r"\1"),
        (r"(?:tod[oa]s? (?:[oa]s? )?(?:\w+ )?)?(?:menos|fora|tirando|que n[ãa]o sej(?:a|am)) (.+)", r"exceto \1"),
        (r"(?:everything|everyone|everybody|all|anything) (?:but|except) (.+)", r"except \1"),
        (r"(?:not|other than|but not) (.+)", r"except \1"),
    )
)
"""Ways of saying the same that the grammar reads in one form; tried in turn, and the first that fits is taken."""
_AMOUNT: Final = re.compile(r"menos (?:de|que|do que) |menos \d", re.IGNORECASE)


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


def fragment_of(question: str) -> Fragment:
    """`question` without its ties."""
    lead = _LEAD.match(question)
    end = lead.end() if lead else 0
    text = _TAIL.sub("", question[end:])
    tie = [fold(word) for word in re.findall(r"\w+", question[:end] + " " + question[end + len(text) :])]
    is_led = bool(lead and lead.group().strip())
    plain = _reworded(text)
    is_led = is_led or plain != text
    return Fragment(plain, is_led=is_led, adds=bool(_ADDS & set(tie)), restricts=bool(_RESTRICTS & set(tie)))


def leaves_out(question: str, language: Language) -> bool:
    """Whether `question` only makes sense after another one."""
    fragment = fragment_of(question)
    tokens = tokenise(fragment.text, language)
    words = [token.folded for token in tokens if token.kind is not TokenKind.SIGN]
    if not words or len(words) > MAX_WORDS:
        return False
    if change_of(fragment.text):
        return True
    if _asks_for_itself(words, language):
        return False
    return fragment.is_led or words[0] in _OPENING or bool(_SORT_BY.match(fragment.text))


def _reworded(text: str) -> str:
    if _AMOUNT.match(text):
        return text
    for pattern, words in _REWORDED:
        if pattern.fullmatch(text):
            return pattern.sub(words, text)
    return text


def _asks_for_itself(words: list[str], language: Language) -> bool:
    """A word that asks, and something that is asked for beside what limits it."""
    roles = {phrase.sense.role for phrase in find_phrases(words, language)}
    asks = bool(roles & {Role.WHICH, Role.COUNT, Role.ABOUT, Role.WHEN}) or words[0] in _ASKING
    return asks or (bool(roles & {Role.AGGREGATE, Role.TOTAL}) and bool(roles & {Role.BY, Role.EACH}))


_ASKING: Final = frozenset(
    "show list give tell find mostre liste exiba diga encontre quero me what which who how".split()
)
