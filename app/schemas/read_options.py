"""What a sender may say of a file before it is read; whatever is left out is detected."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from app.schemas.common import RequestModel


def _one_line(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise ValueError("the end of a line parts records, not fields")
    return text


def _text_encoding(name: str) -> str:
    """`name` when files can be read by it. Raises ValueError for no encoding, or one that is not for texts of files."""
    try:
        b"\xff\x00a\x00".decode(name, "replace")
        reads_streams = codecs.lookup(name).incrementaldecoder is not None
    except (LookupError, ValueError) as error:
        raise ValueError(f"there is no encoding of texts called {name!r}") from error
    if not reads_streams:
        raise ValueError(f"{name!r} is not an encoding of files")
    return name


Mark = Annotated[str, StringConstraints(max_length=1), AfterValidator(_one_line)]
ColumnType = Literal["integer", "real", "boolean", "text", "date", "time", "timestamp"]
Header = Annotated[str, StringConstraints(max_length=10_000)]


class FileOptions(RequestModel):
    """What the sender knows of a file better than detection does."""

    encoding: Annotated[str, StringConstraints(max_length=40), AfterValidator(_text_encoding)] | None = None
    """Such as `utf-8`, `utf-16` or `windows-1252`."""
    delimiter: Annotated[str, StringConstraints(max_length=4), AfterValidator(_one_line)] | None = None
    """What parts the fields; empty for a single column."""
    quote: Mark | None = None
    """Quoting character; empty for none."""
    escape: Mark | None = None
    """Character before a quote inside quotes; empty for doubled quotes only."""
    has_header: bool | None = None
    """Whether the first line of the table names its columns."""
    skip_lines: int | None = Field(default=None, ge=0, le=10_000_000)
    """Lines before the table, counted from the first line of the file."""
    decimal: Literal[".", ","] | None = None
    """Decimal mark of numbers that allow two readings, such as `1.234`."""
    decimals: dict[Header, Literal[".", ","]] = Field(default_factory=dict, max_length=2000)
    """The same for single columns, by header, where they differ from the rest of the file."""
    day_first: bool | None = None
    """Whether the day comes first in dates that allow two readings, such as `03/04/2024`."""
    sheet: Annotated[str, StringConstraints(max_length=255)] | None = None
    """Name of the sheet of a spreadsheet; left out: the first visible one that holds something."""
    member: Annotated[str, StringConstraints(max_length=1000)] | None = None
    """Name of the file in a zip archive; left out: the only table in it."""
    types: dict[Header, ColumnType] = Field(default_factory=dict, max_length=2000)
    """Type of a column by its header; values that do not fit become empty, are counted and listed."""

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if self.delimiter and self.delimiter in (self.quote, self.escape):
            raise ValueError("the delimiter cannot be the quote or the escape as well")
        return self
