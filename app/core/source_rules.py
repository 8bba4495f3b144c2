"""Rules on what others see of a shared source, and the attributes of people that the filters use, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

AttributeValue = str | bool | int | float | list[str | int]
"""One attribute of a person; a list stands in `IN (:name)`."""
BUILT_IN: Final = frozenset({"user_id", "email"})
"""Attributes that everybody has, under names that others cannot take."""


@dataclass(frozen=True, slots=True)
class TableRules:
    """What may be seen of one table of a source."""

    table: str
    filter: str | None
    """Condition that a row must meet, with `:name` for an attribute of whoever asks."""
    hidden: frozenset[str]
    """Columns that are as if they were not there."""
    is_left_out: bool
    """The whole table is as if it were not there."""

    @classmethod
    def stored(cls, values: Mapping[str, Any]) -> Self:
        """What stands in the system database."""
        return cls(values["table"], values["filter"], frozenset(values["hidden"]), values["is_left_out"])


@dataclass(frozen=True, slots=True)
class ReaderRules:
    """The rules of one source that hold for one reader."""

    source_id: UUID
    tables: tuple[TableRules, ...]

    @property
    def hides_rows(self) -> bool:
        """Whether some row or table may be hidden, so that counts tell of it."""
        return any(table.filter is not None or table.is_left_out for table in self.tables)

    @property
    def hidden(self) -> frozenset[str]:
        """Hidden columns of all tables."""
        return frozenset().union(*(table.hidden for table in self.tables))


@dataclass(frozen=True, slots=True)
class Restriction:
    """All rules that hold for one reader over the sources that are read together, and who that is."""

    rules: tuple[ReaderRules, ...]
    attributes: tuple[tuple[str, str | bool | int | float | tuple[str | int, ...]], ...]

    def of(self, source_id: UUID) -> ReaderRules | None:
        """The rules of one source; None where everything may be seen."""
        return next((rules for rules in self.rules if rules.source_id == source_id), None)


UNRESTRICTED: Final = Restriction((), ())


def attributes_of(user_id: UUID, email: str, own: Mapping[str, Any]) -> Restriction:
    """Nobody's rules yet, with what filters may know of a person."""
    known: dict[str, Any] = {**own, "user_id": str(user_id), "email": email}
    held = {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}
    return Restriction((), tuple(sorted(held.items())))
