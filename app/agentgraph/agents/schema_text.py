"""The smallest sufficient description of a source for one question: tables, columns, statistics, stored values."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.agentgraph.agents.untrusted import plain
from app.agentgraph.planner.synonyms import equivalents
from app.connectors.catalog import (
    Catalog,
    ColumnProfile,
    DataType,
    Scalar,
    TableProfile,
    ValueCount,
    ValueIndex,
    ValueMatch,
)
from app.connectors.value_index import fold

BUDGET_TOKENS = 3000
"""Room for the description in a prompt; a table of 60 columns with its examples fits."""
CHARS_PER_TOKEN = 3.5
"""Low on purpose, for Portuguese and identifiers; English prose has about 4 (OpenAI's tokenizer notes)."""
SHORTEST_LINE = 12
"""Characters of the line for a column of which there is nothing to say."""
MAX_VALUES = 12
"""Stored values that resemble words of the question, over all columns."""
MAX_EXAMPLES = 5
MAX_WHOLE = 10
"""Distinct values up to which a column's values are told in full: a model then knows that `F` stands for female."""
MAX_EXAMPLE_CHARS = 40
MAX_PHRASE_WORDS = 4
MIN_VALUE_SCORE = 0.6
"""Weaker matches of the value index are more often chance than meant."""
SYNONYM_WEIGHT = 0.7
"""How much a word that means the same speaks for a column, beside one that names it."""
_WORD = re.compile(r"[\w.'-]*\w", re.UNICODE)
_NUMERIC = (DataType.INTEGER, DataType.REAL)


@dataclass(frozen=True, slots=True)
class SchemaContext:
    """What is put before a model, as text and as names."""

    text: str
    tables: tuple[str, ...]
    columns: tuple[str, ...]
    """`table.column`, in the order of the text."""
    values: tuple[ValueMatch, ...]
    """Stored values that resemble words of the question."""
    told_values: tuple[str, ...]
    """Every stored text in the description that is not cut: those above and the columns' examples."""
    tokens: int
    """Estimated size of the text."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """One column that may be described, and how much the question speaks for it."""

    table: TableProfile
    column: ColumnProfile
    score: float


def build_schema_context(
    question: str, catalog: Catalog, values: ValueIndex, *, budget_tokens: int = BUDGET_TOKENS
) -> SchemaContext:
    """The description of `catalog` for `question`, everything when it fits `budget_tokens`. Blocks: call off the loop.

    When it does not fit, examples go first, then the columns that neither the question's words nor its stored values
    speak for; keys stay with their table.
    """
    matches = _matches(question, values)
    entries = _entries(question, catalog, matches)
    if len(entries) * SHORTEST_LINE / CHARS_PER_TOKEN <= budget_tokens:
        for examples in (MAX_EXAMPLES, 2, 0):
            context = _context(catalog, entries, matches, examples=examples)
            if context.tokens <= budget_tokens:
                return context
    return _cut_to(budget_tokens, catalog, entries, matches)


def describe_table(table: TableProfile, columns: Sequence[ColumnProfile] | None = None, *, examples: int) -> str:
    """One table in words: a line for it, then one for each of `columns` (all by default)."""
    shown = table.columns if columns is None else columns
    hidden = len(table.columns) - len(shown)
    lines = [_table_line(table), *(_column_line(column, table, examples) for column in shown)]
    if hidden:
        lines.append(f"  (and {hidden} more columns; see describe_tables)")
    return "\n".join(lines)


def estimate_tokens(text: str) -> int:
    """About how many tokens `text` has for a model."""
    return math.ceil(len(text) / CHARS_PER_TOKEN)


def _matches(question: str, values: ValueIndex) -> tuple[ValueMatch, ...]:
    """Stored values that resemble the question's words, the best for each column and value."""
    best: dict[tuple[str, str, str], ValueMatch] = {}
    for match in values.lookup(_phrases(question), limit=4):
        if match.score >= MIN_VALUE_SCORE:
            best.setdefault((match.table, match.column, match.value), match)
    ranked = sorted(best.values(), key=lambda m: (-round(m.score, 2), -len(m.phrase)))
    return tuple(ranked[:MAX_VALUES])


def _phrases(question: str) -> list[str]:
    """Every run of up to four words of the question that is long enough to mean a value."""
    words = _WORD.findall(question)
    runs = (words[i : i + n] for n in range(MAX_PHRASE_WORDS, 0, -1) for i in range(len(words) - n + 1))
    return list(dict.fromkeys(phrase for run in runs if len(phrase := " ".join(run)) > 2))


def _entries(question: str, catalog: Catalog, matches: Sequence[ValueMatch]) -> list[_Entry]:
    asked = _asked(question)
    valued = {(match.table.casefold(), match.column.casefold()): match.score for match in matches}
    entries = []
    for table in catalog.tables:
        named = max(
            (asked.get(stem, 0.0) for stem in _stems(f"{table.name} {table.label} {table.description or ''}")),
            default=0.0,
        )
        entries += [
            _Entry(table, column, _score(column, asked) + 0.5 * named + valued.get(_folded(table, column), 0))
            for column in table.columns
        ]
    return entries


def _folded(table: TableProfile, column: ColumnProfile) -> tuple[str, str]:
    return table.name.casefold(), column.name.casefold()


def _score(column: ColumnProfile, asked: Mapping[str, float]) -> float:
    """How many of the question's word stems name the column, and how surely."""
    own = _stems(f"{column.name} {column.label} {column.description or ''}")
    return math.fsum(asked.get(stem, 0.0) for stem in own) / max(1, math.sqrt(len(own)))


def _asked(question: str) -> dict[str, float]:
    """The stems of the question's words, and of words that mean the same in either language, with their weight."""
    words = fold(question).split()
    weights = {stem: 1.0 for word in words for stem in _stems(word)}
    for word in words:
        for stem in _stems(" ".join(equivalents(word))):
            weights.setdefault(stem, SYNONYM_WEIGHT)
    return weights


@lru_cache(maxsize=65_536)
def _stems(text: str) -> frozenset[str]:
    """Folded words cut to six letters: near enough to see that `vendas` and `vendido` may belong together."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return frozenset(word[:6].rstrip("s") for word in fold(spaced).split() if len(word) > 2)


def _context(
    catalog: Catalog, entries: Iterable[_Entry], matches: tuple[ValueMatch, ...], *, examples: int
) -> SchemaContext:
    kept: dict[str, list[ColumnProfile]] = {}
    for entry in entries:
        kept.setdefault(entry.table.name, []).append(entry.column)
    tables = [table for table in catalog.tables if table.name in kept]
    blocks = [describe_table(table, kept[table.name], examples=examples) for table in tables]
    if matches:
        blocks.append(_values_block(matches))
    text = "\n".join(blocks)
    return SchemaContext(
        text=text,
        tables=tuple(table.name for table in tables),
        columns=tuple(f"{table.name}.{column.name}" for table in tables for column in kept[table.name]),
        values=matches,
        told_values=_told_values(tables, kept, matches, examples),
        tokens=estimate_tokens(text),
    )


def _told_values(
    tables: Iterable[TableProfile],
    kept: Mapping[str, Sequence[ColumnProfile]],
    matches: Iterable[ValueMatch],
    examples: int,
) -> tuple[str, ...]:
    columns = [column for table in tables for column in kept[table.name] if _has_examples(column, examples)]
    shown = [str(common.value) for column in columns for common in _shown(column, examples)]
    told = [*(match.value for match in matches), *shown]
    return tuple(dict.fromkeys(value for value in told if len(value) <= MAX_EXAMPLE_CHARS))


def _cut_to(
    budget_tokens: int, catalog: Catalog, entries: Sequence[_Entry], matches: tuple[ValueMatch, ...]
) -> SchemaContext:
    """The best columns that fit, taken in the order of their scores; each table brings its keys along."""
    order = {id(entry.column): place for place, entry in enumerate(entries)}
    keys: defaultdict[int, list[_Entry]] = defaultdict(list)
    for entry in filter(_is_key, entries):
        keys[id(entry.table)].append(entry)
    begun: set[int] = set()
    room = budget_tokens - estimate_tokens(_values_block(matches))
    chosen: dict[int, _Entry] = {}
    for entry in sorted(entries, key=lambda e: -e.score):
        if room < SHORTEST_LINE / CHARS_PER_TOKEN:
            break
        fresh = [e for e in (entry, *keys[id(entry.table)]) if id(e.column) not in chosen]
        cost = estimate_tokens("\n".join(_column_line(e.column, e.table, 0) for e in fresh))
        is_new = id(entry.table) not in begun
        cost += estimate_tokens(_table_line(entry.table)) + 15 if is_new else 0
        if cost <= room:
            room -= cost
            chosen.update((id(e.column), e) for e in fresh)
            begun.add(id(entry.table))
    kept = sorted(chosen.values(), key=lambda e: order[id(e.column)])
    return _context(catalog, kept, matches, examples=0)


def _is_key(entry: _Entry) -> bool:
    names = {*entry.table.primary_key, *(key.column for key in entry.table.foreign_keys)}
    return entry.column.name in names


def _table_line(table: TableProfile) -> str:
    size = "" if table.rows is None else f", {table.rows} rows"
    label = "" if table.label == table.name else f', called "{plain(table.label, 80)}"'
    about = f": {plain(table.description, 200)}" if table.description else ""
    return f'table "{table.name}"{size}{label}{about}'


def _column_line(column: ColumnProfile, table: TableProfile, examples: int) -> str:
    facts = [column.type.value]
    if column.label != column.name:
        facts.append(f'called "{plain(column.label, 60)}"')
    if column.name in table.primary_key:
        facts.append("primary key")
    facts += [
        f'refers to "{key.references_table}"."{key.references_column}"'
        for key in table.foreign_keys
        if key.column == column.name
    ]
    if column.description:
        facts.append(plain(column.description, 120))
    if column.unit:
        facts.append(f"in {column.unit}")
    return f'  "{column.name}": ' + "; ".join([*facts, *_statistics(column, examples)])


def _statistics(column: ColumnProfile, examples: int) -> Iterator[str]:
    if column.minimum is not None and (column.type in _NUMERIC or column.type is not DataType.TEXT):
        yield f"{_literal(column.minimum)} to {_literal(column.maximum)}"
    if column.distinct is not None and examples:
        yield f"{column.distinct} distinct"
    if column.nulls:
        yield f"{column.nulls} empty"
    if _has_examples(column, examples):
        yield _examples(column, examples)


def _has_examples(column: ColumnProfile, examples: int) -> bool:
    return column.type in (DataType.TEXT, DataType.BOOLEAN) and bool(column.common) and examples > 0


def _examples(column: ColumnProfile, examples: int) -> str:
    opening = "one of " if _is_whole(column, examples) else "e.g. "
    return opening + ", ".join(_literal(common.value) for common in _shown(column, examples))


def _shown(column: ColumnProfile, examples: int) -> Sequence[ValueCount]:
    """All values of a column that has few, when there is room; else the most frequent ones."""
    return column.common if _is_whole(column, examples) else column.common[:examples]


def _is_whole(column: ColumnProfile, examples: int) -> bool:
    return examples == MAX_EXAMPLES and column.distinct == len(column.common) <= MAX_WHOLE


def _values_block(matches: Sequence[ValueMatch]) -> str:
    lines = [
        f'  "{match.table}"."{match.column}" holds {_literal(match.value)} (like "{plain(match.phrase, 60)}")'
        for match in matches
    ]
    return "stored values that resemble words of the question\n" + "\n".join(lines) if lines else ""


def _literal(value: Scalar) -> str:
    if isinstance(value, str):
        return "'" + plain(value, MAX_EXAMPLE_CHARS).replace("'", "''") + "'"
    return str(value)
