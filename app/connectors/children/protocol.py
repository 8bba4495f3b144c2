"""Messages between a pool and its children: JSON with a length before it, on a socket pair."""

import base64
import struct
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


def tagged(cell: bytes | float) -> dict[str, str]:
    """A cell that JSON has no form for: bytes, or a number that is not finite."""
    return {"b": base64.b64encode(cell).decode()} if isinstance(cell, bytes) else {"f": repr(cell)}


def untagged(cell: Any) -> Any:
    """The cell that `tagged` wrote; any other cell as it is."""
    if not isinstance(cell, dict):
        return cell
    return base64.b64decode(cell["b"]) if "b" in cell else float(cell["f"])
