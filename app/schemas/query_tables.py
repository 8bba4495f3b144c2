"""Shapes of tables that are made of an answer."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.common import RequestModel, ResponseModel


class NewTableCreate(RequestModel):
    """How the table shall be called."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    """Small letters, digits and underscores. A table that exists is never written over."""


class NewTableRead(ResponseModel):
    """A table that was made."""

    database_id: UUID
    schema_name: str
    name: str
    rows: int
    """All that the statement gives; the row limit of answers does not cut them."""
    sql: str
    """The statement whose rows it holds."""
