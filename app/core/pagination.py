"""Cursor pagination: newest first, by the id that orders by time."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from app.core.errors import ValidationFailed
from app.core.i18n import Text

T = TypeVar("T")


class Identified(Protocol):
    """Anything with a time-ordered id."""

    @property
    def id(self) -> UUID:
        """Its id."""
        ...


Row = TypeVar("Row", bound=Identified)


class Numbered(Protocol):
    """Anything that is counted within what it belongs to."""

    @property
    def number(self) -> int:
        """Its number."""
        ...


Counted = TypeVar("Counted", bound=Numbered)

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is wanted: at most `limit` items older than `before`."""

    limit: int
    before: UUID | None

    @property
    def before_number(self) -> int | None:
        """The same for a list of numbered items, whose cursors hold their number."""
        return None if self.before is None else min(self.before.int, MAX_NUMBER)

    @property
    def offset(self) -> int:
        """The same for a ranking, whose cursors hold how many items come before the page."""
        return self.before_number or 0


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Items and the cursor of the next page, None on the last."""

    items: Sequence[T]
    next_cursor: str | None


def page_request(limit: int, cursor: str | None) -> PageRequest:
    """The page that the query parameters ask for. Raises ValidationFailed on a cursor we did not make."""
    return PageRequest(limit=limit, before=None if cursor is None else _decode(cursor))


def page_of(rows: Sequence[Row], request: PageRequest) -> Page[Row]:
    """A page from up to `limit + 1` rows: the extra row tells that there is a next page."""
    items = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(items=items, next_cursor=_encode(items[-1].id) if more else None)


def numbered_page_of(rows: Sequence[Counted], request: PageRequest) -> Page[Counted]:
    """The same for items that are ordered by their number."""
    items = rows[: request.limit]
    more = len(rows) > request.limit
    return Page(items=items, next_cursor=_encode(UUID(int=items[-1].number)) if more else None)


def ranked_page_of(rows: Sequence[T], request: PageRequest) -> Page[T]:
    """The same for a ranking that has no order but its own."""
    more = len(rows) > request.limit
    after = UUID(int=request.offset + request.limit)
    return Page(items=rows[: request.limit], next_cursor=_encode(after) if more else None)


def _encode(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def _decode(cursor: str) -> UUID:
    try:
        return UUID(bytes=base64.urlsafe_b64decode(cursor + "=="))
    except (binascii.Error, ValueError) as error:
        raise ValidationFailed(
            Text(en="The cursor is not one of ours.", pt="O cursor não é válido."), pointer="/cursor"
        ) from error
