"""Which stored values words may stand for: frequent values in any form or language, all values by the value index."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.agentgraph.planner.items import ValueLink
from app.agentgraph.planner.schema import Schema, SchemaColumn, read_schema
from app.agentgraph.planner.synonyms import equivalents
from app.agentgraph.planner.words import fold, name_words, portuguese_stem, stems
from app.connectors.catalog import Catalog, DataType, ValueIndex, ValueMatch

_WORDS = re.compile(r"\w+")
_LONGEST = 6
"""Words of a value that is matched by its forms; longer texts are prose."""
_FORM, _TRANSLATED, _PARTIAL = 0.95, 0.85, 0.75
_LEADING = 0.86
"""Better than another word of the same meaning: the value says the very word first."""
_CATEGORIES = 60
"""Distinct values of a column that sorts rows into kinds; one of its words is mostly said for the kind."""
_LONGEST_CATEGORY = 12
_PART_LENGTH = 4
_MOST_PARTS = 3
_CODE_LENGTH = 2
"""Values this short are codes: only the same letters, in the same case, mean them."""


class FrequentValues:
    """The frequent values of a schema's text columns, by the stems of their words."""

    def __init__(self, schema: Schema) -> None:
        self._by_stems: dict[tuple[str, ...], list[ValueLink]] = {}
        self._by_text: dict[str, list[ValueLink]] = {}
        self._by_lead: dict[str, list[ValueLink]] = {}
        self._by_part: dict[str, list[ValueLink]] = {}
        for column in schema.columns:
            if column.profile.type is DataType.TEXT and not column.is_numeric_text:
                self._add(column)

    def _add(self, column: SchemaColumn) -> None:
        for count in column.profile.common:
            words = tuple(_WORDS.findall(fold(str(count.value))))
            if (column.profile.distinct or _CATEGORIES) < _CATEGORIES and 1 < len(words) <= _LONGEST_CATEGORY:
                self._add_parts(column, str(count.value), words)
            if not words or len(words) > _LONGEST:
                continue
            self._by_text.setdefault(" ".join(words), []).append(ValueLink(column, str(count.value), 1.0))
            if len(str(count.value)) > _CODE_LENGTH:
                link = ValueLink(column, str(count.value), _FORM)
                for key in _keys(words):
                    self._by_stems.setdefault(key, []).append(link)

    def _add_parts(self, column: SchemaColumn, value: str, words: Sequence[str]) -> None:
        for place, word in enumerate(words):
            if len(word) < _PART_LENGTH:
                continue
            known, score = (self._by_part, _PARTIAL) if place else (self._by_lead, _LEADING)
            known.setdefault(_shape(word), []).append(ValueLink(column, value, score))

    def begin(self, word: str) -> tuple[ValueLink, ...]:
        """The values of one category column that a folded `word` begins: `vehicles` for `Vehicle: car, bike`."""
        return _of_one_column(self._by_lead.get(_shape(word), ()))

    def hold(self, word: str) -> tuple[ValueLink, ...]:
        """The values of one category column that hold a folded `word`."""
        return self.begin(word) or _of_one_column(self._by_part.get(_shape(word), ()))

    def find(self, words: Sequence[str], texts: Sequence[str]) -> tuple[ValueLink, ...]:
        """The values that the folded `words`, written as `texts`, are or are forms of."""
        exact = [link for link in self._by_text.get(" ".join(words), ()) if not _is_other_code(str(link.value), texts)]
        if exact:
            return tuple(exact)
        return tuple(dict.fromkeys(link for key in _keys(words) for link in self._by_stems.get(key, ())))

    def translate(self, words: Sequence[str]) -> tuple[ValueLink, ...]:
        """The values that mean what the words mean: in the other language, or as a code."""
        found: list[ValueLink] = []
        for other in equivalents("_".join(words)) if len(words) > 1 else equivalents(words[0]):
            found += self._by_text.get(other, ())
            found += self._by_stems.get(tuple(_shape(w) for w in other.split()), ())
        return tuple(dict.fromkeys(ValueLink(link.column, link.value, _TRANSLATED) for link in found))


def _of_one_column(links: Iterable[ValueLink]) -> tuple[ValueLink, ...]:
    """The links, each once; none when they are of several columns, or too many to be meant by one word."""
    found = tuple(dict.fromkeys(links))
    return found if len({link.column for link in found}) == 1 and len(found) <= _MOST_PARTS else ()


@lru_cache(maxsize=128)
def frequent_values(catalog: Catalog) -> FrequentValues:
    """The frequent values of a catalog; kept for the catalogs used last."""
    return FrequentValues(read_schema(catalog))


def look_up(
    index: ValueIndex, schema: Schema, phrases: Iterable[str], *, partly: bool
) -> dict[str, tuple[ValueLink, ...]]:
    """For each phrase its stored values: equal ones, or when there are none and `partly`, ones that hold it whole."""
    found: dict[str, list[ValueMatch]] = {}
    for match in index.lookup(phrases, limit=12):
        found.setdefault(match.phrase, []).append(match)
    links = {phrase: _links(schema, matches, partly=partly) for phrase, matches in found.items()}
    return {phrase: values for phrase, values in links.items() if values}


def _links(schema: Schema, matches: list[ValueMatch], *, partly: bool) -> tuple[ValueLink, ...]:
    equal = [m for m in matches if m.score >= 0.999]
    if equal:
        return tuple(ValueLink(_column(schema, m), m.value, 1.0) for m in equal)
    whole = [m for m in matches if partly and _holds(m.value, m.phrase)]
    return tuple(ValueLink(_column(schema, m), m.value, _PARTIAL) for m in whole)


def _holds(value: str, phrase: str) -> bool:
    """Whether every word of the phrase is a word of the value, and they are a good part of it."""
    inside, wanted = set(name_words(value)), name_words(phrase)
    return bool(wanted) and all(word in inside for word in wanted) and len(wanted) * 3 >= len(inside)


def _column(schema: Schema, match: ValueMatch) -> SchemaColumn:
    table = schema.table(match.table)
    return next(column for column in table.columns if column.name == match.column)


def _keys(words: Sequence[str]) -> set[tuple[str, ...]]:
    """Keys under which forms of the same words meet; one by Portuguese stems, one by English ones."""
    english = tuple(min(stems(word) - {portuguese_stem(word)} or stems(word)) for word in words)
    return {tuple(_shape(word) for word in words), english}


def _shape(word: str) -> str:
    return portuguese_stem(word) if len(word) > 2 else word


def _is_other_code(value: str, texts: Sequence[str]) -> bool:
    return len(value) <= _CODE_LENGTH and " ".join(texts) != value
