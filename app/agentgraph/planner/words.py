"""Words without their accidents: letter case, accents, plural and gender, so that forms of one word meet."""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer

_ENGLISH = snowballstemmer.stemmer("english")
_ENGLISH_LOCK = threading.Lock()
"""The stemmer keeps the word it works on in itself, and questions are read in many threads."""
VERB_ENDINGS = tuple("ed ing ado ada ados adas ido ida idos idas aram eram iram ando endo".split())
"""Endings of folded words that are mostly participles and other forms of verbs."""
_PLURALS = (
    ("oes", "ao"),
    ("aes", "ao"),
    ("ais", "al"),
    ("eis", "el"),
    ("ois", "ol"),
    ("ns", "m"),
    ("res", "r"),
    ("zes", "z"),
)
_INITIAL = re.compile(r"(?<![A-Za-z])[A-Z][A-Z][a-z]+$")
"""`LName`: an initial that belongs to its word."""
_PARTS = re.compile(r"[A-ZÀ-Ý]+(?![a-zà-ÿ])|[A-ZÀ-Ý]?[a-zà-ÿ]+|\d+")


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """`text` in lower case, without accents and without outer spaces."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).strip()


@lru_cache(maxsize=65_536)
def stems(word: str) -> frozenset[str]:
    """The stems of a folded word, read as English and as Portuguese; words that share one are forms of each other."""
    if len(word) < 3 or not word.isalpha():
        return frozenset({word})
    with _ENGLISH_LOCK:
        english = str(_ENGLISH.stemWord(word))
    return frozenset({english, portuguese_stem(word)})


@lru_cache(maxsize=65_536)
def portuguese_stem(word: str) -> str:
    """A folded word without plural and gender endings.

    Lighter than Snowball's, which needs the accents that column names have lost.
    """
    for ending, singular in _PLURALS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            word = word.removesuffix(ending) + singular
            break
    else:
        if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
            word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "aoe" else word


@lru_cache(maxsize=65_536)
def cognate(word: str) -> str | None:
    """A folded word in the form that Portuguese and English words of one origin share; None for short words.

    `operacao` and `operation`, `densidade` and `density`, `orquestra` and `orchestra` have one form each.
    """
    word = singular(word)
    if len(word) < _COGNATE_LENGTH or not word.isalpha():
        return None
    ending = next(((pt, en) for pt, en in _COGNATE_ENDINGS if word.endswith(pt)), None)
    if ending is not None:
        word = word.removesuffix(ending[0]) + ending[1]
    for ours, theirs in _COGNATE_LETTERS:
        word = word.replace(ours, theirs)
    word = _DOUBLED.sub(r"\1", word)
    return word[:-1] if word[-1] in "aoe" else word


_COGNATE_LENGTH = 6
_COGNATE_ENDINGS = (
    ("cao", "tion"), ("coe", "tion"), ("sao", "sion"), ("soe", "sion"), ("dade", "ti"), ("ty", "ti"), ("ia", "i"),
    ("y", "i"), ("ario", "ari"), ("orio", "ori"), ("mento", "ment"), ("oso", "ous"), ("osa", "ous"),
)  # fmt: skip
_COGNATE_LETTERS = (
    ("ph", "f"),
    ("th", "t"),
    ("ch", "c"),
    ("qu", "c"),
    ("ct", "t"),
    ("pt", "t"),
    ("y", "i"),
    ("k", "c"),
)
_DOUBLED = re.compile(r"(.)\1")


def singular(word: str) -> str:
    """A folded word without the `s` of plurals in either language."""
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


@lru_cache(maxsize=65_536)
def name_words(name: str) -> tuple[str, ...]:
    """The folded words of an identifier or header: `lifeExp`, `DS_TIPO_BEM` and `Area (km2)` come apart."""
    parts = [fold(part) for part in _PARTS.findall(unicodedata.normalize("NFC", _INITIAL.sub(_join_initial, name)))]
    return tuple(parts)


def _join_initial(match: re.Match[str]) -> str:
    return match.group().capitalize()
