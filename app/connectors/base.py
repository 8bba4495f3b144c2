"""The one interface to users' data: what a statement may cost, what it gives back, and who can run it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Protocol

from app.connectors.catalog import Catalog, DataType

Cell = None | bool | int | float | str | bytes | Decimal | date | datetime | time


@dataclass(frozen=True, slots=True)
class Column:
    """Name and type of one column of a result."""

    name: str
    type: DataType


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one statement: rows and bytes are cut (and said so), time ends it."""

    max_rows: int = 1000
    max_bytes: int = 20 * 1024**2
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ResultSet:
    """Rows that a statement gave, already cut to its limits."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool
    """True when the statement had more rows (or bytes) than the limits allowed."""
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class CheckedStatement:
    """SQL that passed the gate: the text regenerated from the checked tree, which is what runs.

    Only `app.connectors.sql_gate.check` makes one outside of tests.
    """

    sql: str
    dialect: str
    tables: tuple[str, ...]
    """Tables that it reads, as the source spells them."""
    asked: str | None = None
    """The text without what a policy added to it; None where none did."""

    @property
    def shown(self) -> str:
        """The text that may be told to whoever asked: the rules on rows are not for their eyes."""
        return self.sql if self.asked is None else self.asked


class Connector(Protocol):
    """A way to ask one source. Safe to share between concurrent questions of one process."""

    dialect: str
    """sqlglot's name of the dialect that the source speaks."""

    async def introspect(self) -> Catalog:
        """Tables, columns, keys and profile of the source."""
        ...

    async def query(self, statement: CheckedStatement, limits: Limits) -> ResultSet:
        """Runs one statement read-only.

        Cancelling the awaiting task ends the statement itself. Raises SqlInvalid, RefusedByPolicy (the engine's own
        walls), TimedOut, DatabaseUnreachable.
        """
        ...

    async def explain(self, statement: CheckedStatement, timeout_s: float) -> None:
        """Dry run: raises what `query` would raise at preparation, returns nothing."""
        ...

    async def close(self) -> None:
        """Releases what the connector holds; running statements end."""
        ...
