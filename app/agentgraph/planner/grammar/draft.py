"""What the rules of the grammar share while they read one question: its parts, and the frame so far."""

from dataclasses import dataclass, field

from app.agentgraph.planner.frame import Aggregate, Dimension, Figure, Filter, Having, Measure, Order, Output
from app.agentgraph.planner.items import Item, Items
from app.agentgraph.planner.lexicon import Sense
from app.agentgraph.planner.names import likeness
from app.agentgraph.planner.schema import Schema, SchemaColumn, SchemaTable
from app.core.i18n import Language


@dataclass(slots=True)
class Draft:
    """The frame in the making. Rules mark the parts that they take as used."""

    schema: Schema
    language: Language
    items: Items
    main: SchemaTable
    """The table that the question is about."""
    outputs: list[tuple[int, Output]] = field(default_factory=list)
    """What is shown, with the position in the question that sets its place."""
    figures: dict[Item, Figure] = field(default_factory=dict)
    """The figure that a part of the question stands for."""
    group: list[Dimension] = field(default_factory=list)
    hidden: list[Dimension] = field(default_factory=list)
    """What is grouped by and not shown, since something about it is asked for."""
    where: list[tuple[int, Filter]] = field(default_factory=list)
    """Conditions with their position in the question."""
    having: list[Having] = field(default_factory=list)
    order: list[Order] = field(default_factory=list)
    limit: int | None = None
    distinct: bool = False
    streak: SchemaColumn | None = None
    """The column of which the longest run is asked for."""
    named_only: bool = False
    """Who wins is asked for, not by what figure."""
    bare: bool = False
    """Only figures are shown, not the groups that they are taken of."""
    running: bool = False
    """Each unit of time is added to those before it."""
    outer: bool = False
    """Rows of the main table stay although other tables have none for them."""
    over: Aggregate | None = None
    """What is taken of all groups together, when a figure for each is not what is asked for."""
    shown: list[Dimension] = field(default_factory=list)
    """What is shown although no name left over asks for it."""
    mentioned: list[str] = field(default_factory=list)
    """Tables that must be joined although no column of theirs is used."""
    penalty: float = 1.0
    """Product of the doubts: 1 when nothing was guessed."""

    def doubt(self, factor: float) -> None:
        """Records a guess."""
        self.penalty *= factor

    def use(self, *items: Item | None) -> None:
        """Marks parts as taken."""
        for item in items:
            if item is not None:
                item.used = True

    def conditions(self) -> tuple[Filter, ...]:
        """The conditions in the order of the question."""
        return tuple(condition for _, condition in sorted(self.where, key=lambda entry: entry[0]))

    def column(self, item: Item | None) -> SchemaColumn | None:
        """The column that a part names, if it names one."""
        return item.columns[0].column if item is not None and item.columns and not item.tables else None

    def table(self, item: Item | None) -> SchemaTable | None:
        """The table that a part names, if it names one."""
        return item.tables[0].table if item is not None and item.tables else None

    def count_of(self, table: SchemaTable) -> Measure:
        """The number of rows of a table."""
        return Measure(Aggregate.COUNT, table.name)

    def hinted(self, hints: tuple[str, ...], *, table: SchemaTable | None = None) -> SchemaColumn | None:
        """The column that best fits words which speak of it without naming it; the earlier hint wins."""
        return hinted_column(table or self.main, hints)

    def ranked(self, sense: Sense, *, table: SchemaTable | None = None) -> SchemaColumn | None:
        """As `hinted`, for an order: the coldest by the minimum; births stand for ages (`counts_down`)."""
        hints = (*sense.hints, _BIRTH) if _AGE in sense.hints else sense.hints
        return hinted_column(table or self.main, hints, bound=_HIGHEST if sense.descending else _LOWEST)


def hinted_column(
    table: SchemaTable, hints: tuple[str, ...], *, bound: frozenset[str] = frozenset()
) -> SchemaColumn | None:
    """The number or time of `table` that best fits words which speak of it without naming it; the earlier hint wins.

    Of columns that fit equally, one with a word of `bound` in its name is taken.
    """
    columns = [c for c in table.columns if c.is_number or c.is_time]
    for hint in hints:
        scored = [
            (max(likeness(hint, word) for word in c.all_words), not bound.isdisjoint(c.words), -len(c.words), c)
            for c in columns
        ]
        best = max(scored, key=lambda entry: entry[:3], default=None)
        if best is not None and best[0] > 0:
            return best[3]
    return None


def counts_down(hints: tuple[str, ...], column: SchemaColumn) -> bool:
    """Whether more of what the hints say means less in `column`: the older, the earlier the birth."""
    return _AGE in hints and (column.is_time or column.is_year)


_AGE, _BIRTH = "age", "birth"
_HIGHEST = frozenset("max maximum maxima maximo high highest".split())
_LOWEST = frozenset("min minimum minima minimo low lowest".split())
