"""The parts of a question after linking: phrases with a sense, names, stored values, numbers, periods, and the rest."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.agentgraph.planner.lexicon import Role, Sense
from app.agentgraph.planner.periods import Period
from app.agentgraph.planner.schema import SchemaColumn, SchemaTable

SILENT = frozenset({Role.STOP, Role.SOFT, Role.OF, Role.IN, Role.WITH, Role.ASK, Role.KIND})
"""Roles that carry no meaning of their own once the rest is placed."""


@dataclass(frozen=True, slots=True)
class ColumnLink:
    """A column that words may name; `score` in 0..1."""

    column: SchemaColumn
    score: float


@dataclass(frozen=True, slots=True)
class TableLink:
    """A table that words may name; `score` in 0..1."""

    table: SchemaTable
    score: float


@dataclass(frozen=True, slots=True)
class ValueLink:
    """A stored value that words may stand for; `score` in 0..1."""

    column: SchemaColumn
    value: str | int | float | bool
    score: float


Link = ColumnLink | TableLink | ValueLink


@dataclass(slots=True, eq=False)
class Item:
    """One part of the question; `used` is set by the rule that took its meaning."""

    start: int
    end: int
    text: str
    sense: Sense | None = None
    columns: tuple[ColumnLink, ...] = ()
    tables: tuple[TableLink, ...] = ()
    values: tuple[ValueLink, ...] = ()
    number: float | int | None = None
    period: Period | None = None
    quoted: bool = False
    sign: bool = False
    used: bool = False

    def is_(self, *roles: Role) -> bool:
        """Whether it is a phrase with one of these roles."""
        return self.sense is not None and self.sense.role in roles

    @property
    def is_silent(self) -> bool:
        """Says nothing by itself."""
        return self.is_(*SILENT) or (self.sign and self.text not in {",", ";"})

    @property
    def is_name(self) -> bool:
        """Names a column or a table."""
        return bool(self.columns or self.tables)

    @property
    def is_unknown(self) -> bool:
        """A word of which nothing is known."""
        linked = self.columns or self.tables or self.values or self.sign
        return not linked and self.sense is None and self.number is None and self.period is None


@dataclass(slots=True)
class Items:
    """The parts of one question in order, with ways to look around a part."""

    parts: list[Item] = field(default_factory=list)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.parts)

    def after(self, item: Item, *, skip: bool = True) -> Item | None:
        """The next part, silent ones passed over when `skip`."""
        return self._near(item, 1, skip=skip)

    def before(self, item: Item, *, skip: bool = True) -> Item | None:
        """The part before, silent ones passed over when `skip`."""
        return self._near(item, -1, skip=skip)

    def _near(self, item: Item, step: int, *, skip: bool) -> Item | None:
        position = self.parts.index(item) + step
        while 0 <= position < len(self.parts):
            found = self.parts[position]
            if not (skip and found.is_silent):
                return found
            position += step
        return None

    def following(self, item: Item) -> list[Item]:
        """All parts after `item`."""
        return self.parts[self.parts.index(item) + 1 :]

    def preceding(self, item: Item) -> list[Item]:
        """All parts before `item`, the nearest first."""
        return self.parts[: self.parts.index(item)][::-1]

    def of_role(self, *roles: Role) -> list[Item]:
        """The unused phrases with one of these roles."""
        return [item for item in self.parts if not item.used and item.is_(*roles)]
