"""What the columns of a result, taken together, can show: an axis, series and measures."""

from dataclasses import dataclass, replace

from app.agentgraph.charts.kinds import ChartWish
from app.agentgraph.charts.roles import ColumnRole, Grain, Role, read_roles
from app.agentgraph.formats import MEASURE_COLUMN, VALUE_COLUMN, name_words
from app.connectors.base import Column, ResultSet
from app.connectors.catalog import DataType

MAX_SERIES = 10
MAX_SCALE_RATIO = 20
"""Measures whose largest values differ more than this do not share an axis."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """Which columns go where."""

    x: ColumnRole | None
    y: tuple[ColumnRole, ...]
    """One measure, or several that become series."""
    series: ColumnRole | None = None
    month: ColumnRole | None = None
    """Month number that completes a year on the x axis."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a result by what they can do in a chart."""

    result: ResultSet
    time: ColumnRole | None
    month: ColumnRole | None
    dims: tuple[ColumnRole, ...]
    measures: tuple[ColumnRole, ...]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.result.rows)

    @property
    def axis(self) -> ColumnRole | None:
        """The column along which values are compared."""
        return self.time or (self.dims[0] if self.dims else None)

    @property
    def series(self) -> ColumnRole | None:
        """The column that splits the values into series, when the axis does not use it."""
        rest = self.dims if self.time else self.dims[1:]
        return rest[0] if rest else None


def read_shape(result: ResultSet, question: str = "") -> Shape:
    """The roles of the columns of `result`, sorted into time, categories and measures; those `question` names lead."""
    roles = read_roles(result)
    times = [role for role in roles if role.role is Role.TEMPORAL and role.distinct > 1]
    time = times[0] if times else None
    dims = [
        role for role in roles if role.role in {Role.NOMINAL, Role.ORDINAL} and role.distinct + bool(role.nulls) > 1
    ]
    month = _month_of_year(time, dims)
    dims = _without_twins([role for role in dims if role is not month], len(result.rows))
    asked = {word for word in name_words(question) if len(word) > 2}
    measures = [role for role in roles if role.role is Role.QUANTITATIVE]
    measures.sort(key=lambda role: -len(asked & set(name_words(role.name))))
    return Shape(result=result, time=time, month=month, dims=tuple(dims), measures=tuple(measures))


def _month_of_year(time: ColumnRole | None, dims: list[ColumnRole]) -> ColumnRole | None:
    if time is None or time.grain is not Grain.YEAR:
        return None
    return next((dim for dim in dims if dim.holds_months), None)


def _without_twins(dims: list[ColumnRole], rows: int) -> list[ColumnRole]:
    """Of several columns that each name every row, keeps the best name: words before codes, then the first."""
    naming = [dim for dim in dims if dim.distinct == rows]
    if len(naming) < 2:
        return dims
    best = next((dim for dim in naming if not dim.code), naming[0])
    return [dim for dim in dims if dim is best or dim not in naming]


def together(measures: tuple[ColumnRole, ...]) -> tuple[ColumnRole, ...]:
    """The leading measures that may share one axis: alike in kind and in size."""
    first = measures[0]
    size = max(abs(first.high), abs(first.low)) or 1.0
    kept = [first]
    for other in measures[1:]:
        ratio = (max(abs(other.high), abs(other.low)) or size) / size
        if other.counted == first.counted and 1 / MAX_SCALE_RATIO <= ratio <= MAX_SCALE_RATIO:
            kept.append(other)
    return tuple(kept[:MAX_SERIES])


def rearranged(result: ResultSet, wish: ChartWish) -> ResultSet:
    """With a chart wished for: one row of several numbers is turned upright, a list of names is counted."""
    if wish is ChartWish.NONE:
        return result
    roles = read_roles(result)
    measures = [role for role in roles if role.role is Role.QUANTITATIVE]
    if len(result.rows) == 1 and len(measures) > 1:
        columns = (Column(MEASURE_COLUMN, DataType.TEXT), Column(VALUE_COLUMN, DataType.REAL))
        return replace(result, columns=columns, rows=tuple((m.name, result.rows[0][m.index]) for m in measures))
    names = [role for role in roles if role.distinct < len(result.rows)]
    if measures or not names or len(result.rows) == 1:
        return result
    return _counted(result, names[0].index)


def _counted(result: ResultSet, index: int) -> ResultSet:
    counts: dict[object, int] = {}
    for row in result.rows:
        counts[row[index]] = counts.get(row[index], 0) + 1
    first = {row[index]: row[index] for row in reversed(result.rows)}
    rows = tuple((first[value], count) for value, count in counts.items())  # type: ignore[index]
    return replace(result, columns=(result.columns[index], Column("count(*)", DataType.INTEGER)), rows=rows)
