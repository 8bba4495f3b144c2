"""Finds stored values that resemble the words of a question, in the value index that stands beside a source."""

import re
import sqlite3
import threading
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.connectors.catalog import ValueMatch

SCHEMA = """
CREATE TABLE columns(id INTEGER PRIMARY KEY, table_name TEXT NOT NULL, column_name TEXT NOT NULL);
CREATE TABLE entries(id INTEGER PRIMARY KEY, column_id INTEGER NOT NULL, value TEXT NOT NULL, folded TEXT NOT NULL);
CREATE TABLE words(id INTEGER PRIMARY KEY, word TEXT NOT NULL, reversed TEXT NOT NULL, uses INTEGER NOT NULL,
    entries BLOB NOT NULL);
"""
"""Tables of an index file. `words.entries` are ids of entries (ENTRY_CODE), those with the fewest words first."""
ENTRY_CODE = "I"
"""`array` type code of the ids in `words.entries`."""
INDEXES = """
CREATE INDEX entries_folded ON entries(folded, column_id, value);
CREATE INDEX words_word ON words(word, uses);
CREATE INDEX words_reversed ON words(reversed, word);
"""

MAX_POSTINGS = 200
"""Values kept for one word; those with the fewest words come first."""
MAX_CANDIDATES = 100
"""Words compared with a misspelt one, from each end."""
MIN_FUZZY_LENGTH = 4
"""Shorter words are too close to too many others to be corrected."""
MIN_SIMILARITY = 0.6
"""Least share of common letter pairs (Dice) at which two words count as alike."""

_ASCII = {code: chr(code).lower() if chr(code).isalnum() else " " for code in range(128)}
_SEPARATORS = re.compile(r"[\W_]+")
_ACCENTS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")


def fold(text: str) -> str:
    """`text` without accents, letter case and punctuation: what is compared.

    Words are parted by one space. A text without any letter or digit stays as it is, so that signs can be found.
    """
    if text.isascii():
        return " ".join(text.translate(_ASCII).split()) or text.strip().lower()
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return _SEPARATORS.sub(" ", plain).strip() or text.strip().casefold()


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of the index that stands for a word of the question, and how alike they are."""

    id: int
    word: str
    uses: int
    similarity: float


_Found = tuple[int, str, frozenset[str], int]
"""Column, value, its folded words and their letters in all."""


@dataclass(slots=True)
class _Search:
    """What one lookup has found so far; words repeat between phrases, so they are looked up once."""

    words: dict[str, tuple[_Word, ...]] = field(default_factory=dict)
    values: dict[int, list[_Found]] = field(default_factory=dict)


class SqliteValueIndex:
    """A value index file, opened read-only and immutable; may be shared between threads."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        self._lock = threading.Lock()
        self._columns: dict[int, tuple[str, str]] = {
            row[0]: (row[1], row[2]) for row in self._connection.execute("SELECT * FROM columns")
        }

    def lookup(self, phrases: Iterable[str], *, limit: int = 20) -> list[ValueMatch]:
        """The best matches over all `phrases`, best first, at most `limit` for each. Blocks: call off the loop."""
        search = _Search()
        with self._lock:
            found = [match for phrase in dict.fromkeys(phrases) for match in self._phrase(phrase, search, limit)]
        return sorted(found, key=lambda m: (-m.score, m.table, m.column, m.value, m.phrase))

    def close(self) -> None:
        """Releases the file."""
        with self._lock:
            self._connection.close()

    def _phrase(self, phrase: str, search: _Search, limit: int) -> list[ValueMatch]:
        folded = fold(phrase)
        if not folded:
            return []
        matches = self._exact(phrase, folded, limit)
        if len(matches) < limit:
            matches += self._partial(phrase, folded.split(), search)
        best: dict[tuple[str, str, str], ValueMatch] = {}
        for match in sorted(matches, key=lambda m: (-m.score, len(m.value), m.value)):
            best.setdefault((match.table, match.column, match.value), match)
        return list(best.values())[:limit]

    def _exact(self, phrase: str, folded: str, limit: int) -> list[ValueMatch]:
        rows = self._connection.execute(
            "SELECT column_id, value FROM entries WHERE folded = ? ORDER BY column_id, value LIMIT ?", (folded, limit)
        )
        return [self._match(column, value, 1.0, phrase) for column, value in rows]

    def _partial(self, phrase: str, words: Sequence[str], search: _Search) -> list[ValueMatch]:
        """Values that hold a word like each word of the phrase."""
        options = [self._words(word, search) for word in words]
        if not all(options):
            return []
        rarest = min(options, key=lambda choice: sum(w.uses for w in choice))
        size = sum(len(word) for word in words)
        matches = []
        for word in rarest:
            for column, value, present, length in self._values(word.id, search):
                similarity = _similarity(options, present)
                if similarity:
                    coverage = min(1.0, size / length)
                    matches.append(self._match(column, value, similarity * (0.45 + 0.5 * coverage), phrase))
        return matches

    def _values(self, word_id: int, search: _Search) -> list[_Found]:
        if word_id not in search.values:
            (packed,) = self._connection.execute("SELECT entries FROM words WHERE id = ?", (word_id,)).fetchone()
            ids = array(ENTRY_CODE, packed)
            rows = self._connection.execute(
                f"SELECT column_id, value, folded FROM entries WHERE id IN ({', '.join('?' * len(ids))})",  # noqa: S608
                ids,
            ).fetchall()
            search.values[word_id] = [
                (column, value, frozenset(words), sum(map(len, words)))
                for column, value, folded in rows
                if (words := folded.split())
            ]
        return search.values[word_id]

    def _words(self, word: str, search: _Search) -> tuple[_Word, ...]:
        if word not in search.words:
            row = self._connection.execute("SELECT id, word, uses FROM words WHERE word = ?", (word,)).fetchone()
            search.words[word] = (_Word(row[0], row[1], row[2], 1.0),) if row else self._alike(word)
        return search.words[word]

    def _alike(self, word: str) -> tuple[_Word, ...]:
        """Up to three words of the index that share an end with `word` and most of its letter pairs."""
        if len(word) < MIN_FUZZY_LENGTH or word.isdigit():
            return ()
        ends = (("word", word[:3]), ("reversed", word[:-4:-1]))
        candidates = {row for column, end in ends for row in self._sharing_end(column, end, len(word))}
        pairs = _pairs(word)
        scored = [_Word(i, w, uses, _dice(pairs, _pairs(w))) for i, w, uses in candidates]
        return tuple(sorted((w for w in scored if w.similarity >= MIN_SIMILARITY), key=lambda w: -w.similarity)[:3])

    def _sharing_end(self, column: str, end: str, length: int) -> list[tuple[int, str, int]]:
        return self._connection.execute(
            f"SELECT id, word, uses FROM words WHERE {column} >= ? AND {column} < ?"  # noqa: S608 (one of two names)
            " AND length(word) BETWEEN ? AND ? LIMIT ?",
            (end, end + "\U0010ffff", length - 2, length + 2, MAX_CANDIDATES),
        ).fetchall()

    def _match(self, column_id: int, value: str, score: float, phrase: str) -> ValueMatch:
        table, column = self._columns[column_id]
        return ValueMatch(table=table, column=column, value=value, score=round(score, 4), phrase=phrase)


def _similarity(options: Sequence[tuple[_Word, ...]], present: frozenset[str]) -> float:
    """Product over the phrase's words of the best likeness found in the value; 0 when one has none."""
    total = 1.0
    for choice in options:
        best = 0.0
        for word in choice:
            if word.similarity > best and word.word in present:
                best = word.similarity
        if not best:
            return 0.0
        total *= best
    return total


def _pairs(word: str) -> frozenset[str]:
    padded = f"^{word}$"
    return frozenset(padded[i : i + 2] for i in range(len(padded) - 1))


def _dice(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))
