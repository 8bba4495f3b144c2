"""The smallest sufficient description of a source for one question: tables, columns, statistics, stored values."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from app.agentgraph.agents.question_words import (
    SYNONYM_WEIGHT,
    Hints,
    hints_of,
    literal,
    score_of,
    stems_of,
    stems_weighed,
)
from app.agentgraph.agents.untrusted import plain
from app.connectors.catalog import (
    Catalog,
    ColumnProfile,
    DataType,
    TableProfile,
    ValueCount,
    ValueIndex,
    ValueMatch,
)

BUDGET_TOKENS = 3000
"""Room for the description in a prompt; a table of 60 columns with its examples fits."""
CHARS_PER_TOKEN = 3.5
"""Low on purpose, for Portuguese and identifiers; English prose has about 4 (OpenAI's tokenizer notes)."""
SHORTEST_LINE = 12
"""Characters of the line for a column of which there is nothing to say."""
BRIDGE_SHARE = 0.12
"""Share of the room that is kept for tables by which chosen ones are joined."""
MAX_EXAMPLES = 5
MAX_WHOLE = 10
"""Distinct values up to which a column's values are told in full: a model then knows that `F` stands for female."""
MAX_EXAMPLE_CHARS = 40
_NUMERIC = (DataType.INTEGER, DataType.REAL)
FURTHER_WORDS = 0.5
"""How much each further word of a table's name speaks for it, beside the first one that the question says."""
MANY_TABLES = 1000
"""In so many tables some column has a name like any word of a question: what tables are called says more then."""
NAMED_SHARE = 0.3
"""Share of the room that goes first to tables of such a schema whose name the question says by two words or more."""
NAMED_BY_TWO = SYNONYM_WEIGHT * (1 + FURTHER_WORDS)
"""What a name's words say at least when two of them are said, if only by words that mean the same."""


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
    named: float
    """How much the question speaks for the table by its name."""


def build_schema_context(
    question: str, catalog: Catalog, values: ValueIndex, *, budget_tokens: int = BUDGET_TOKENS
) -> SchemaContext:
    """The description of `catalog` for `question`, everything when it fits `budget_tokens`. Blocks: call off the loop.

    When it does not fit, examples go first, then the columns that neither the question's words nor its stored values
    speak for; keys stay with their table.
    """
    hints = hints_of(question, catalog, values)
    entries = _entries(question, catalog, hints.matches)
    if len(entries) * SHORTEST_LINE / CHARS_PER_TOKEN <= budget_tokens:
        for examples in (MAX_EXAMPLES, 2, 0):
            context = _context(catalog, entries, hints, examples=examples)
            if context.tokens <= budget_tokens:
                return context
    return _cut_to(budget_tokens, catalog, entries, hints)


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


def _entries(question: str, catalog: Catalog, matches: Sequence[ValueMatch]) -> list[_Entry]:
    weights = stems_weighed(question)
    valued = {(match.table.casefold(), match.column.casefold()): match.score for match in matches}
    entries = []
    for table in catalog.tables:
        about = stems_of(f"{table.name} {table.label} {table.description or ''}")
        named = max((weights.get(stem, 0.0) for stem in about), default=0.0) + _said_further(table, weights)
        for column in table.columns:
            spoken = score_of(f"{column.name} {column.label} {column.description or ''}", weights)
            score = spoken + 0.5 * named + valued.get(_folded(table, column), 0)
            entries.append(_Entry(table, column, score, named))
    return entries


def _said_further(table: TableProfile, weights: Mapping[str, float]) -> float:
    """What a table gains by further words of its name: of many `…_clients`, that of the area which was asked about."""
    said = sorted((weights.get(stem, 0.0) for stem in stems_of(table.name)), reverse=True)
    return FURTHER_WORDS * math.fsum(said[1:])


def _folded(table: TableProfile, column: ColumnProfile) -> tuple[str, str]:
    return table.name.casefold(), column.name.casefold()


def _context(catalog: Catalog, entries: Iterable[_Entry], hints: Hints, *, examples: int) -> SchemaContext:
    kept: dict[str, list[ColumnProfile]] = {}
    for entry in entries:
        kept.setdefault(entry.table.name, []).append(entry.column)
    tables = [table for table in catalog.tables if table.name in kept]
    blocks = [describe_table(table, kept[table.name], examples=examples) for table in tables]
    if hints.lines:
        blocks.append(_values_block(hints))
    text = "\n".join(blocks)
    return SchemaContext(
        text=text,
        tables=tuple(table.name for table in tables),
        columns=tuple(f"{table.name}.{column.name}" for table in tables for column in kept[table.name]),
        values=hints.matches,
        told_values=_told_values(tables, kept, hints, examples),
        tokens=estimate_tokens(text),
    )


def _told_values(
    tables: Iterable[TableProfile],
    kept: Mapping[str, Sequence[ColumnProfile]],
    hints: Hints,
    examples: int,
) -> tuple[str, ...]:
    columns = [column for table in tables for column in kept[table.name] if _has_examples(column, examples)]
    shown = [str(common.value) for column in columns for common in _shown(column, examples)]
    told = [*(match.value for match in hints.matches), *hints.texts, *shown]
    return tuple(dict.fromkeys(value for value in told if len(value) <= MAX_EXAMPLE_CHARS))


def _cut_to(budget_tokens: int, catalog: Catalog, entries: Sequence[_Entry], hints: Hints) -> SchemaContext:
    """The best columns that fit, taken in the order of their scores, and the tables that join theirs."""
    picked = _Picked(entries, budget_tokens - estimate_tokens(_values_block(hints)))
    ranked = sorted(entries, key=lambda e: -e.score)
    if len(catalog.tables) >= MANY_TABLES:
        picked.take(_best_of_named(ranked), leaving=(1 - NAMED_SHARE) * budget_tokens)
    picked.take(ranked, leaving=BRIDGE_SHARE * budget_tokens)
    picked.take([entry for entry in ranked if _joins(entry.table, picked.tables)])
    picked.take(ranked)
    return _context(catalog, picked.in_order(), hints, examples=0)


def _best_of_named(ranked: Sequence[_Entry]) -> list[_Entry]:
    """The best column of each table that the question names by two words or more, the best named table first."""
    best: dict[str, _Entry] = {}
    for entry in ranked:
        if entry.named >= NAMED_BY_TWO:
            best.setdefault(entry.table.name, entry)
    return sorted(best.values(), key=lambda entry: -entry.named)


class _Picked:
    """Columns that were taken into a description of limited room; each table brings its keys along."""

    def __init__(self, entries: Sequence[_Entry], room: float) -> None:
        self._entries = entries
        self._room = room
        self._chosen: set[int] = set()
        self._keys: defaultdict[int, list[_Entry]] = defaultdict(list)
        for entry in filter(_is_key, entries):
            self._keys[id(entry.table)].append(entry)
        self.tables: set[str] = set()

    def take(self, ranked: Iterable[_Entry], *, leaving: float = 0.0) -> None:
        """Takes what fits, in this order, and leaves so many tokens."""
        for entry in ranked:
            if self._room - leaving < SHORTEST_LINE / CHARS_PER_TOKEN:
                break
            fresh = [e for e in (entry, *self._keys[id(entry.table)]) if id(e.column) not in self._chosen]
            cost = estimate_tokens("\n".join(_column_line(e.column, e.table, 0) for e in fresh))
            cost += 0 if entry.table.name in self.tables else estimate_tokens(_table_line(entry.table)) + 15
            if fresh and cost <= self._room - leaving:
                self._room -= cost
                self._chosen.update(id(e.column) for e in fresh)
                self.tables.add(entry.table.name)

    def in_order(self) -> list[_Entry]:
        """What was taken, as the catalog has it."""
        return [entry for entry in self._entries if id(entry.column) in self._chosen]


def _joins(table: TableProfile, others: Set[str]) -> bool:
    """Whether a table stands between two of `others`: by it they are joined."""
    return table.name not in others and len({key.references_table for key in table.foreign_keys} & others) > 1


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
        yield f"{literal(column.minimum)} to {literal(column.maximum)}"
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
    return opening + ", ".join(literal(common.value) for common in _shown(column, examples))


def _shown(column: ColumnProfile, examples: int) -> Sequence[ValueCount]:
    """All values of a column that has few, when there is room; else the most frequent ones."""
    return column.common if _is_whole(column, examples) else column.common[:examples]


def _is_whole(column: ColumnProfile, examples: int) -> bool:
    return examples == MAX_EXAMPLES and column.distinct == len(column.common) <= MAX_WHOLE


def _values_block(hints: Hints) -> str:
    return "stored values that resemble words of the question\n" + "\n".join(hints.lines) if hints.lines else ""
