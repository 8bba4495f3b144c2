"""Messages between a pool and its children: JSON with a length before it, on a socket pair."""

import base64
import struct
from decimal import Decimal
from typing import Any

import orjson

HEADER = struct.Struct("!I")
"""Length of the message that follows, in bytes."""


def pack(message: dict[str, Any]) -> bytes:
    """One message as it goes over the socket."""
    body = orjson.dumps(message)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> dict[str, Any]:
    """The message in `body`. Raises ValueError when it is none."""
    message = orjson.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message must be an object")
    return message


def tagged(cell: bytes | float | Decimal) -> dict[str, str]:
    """A cell that JSON has no form for: bytes, a decimal, a number that is not finite or beyond 64 bits."""
    match cell:
        case bytes():
            return {"b": base64.b64encode(cell).decode()}
        case Decimal():
            return {"d": str(cell)}
        case int():
            return {"i": str(cell)}
    return {"f": repr(cell)}


def untagged(cell: Any) -> Any:
    """The cell that `tagged` wrote; any other cell as it is."""
    match cell:
        case {"b": text}:
            return base64.b64decode(text)
        case {"d": text}:
            return Decimal(text)
        case {"i": text}:
            return int(text)
        case {"f": text}:
            return float(text)
    return cell
