"""Shapes of uploaded files and their versions."""

import re
import unicodedata
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.schemas.common import RequestModel, ResponseModel
from app.schemas.queries import QueryError, ResultColumn
from app.schemas.read_options import FileOptions
from app.schemas.shares import SharedBy

_UNSAFE = re.compile(r"[/\\\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def _harmless(name: str) -> str:
    if _UNSAFE.search(name) or name in {".", ".."}:
        raise ValueError("a name has no folders, control characters or marks of direction")
    return unicodedata.normalize("NFC", name)


FileName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), AfterValidator(_harmless)
]


class ColumnText(RequestModel):
    """What people say of one column."""

    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    """Name for people, by which it may be asked for; empty or left out: its header."""
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] | None = None
    """What it holds."""


class FileUpdate(RequestModel):
    """What people may change of a file; a field that is left out stays as it is."""

    name: FileName
    description: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] | None = None
    columns: dict[str, ColumnText] | None = Field(default=None, max_length=2000)
    """By name in SQL; replaces what was said of all columns before."""


class RereadRequest(RequestModel):
    """How to read the stored bytes this time."""

    options: FileOptions


class ColumnTextRead(ResponseModel):
    """What people have said of one column."""

    label: str | None = None
    description: str | None = None


class FileRead(ResponseModel):
    """A file as a data source."""

    id: UUID
    name: str
    shared_by: SharedBy | None
    """Null: the file is one's own. What is shared can be read and asked about, and not be changed."""
    description: str
    columns: dict[str, ColumnTextRead]
    """What people have said of its columns, by name in SQL."""
    state: str
    """`queued`, `ingesting`, `ready` or `failed`; agents can be asked when it is `ready`."""
    version: int
    """The version that is asked; the newest one while none is ready."""
    newest_version: int
    newest_state: str
    """State of the newest version, which may still be read while an older one is asked."""
    size_bytes: int
    sha256: str | None
    """Of the bytes that were sent; null until the chunks of an upload have been put together."""
    rows: int | None
    """Rows of its table, once it is ready."""
    error: QueryError | None
    """Why the newest version cannot be read, when it failed."""
    created_at: datetime
    finished_at: datetime | None


class FileVersionRead(ResponseModel):
    """One version of a file."""

    number: int
    state: str
    origin: str
    """`upload`, `replace`, `append` or `reread`."""
    is_current: bool
    """Whether a question asked now reads it."""
    size_bytes: int
    stored_bytes: int
    """What it takes of the storage quota."""
    sha256: str | None
    rows: int | None
    options: dict[str, Any]
    """What the sender said of the file."""
    error: QueryError | None
    created_at: datetime
    finished_at: datetime | None


class FileVersionsRead(ResponseModel):
    """The versions of a file that are kept, newest first."""

    items: list[FileVersionRead]


class FileProgress(ResponseModel):
    """How far the reading of a file has come."""

    rows_done: int
    bytes_done: int
    total_bytes: int
    percent: int = Field(ge=0, le=100)


class FileStatus(ResponseModel):
    """Where the newest version of a file stands."""

    id: UUID
    version: int
    state: str
    progress: FileProgress
    error: QueryError | None
    created_at: datetime
    finished_at: datetime | None


class FilePreview(ResponseModel):
    """The first rows of a file, what its columns hold, and what reading it changed."""

    id: UUID
    version: int
    table: str
    """Name of the table in SQL."""
    rows_total: int | None
    columns: list[ResultColumn]
    rows: list[list[Any]]
    profile: list[dict[str, Any]]
    """For each column: type, label, description, nulls, distinct values, least and greatest, common values."""
    report: dict[str, Any]
    """What was detected and decided: encoding, delimiter, header, and the values that were changed or rejected."""
