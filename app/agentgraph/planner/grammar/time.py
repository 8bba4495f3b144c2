"""Periods as conditions and units of time as dimensions: which column they speak of, and how it is compared."""

from datetime import date, timedelta

from app.agentgraph.planner.frame import Comparison, Condition, Dimension, Grain
from app.agentgraph.planner.grammar.draft import Draft
from app.agentgraph.planner.items import Item, Link, TableLink
from app.agentgraph.planner.lexicon import Role
from app.agentgraph.planner.periods import Period
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable
from app.connectors.catalog import DataType


def read_periods(draft: Draft) -> None:
    """Takes the periods that no comparison took; several years of one column mean any of them."""
    years: list[tuple[Item, SchemaColumn, int]] = []
    for item in draft.items:
        if item.period is None or item.used:
            continue
        target = time_column(draft, item, item.period)
        if target is None:
            _take_year_and_month(draft, item, item.period)
            _take_written_year(draft, item, item.period)
            continue
        if target.is_year and item.period.year is not None:
            years.append((item, target, item.period.year))
        else:
            draft.where.append((item.start, period_condition(target, item.period, Comparison.EQ)))
        draft.use(item, *_grain_beside(draft, item))
    for column in dict.fromkeys(column for _, column, _ in years):
        values = tuple(year for _, c, year in years if c is column)
        start = next(item.start for item, c, _ in years if c is column)
        draft.where.append((start, Condition(column, Comparison.EQ, values)))


def _take_year_and_month(draft: Draft, item: Item, period: Period) -> None:
    """`in January 2015`, where years and months are numbers in columns of their own."""
    years = [c for c in draft.main.columns if c.is_year]
    months = [c for c in draft.main.columns if c.is_month]
    if len(years) != 1 or len(months) != 1 or period.grain is not Grain.MONTH:
        return
    if period.month is None:
        draft.where.append((item.start, Condition(years[0], Comparison.EQ, (period.first.year,))))
    draft.where.append((item.start, Condition(months[0], Comparison.EQ, (period.month or period.first.month,))))
    draft.use(item, *_grain_beside(draft, item))


def _take_written_year(draft: Draft, item: Item, period: Period) -> None:
    """`in 2006`, where seasons are texts such as `2006/07`: the text that is the year itself."""
    if period.year is None or item.used:
        return
    text = str(period.year)
    for column in draft.main.columns:
        if column.profile.type is DataType.TEXT and any(v.value == text for v in column.profile.common):
            draft.where.append((item.start, Condition(column, Comparison.EQ, (text,))))
            draft.use(item)
            return


def time_column(draft: Draft, item: Item, period: Period) -> SchemaColumn | None:
    """The column of dates or years that a period beside `item` is about."""
    for other in draft.items.preceding(item)[:4]:
        column = draft.column(other)
        if column is not None and (column.is_time or column.is_year):
            draft.use(other)
            return column
        if not (other.is_silent or other.is_(Role.GRAIN, Role.COMPARE, Role.WITH)):
            break
    tables = [draft.schema.table(name) for name in near_tables(draft, item)]
    found = (_of_table(table, period) for table in tables)
    return next((column for column in found if column is not None), None)


def _of_table(table: SchemaTable, period: Period) -> SchemaColumn | None:
    years = [c for c in table.columns if c.is_year]
    if period.year is not None and years and (len(years) == 1 or not table.times):
        return years[0]
    return next(iter(table.times), None)


def near_tables(draft: Draft, item: Item) -> list[str]:
    """The tables of the question, that of the nearest name or value before `item` first."""
    named: list[str] = []
    for other in draft.items.preceding(item):
        links: tuple[Link, ...] = (*other.tables, *other.columns, *other.values)
        named += [link.table.name if isinstance(link, TableLink) else link.column.table for link in links[:1]]
    return list(dict.fromkeys([*named, draft.main.name, *other_tables(draft)]))


def other_tables(draft: Draft) -> list[str]:
    """Tables that the question names or speaks of, the main one left out."""
    named = [item.tables[0].table.name for item in draft.items if item.tables]
    named += [item.columns[0].column.table for item in draft.items if item.columns]
    named += [item.values[0].column.table for item in draft.items if item.values]
    return [name for name in dict.fromkeys(named) if name != draft.main.name]


def period_condition(
    column: SchemaColumn, period: Period, comparison: Comparison, *, until: Period | None = None
) -> Condition:
    """The rows of a period, or those before or after it; `until` is the last period of a range."""
    if column.is_year:
        values = (period.first.year,) if until is None else (period.first.year, until.first.year)
        return Condition(column, comparison, values)
    if period.month is not None and comparison is Comparison.EQ:
        return Condition(column, Comparison.EQ, (f"{period.month:02d}",), grain=Grain.MONTH)
    last = (until or period).last
    if comparison in {Comparison.EQ, Comparison.BETWEEN}:
        return Condition(column, Comparison.BETWEEN, (period.first.isoformat(), _end_of(column, last)))
    if comparison is Comparison.LT:
        return Condition(column, comparison, (period.first.isoformat(),))
    if comparison is Comparison.GE:
        return Condition(column, comparison, (period.first.isoformat(),))
    return Condition(column, comparison, (_end_of(column, last),))


def _end_of(column: SchemaColumn, day: date) -> str:
    return f"{day.isoformat()} 23:59:59" if column.profile.type is DataType.TIMESTAMP else day.isoformat()


def _grain_beside(draft: Draft, item: Item) -> list[Item]:
    """`year` in `in the year 2014`."""
    before = draft.items.before(item, skip=False)
    while before is not None and before.is_(Role.OF, Role.STOP):
        before = draft.items.before(before, skip=False)
    same = before is not None and before.sense is not None and item.period and before.sense.grain is item.period.grain
    return [before] if before is not None and same else []


def grain_dimensions(draft: Draft, grain: Grain) -> list[Dimension]:
    """The columns to group by for a unit of time; empty when the table knows no time."""
    tables = [draft.main, *(draft.schema.table(name) for name in other_tables(draft))]
    for table in tables:
        years = [c for c in table.columns if c.is_year]
        months = [c for c in table.columns if c.is_month]
        if grain is Grain.YEAR and years and (len(years) == 1 or not table.times):
            return [Dimension(years[0])]
        if grain is Grain.MONTH and months:
            return [Dimension(c) for c in (*years[:1], months[0])]
        if table.times:
            return [Dimension(table.times[0], grain)]
    return []


def has_row_each(dimension: Dimension) -> bool:
    """Whether a column of dates has no more than one row in each unit of time that it is cut to."""
    column = dimension.column
    try:
        first = date.fromisoformat(str(column.profile.minimum)[:10])
        last = date.fromisoformat(str(column.profile.maximum)[:10])
    except ValueError:
        return column.is_unique
    days = {Grain.DAY: 1, Grain.MONTH: 31, Grain.QUARTER: 92, Grain.YEAR: 366, None: 1}[dimension.grain]
    return column.is_unique and (column.profile.distinct or 0) <= (last - first).days // days + 2


def has_row_each_day(table: SchemaTable) -> bool:
    """Whether the rows of a table are days: its dates come once each."""
    return bool(table.times) and table.times[0].is_unique and has_row_each(Dimension(table.times[0], Grain.DAY))


def natural_grain(column: SchemaColumn) -> Grain:
    """The unit in which a trend over a date column reads well: years above four of them, days within two months."""
    try:
        first = date.fromisoformat(str(column.profile.minimum)[:10])
        last = date.fromisoformat(str(column.profile.maximum)[:10])
    except ValueError:
        return Grain.MONTH
    if last - first > timedelta(days=5 * 366):
        return Grain.YEAR
    return Grain.DAY if last - first < timedelta(days=62) else Grain.MONTH
