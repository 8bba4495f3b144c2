"""Shapes of the rules on rows and columns of a shared source."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.users import RoleName

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class TableRulesWrite(RequestModel):
    """What may be seen of one table."""

    table: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    """Name in SQL."""
    filter: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] | None = None
    """Condition that a row must meet, in the source's SQL, over the columns of this table and `:name` for attributes of
    whoever asks: `user_id`, `email`, and those that its manager has set."""
    hidden: list[ColumnName] = Field(default_factory=list, max_length=2000)
    """Columns that are as if they were not there; the filter may use them."""
    left_out: bool = False
    """The whole table is as if it were not there. For databases."""


class RulesWrite(RequestModel):
    """The rules of a source for one role, in place of those before."""

    role_id: UUID | None = None
    """Null: for everybody whose role has no rules of its own."""
    tables: list[TableRulesWrite] = Field(min_length=1, max_length=500)
    """A table that is not named is read whole."""


class TableRulesRead(ResponseModel):
    """What may be seen of one table."""

    table: str
    filter: str | None
    hidden: list[str]
    left_out: bool


class RulesRead(ResponseModel):
    """The rules of a source for one role."""

    id: UUID
    role: RoleName | None
    """Null: for everybody whose role has no rules of its own."""
    tables: list[TableRulesRead]
    version: int
    """Rises with every change; answers that were given under another version are no longer shown."""
    updated_at: datetime
