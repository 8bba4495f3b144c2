"""A question as a list of tokens: words, numbers, quoted texts and signs, each folded for comparison."""

import re
from dataclasses import dataclass
from enum import StrEnum

from app.agentgraph.planner.words import fold
from app.core.i18n import Language


class TokenKind(StrEnum):
    """What a token is before anything is known about the data."""

    WORD = "word"
    NUMBER = "number"
    QUOTED = "quoted"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `number` is set for numbers in digits or words."""

    kind: TokenKind
    text: str
    folded: str
    number: float | int | None = None


_TOKEN = re.compile(
    r"""(?P<iso>\d{4}-\d{2}-\d{2})
    |(?P<slashed>\d{1,2}/\d{1,2}/\d{4})
    |(?P<score>\d{1,3}[-–]\d{1,3}|\d{4}[-–/]\d{2})(?![-–/\w])
    |["“”«](?P<double>[^"“”«»]+)["“”»]
    |``\s*(?P<tex>.+?)\s*''
    |(?:(?<=\s)|^)['‘’](?P<single>[^'‘’]+(?:['’]\w[^'‘’]*)?)['‘’](?=\W|$)
    |(?P<number>\d+(?:[.,]\d+)*)(?P<percent>\s?%)?(?![\w])
    |(?P<word>\w+)
    |['’]s\b
    |(?P<sign>>=|<=|<>|!=|[<>=,;:?!()%&])""",
    re.VERBOSE,
)
_SCALES = {
    "mil": 1_000,
    "thousand": 1_000,
    "k": 1_000,
    "milhao": 1_000_000,
    "milhoes": 1_000_000,
    "million": 1_000_000,
    "millions": 1_000_000,
    "bilhao": 1_000_000_000,
    "bilhoes": 1_000_000_000,
    "billion": 1_000_000_000,
}
_NUMBER_WORDS = {
    **dict(zip("zero one two three four five six seven eight nine ten eleven twelve".split(), range(13), strict=True)),
    **dict(zip("zero um dois tres quatro cinco seis sete oito nove dez onze doze".split(), range(13), strict=True)),
    "uma": 1,
    "duas": 2,
    "quinze": 15,
    "vinte": 20,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "trinta": 30,
    "cem": 100,
    "hundred": 100,
}
ARTICLES = frozenset({"um", "uma", "one"})
"""Number words that mostly are articles or pronouns; a comparison makes them numbers."""


def tokenise(question: str, language: Language) -> tuple[Token, ...]:
    """The tokens of `question`; numbers are read by the conventions of `language`."""
    found = [_token(match, language) for match in _TOKEN.finditer(question) if match.lastgroup]
    return tuple(_scaled(found))


def _token(match: re.Match[str], language: Language) -> Token:
    group, text = match.lastgroup or "", match.group()
    if match["number"]:
        return Token(TokenKind.NUMBER, text, fold(text), read_number(match["number"], language))
    if group in {"double", "tex", "single"}:
        inner = match[group].strip()
        return Token(TokenKind.QUOTED, inner, fold(inner))
    if group in {"iso", "slashed", "score"}:
        return Token(TokenKind.QUOTED, text, fold(text))
    if group == "sign":
        return Token(TokenKind.SIGN, text, text)
    folded = fold(text)
    return Token(TokenKind.WORD, text, folded, _NUMBER_WORDS.get(folded))


def _scaled(tokens: list[Token]) -> list[Token]:
    """Joins a number with the scale after it: `10 mil`, `2 million`."""
    joined: list[Token] = []
    for token in tokens:
        scale = _SCALES.get(token.folded)
        before = joined[-1] if joined else None
        if token.folded == "capita" and before is not None and before.folded == "per":
            joined[-1] = Token(TokenKind.WORD, f"{before.text} {token.text}", "percapita")
        elif scale and before is not None and before.number is not None:
            joined[-1] = Token(TokenKind.NUMBER, f"{before.text} {token.text}", before.folded, before.number * scale)
        else:
            joined.append(token)
    return joined


def read_number(text: str, language: Language) -> float | int:
    """The number that digits with marks stand for: `1.234,5` in Portuguese, `1,234.5` in English.

    A lone mark that cannot separate thousands is a decimal mark in both.
    """
    thousands, decimal = (".", ",") if language is Language.PT else (",", ".")
    if re.fullmatch(rf"\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+(?:{re.escape(decimal)}\d+)?", text):
        text = text.replace(thousands, "")
    plain = text.replace(",", ".")
    whole, _, rest = plain.rpartition(".")
    plain = f"{whole.replace('.', '')}.{rest}" if whole else plain
    return float(plain) if "." in plain else int(plain)
