"""Types and stores a table that fits into memory, value by value; what the bulk path is tested against."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.connectors.catalog import Scalar
from app.core.i18n import Text
from app.ingestion.judge import ColumnPlan, Habits, find_habits, judge
from app.ingestion.options import ReadOptions
from app.ingestion.report import MAX_REJECTED, RejectedValue
from app.ingestion.stored import write_rows
from app.ingestion.table import TableSource

BLANKS = " \t\u00a0\ufeff"
"""Characters taken off both ends of every value."""


MISFIT = Text(en="Does not fit the column's type.", pt="Não se encaixa no tipo da coluna.")


@dataclass(frozen=True, slots=True)
class Loaded:
    """How the columns were read, and what did not fit."""

    plans: tuple[ColumnPlan, ...]
    rejected: tuple[RejectedValue, ...]
    """The first MAX_REJECTED."""
    rejected_counts: tuple[int, ...]
    """By column."""


def plan_columns(
    source: TableSource, counts: Sequence[Mapping[str, int]], options: ReadOptions
) -> tuple[ColumnPlan, ...]:
    """A plan for each column from its texts (stripped) and their numbers of rows."""
    headers = source.layout.headers
    habits = file_habits(source, counts, options)
    return tuple(judge_column(header, seen, habits, options) for header, seen in zip(headers, counts, strict=True))


def judge_column(header: str, seen: Mapping[str, int], habits: Habits, options: ReadOptions) -> ColumnPlan:
    """The plan of one column by its texts, by what the caller said of it, and else by the file's habits."""
    mark = options.decimals.get(header)
    own = habits if mark is None else replace(habits, prefers_comma=mark == ",")
    return judge(header, seen, own, options.types.get(header))


def file_habits(source: TableSource, counts: Sequence[Mapping[str, int]], options: ReadOptions) -> Habits:
    """How the file writes what one column leaves open, as far as the caller has not said it."""
    habits = find_habits(source.layout.headers, counts, source.dialect.delimiter)
    return Habits(
        habits.prefers_comma if options.decimal is None else options.decimal == ",",
        habits.day_first if options.day_first is None else options.day_first,
    )


def load_small(
    source: TableSource, rows: Sequence[Sequence[str]], target: Path, *, table: str, options: ReadOptions
) -> Loaded:
    """Types `rows` (each at most as wide as it stands in the file) and writes them to the SQLite file `target`."""
    width = source.layout.width
    columns = [[row[i].strip(BLANKS) if i < len(row) else "" for row in rows] for i in range(width)]
    counts = [Counter(column) for column in columns]
    plans = plan_columns(source, counts, options)
    values = [_values(plan, seen) for plan, seen in zip(plans, counts, strict=True)]
    typed = ([mapping[text] for text in column] for mapping, column in zip(values, columns, strict=True))
    kinds = [(name, plan.type) for name, plan in zip(source.names, plans, strict=True)]
    write_rows(target, table, kinds, zip(*typed, strict=True))
    misfits = [_misfits(plan, mapping) for plan, mapping in zip(plans, values, strict=True)]
    rejected = tuple(_rejected(source.names, columns, misfits))
    totals = tuple(sum(seen[text] for text in bad) for seen, bad in zip(counts, misfits, strict=True))
    return Loaded(plans, rejected, totals)


def _values(plan: ColumnPlan, texts: Mapping[str, int]) -> dict[str, Scalar]:
    marks = plan.null_marks
    return {text: None if text in marks else plan.form.read(text) for text in texts}


def _misfits(plan: ColumnPlan, values: Mapping[str, Scalar]) -> frozenset[str]:
    return frozenset(text for text, value in values.items() if value is None and text not in plan.null_marks)


def _rejected(
    names: Sequence[str], columns: Sequence[Sequence[str]], misfits: Sequence[frozenset[str]]
) -> Iterator[RejectedValue]:
    room = MAX_REJECTED
    for name, column, bad in zip(names, columns, misfits, strict=True):
        for row, text in enumerate(column, start=1):
            if bad and text in bad and room:
                room -= 1
                yield RejectedValue(row, name, text[:200], MISFIT)
