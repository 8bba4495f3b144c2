"""Which columns and tables words may name: by their own forms, by synonyms in both languages, by abbreviation."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from app.agentgraph.planner.schema import Schema, SchemaColumn, SchemaTable, read_schema
from app.agentgraph.planner.synonyms import equivalents, groups_of
from app.agentgraph.planner.words import cognate, fold, name_words, stems
from app.connectors.catalog import Catalog

_EXACT, _STEM, _SYNONYM, _COGNATE, _ABBREVIATION, _PART = 1.0, 0.97, 0.86, 0.82, 0.8, 0.8
_GENERIC = frozenset(
    "name nome id code codigo value valor description number of de da do the in num total tipo type".split()
)
_GENERIC_WEIGHT = 0.35
_MARKER_WORDS = {
    "value": ("valor",), "quantity": ("quantidade",), "date": ("data",), "hour": ("hora",), "code": ("codigo",),
    "name": ("nome",), "number": ("numero",), "type": ("tipo",), "description": ("descricao",), "acronym": ("sigla",),
    "status": ("situacao",),
}  # fmt: skip
_WHOLE = -1
"""Stands for all words of a name at once: `gravadora` for record company, `temp_min` as it is written."""
_LONE_MARKER_WEIGHT = 0.6
"""A marker that no other column of the table carries: `valor` is enough for the only `VR_` column."""
_LEAST_SCORE = 0.6
"""Below it a link is noise: one word of a column of four."""


@dataclass(frozen=True, slots=True)
class _Entry:
    target: SchemaColumn | SchemaTable
    words: tuple[str, ...]
    weights: tuple[float, ...]
    total: float
    joined: str


@dataclass(frozen=True, slots=True)
class NameMatch:
    """A column or table that words may name; `score` in 0..1, 1 when they are its very name."""

    target: SchemaColumn | SchemaTable
    score: float


class NameIndex:
    """Finds the names of one schema by words. Holds a cache of words; safe to share between threads."""

    def __init__(self, schema: Schema) -> None:
        columns = [_column_entry(column, table) for table in schema.tables for column in table.columns]
        self._entries = [*columns, *map(_table_entry, schema.tables)]
        self._hits: dict[str, dict[int, dict[int, float]]] = {}

    def match(self, words: tuple[str, ...], floors: tuple[float, ...]) -> list[NameMatch]:
        """The names that all of these folded words speak of, best first.

        `floors` gives the least likeness that counts for each word: 1 takes a word only by its very form.
        """
        hits = [self._word(word) for word in words]
        shared = set(hits[0]).intersection(*hits[1:])
        found = [NameMatch(self._entries[e].target, self._score(e, [hit[e] for hit in hits], floors)) for e in shared]
        return sorted((m for m in found if m.score >= _LEAST_SCORE), key=lambda m: -m.score)

    def knows(self, word: str) -> bool:
        """Whether a folded word is part of any name."""
        return bool(self._word(word))

    def _word(self, word: str) -> dict[int, dict[int, float]]:
        """For each entry, its words that `word` may be, with the quality of the match."""
        if word not in self._hits:
            if len(self._hits) > 20_000:
                self._hits.clear()
            self._hits[word] = self._look_up(word)
        return self._hits[word]

    def _look_up(self, word: str) -> dict[int, dict[int, float]]:
        found: dict[int, dict[int, float]] = {}
        for number, entry in enumerate(self._entries):
            parts = {
                i: quality
                for i, part in enumerate(entry.words)
                if (quality := likeness(word, part, suffix=isinstance(entry.target, SchemaTable)))
            }
            if len(entry.words) > 1 and fold(entry.target.name) == word:
                parts[_WHOLE] = _EXACT
            elif len(entry.words) > 1 and groups_of(word) & groups_of(entry.joined):
                parts[_WHOLE] = _SYNONYM
            if parts:
                found[number] = parts
        return found

    def _score(self, number: int, hits: Iterable[dict[int, float]], floors: Iterable[float]) -> float:
        entry = self._entries[number]
        hits = list(hits)
        if len(hits) == 1 and _WHOLE in hits[0]:
            return hits[0][_WHOLE]
        taken: dict[int, float] = {}
        for hit, floor in zip(hits, floors, strict=True):
            best = max(
                (i for i in hit if i not in taken and i != _WHOLE),
                key=lambda i: (hit[i], entry.weights[i]),
                default=None,
            )
            if best is None or hit[best] < floor:
                return 0.0
            taken[best] = hit[best]
        coverage = min(1.0, sum(entry.weights[i] for i in taken) / entry.total)
        quality = sum(taken.values()) / len(taken)
        return quality * (0.5 + 0.5 * coverage)


@lru_cache(maxsize=128)
def name_index(catalog: Catalog) -> NameIndex:
    """The index of a catalog's names; kept for the catalogs used last."""
    return NameIndex(read_schema(catalog))


@lru_cache(maxsize=200_000)
def likeness(word: str, part: str, *, suffix: bool = False) -> float:
    """How well a folded word of a question fits a folded word of a name: 0 or one of the grades above."""
    if word == part:
        return _EXACT
    if len(word) < 2 or len(part) < 2:
        return 0.0
    if stems(word) & stems(part):
        return _STEM
    if groups_of(word) & groups_of(part):
        return _SYNONYM
    if (origin := cognate(word)) is not None and origin == cognate(part):
        return _COGNATE
    if _abbreviates(part, word) or _abbreviates(word, part):
        return _ABBREVIATION
    if suffix and any(_ends(part, other) for other in (word, *equivalents(word))):
        return _PART
    return 0.0


def _ends(part: str, word: str) -> bool:
    """`mtcars` ends in cars."""
    return len(part) >= len(word) + 2 and len(word) >= 3 and part.endswith((word, word + "s"))


def _abbreviates(short: str, long: str) -> bool:
    """`cyl` for cylinders, `precip` for precipitation: a beginning of three letters or more, three or more left out."""
    short = short[:-1] if len(short) > 3 and short.endswith("s") and not long.startswith(short) else short
    return len(short) >= 3 and short.isalpha() and long.startswith(short) and len(long) - len(short) >= 3


def _column_entry(column: SchemaColumn, table: SchemaTable) -> _Entry:
    words = list(column.words)
    marker = None if column.marker is None else column.marker.value
    if marker is not None and marker not in words:
        words += [marker, *_MARKER_WORDS.get(marker, ())]
    if column.profile.description:
        words += [w for w in name_words(column.profile.description)[:8] if w not in words and len(w) > 3]
    own = set(column.words)
    lone = sum(other.marker is column.marker for other in table.columns) == 1
    weights = [_weight(word, column.table_words, own=word in own) for word in words]
    if lone and marker is not None and marker not in own:
        weights = [_LONE_MARKER_WEIGHT if i >= len(column.words) else w for i, w in enumerate(weights)]
    if max(weights) < 1.0:
        weights = [min(1.0, w / max(weights)) for w in weights]
    own_total = sum(weights[: len(column.words)])
    return _Entry(
        column,
        tuple(words),
        tuple(weights),
        own_total + max(weights[len(column.words) :], default=0.0),
        "_".join(column.words),
    )


def _weight(word: str, table_words: frozenset[str], *, own: bool) -> float:
    if not own:
        return 0.15
    in_table = any(stems(word) & stems(other) for other in table_words)
    return _GENERIC_WEIGHT if word in _GENERIC or in_table else 1.0


def _table_entry(table: SchemaTable) -> _Entry:
    weights = tuple(0.2 if word.isdigit() or word in _GENERIC or len(word) <= 2 else 1.0 for word in table.words)
    if max(weights, default=0) < 1.0:
        weights = tuple(1.0 for _ in table.words)
    return _Entry(table, table.words, weights, sum(weights), "_".join(table.words))
