"""Identifiers of rows: UUID version 7, so that the order of ids is the order of creation."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh time-ordered UUID (RFC 9562, version 7)."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
