"""What a question asks for, free of words and of SQL: the value that the grammar builds and the generator writes."""

from dataclasses import dataclass
from enum import StrEnum

from app.agentgraph.planner.schema import SchemaColumn
from app.connectors.catalog import Scalar


class Aggregate(StrEnum):
    """How many values become one."""

    COUNT = "count"
    SUM = "sum"
    AVG = "avg"
    MEDIAN = "median"
    MIN = "min"
    MAX = "max"


class Grain(StrEnum):
    """A unit of time to group by."""

    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Comparison(StrEnum):
    """How a condition compares."""

    EQ = "="
    NE = "<>"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    BETWEEN = "between"
    CONTAINS = "contains"
    STARTS = "starts"
    ENDS = "ends"
    NULL = "null"
    NOT_NULL = "not null"


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column as it is shown or grouped by, cut to a unit of time when `grain` is set."""

    column: SchemaColumn
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One test of a column: against values, or against a figure over the whole table."""

    column: SchemaColumn
    comparison: Comparison
    values: tuple[Scalar, ...] = ()
    """Several with EQ or NE mean "one of" and "none of"; BETWEEN takes two, both included."""
    figure: "Measure | None" = None
    grain: Grain | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Related:
    """Rows of `table` that have (or, `absent`, have not) a related row in the other tables under `where`."""

    table: str
    other: str
    where: tuple[Condition, ...] = ()
    absent: bool = True
    via: SchemaColumn | None = None
    """The column of `other` that tells the related row, where several could."""


Filter = Condition | AnyOf | Related


@dataclass(frozen=True, slots=True)
class Measure:
    """An aggregate of a column, or a count of the rows of `table` when there is no column."""

    aggregate: Aggregate
    table: str
    column: SchemaColumn | None = None
    distinct: bool = False
    where: tuple[Condition, ...] = ()
    """Conditions on the rows that count for this figure alone."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure divided by another, as a percentage when `percent`."""

    numerator: Measure
    denominator: Measure
    percent: bool = True
    of_all: bool = False
    """The denominator is over all groups, not over the row's own; it may be of another table, which is not joined."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`left` minus `right`; `relative` makes it growth in percent of `right`."""

    left: Measure
    right: Measure
    relative: bool = False


Figure = Measure | Ratio | Difference
Output = Figure | Dimension


@dataclass(frozen=True, slots=True)
class Having:
    """A test of a group by one of its figures."""

    figure: Figure
    comparison: Comparison
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Order of the rows by a figure or a column."""

    by: Output
    descending: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One question, ready to be written as a statement."""

    table: str
    """Where the join starts: what the question is about."""
    select: tuple[Output, ...]
    group: tuple[Dimension, ...] = ()
    where: tuple[Filter, ...] = ()
    having: tuple[Having, ...] = ()
    order: tuple[Order, ...] = ()
    limit: int | None = None
    distinct: bool = False
    both: tuple[Filter, Filter] | None = None
    """Two further conditions that different rows may meet: what is shown must be found under each."""
    mentioned: tuple[str, ...] = ()
    """Tables that only have to be joined: their rows must exist."""
    streak: SchemaColumn | None = None
    """The length of the longest run of this column's values is asked for, and nothing else."""
    running: bool = False
    """Each unit of time is added to those before it."""
    outer: bool = False
    """Rows of `table` stay although the other tables, each joined to it by its own way, have none for them."""
    over: Aggregate | None = None
    """What is taken of all groups together: how many there are, or the average of the figure of each."""

    @property
    def accumulates(self) -> bool:
        """Whether figures run on: a running total needs groups of nothing but time."""
        timed = (d.grain is not None or d.column.is_year or d.column.is_month for d in self.group)
        return self.running and bool(self.group) and all(timed)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures among what is shown."""
        return tuple(item for item in self.select if not isinstance(item, Dimension))
