"""Identifiers of rows: UUID version 7, so that the order of ids is the order of creation."""

from datetime import datetime
from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh time-ordered UUID (RFC 9562, version 7)."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def first_id_at(moment: datetime) -> UUID:
    """What no id made at or after `moment` (to the millisecond) is smaller than."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80)
