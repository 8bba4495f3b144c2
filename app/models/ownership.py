"""Which rows belong to a person, read from the foreign keys: all that would go if the row of the account went.

A new table of people's things needs no entry anywhere: its key to `users` (or to a table that has one) with
ON DELETE CASCADE makes it part of what is erased and exported.
"""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Table, or_, select

from app.models.base import Base

USERS = "users"


def owned_tables() -> Iterator[Table]:
    """The tables whose rows belong to an account by themselves."""
    for table in Base.metadata.tables.values():
        if any(key.column.table.name == USERS for key in _cascading(table)):
            yield table


def of_user(table: Table, user_id: UUID | ColumnElement[UUID]) -> ColumnElement[bool] | None:
    """The condition for rows of `table` that belong to the account, by themselves or through what they are part of.

    None when rows of that table belong to nobody.
    """
    keys = _cascading(table)
    own = [key.parent == user_id for key in keys if key.column.table.name == USERS]
    if own:
        return or_(*own)
    for key in keys:
        above = None if key.column.table is table else of_user(key.column.table, user_id)
        if above is not None:
            return key.parent.in_(select(key.column).where(above))
    return None


def _cascading(table: Table) -> list[ForeignKey]:
    """The keys that take a row along; the one that names it first, because a row is part of that."""
    keys = [key for key in table.foreign_keys if key.ondelete == "CASCADE"]
    return sorted(keys, key=lambda key: (not key.parent.primary_key, key.parent.name))
