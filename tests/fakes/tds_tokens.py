"""The tokens of TDS 7.4 that a server writes (MS-TDS 2.2.7), for DuckDB's types."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

COLLATION = bytes([0x09, 0x04, 0xD0, 0x00, 0x34])
"""SQL_Latin1_General_CP1_CI_AS."""
_MAX = 0xFFFF
_NULL_CHUNKS = b"\xff" * 8
_UNKNOWN_LENGTH = struct.pack("<Q", 0xFFFFFFFFFFFFFFFE)
_HIGHEST_PRECISION = 38
_EPOCH = date(1, 1, 1)


def short_text(text: str) -> bytes:
    """B_VARCHAR: a length of one byte, then UTF-16."""
    return bytes([len(text)]) + text.encode("utf-16-le")


def done(*, status: int = 0, rows: int = 0, token: int = 0xFD) -> bytes:
    """DONE; status 1: more follows, 2: error, 0x10: `rows` counts, 0x20: the answer to an attention."""
    return struct.pack("<BHHQ", token, status, 0xC1, rows)


def error(number: int, text: str, severity: int = 16) -> bytes:
    """ERROR."""
    message = text[:2000].encode("utf-16-le")
    body = struct.pack("<iBBH", number, 1, severity, len(message) // 2) + message
    body += short_text("fake") + short_text("") + struct.pack("<i", 1)
    return b"\xaa" + struct.pack("<H", len(body)) + body


def environment(kind: int, new: bytes, old: bytes = b"\0") -> bytes:
    """ENVCHANGE; `new` and `old` with their lengths."""
    body = bytes([kind]) + new + old
    return b"\xe3" + struct.pack("<H", len(body)) + body


def login_accepted() -> bytes:
    """LOGINACK."""
    body = struct.pack(">BI", 1, 0x74000004) + short_text("Microsoft SQL Server") + bytes([16, 0, 3, 232])
    return b"\xad" + struct.pack("<H", len(body)) + body


def metadata(columns: Sequence[tuple[str, str]]) -> bytes:
    """COLMETADATA."""
    out = b"\x81" + struct.pack("<H", len(columns))
    for name, kind in columns:
        out += struct.pack("<IH", 0, 1) + _type(kind) + short_text(name[:120])
    return out


def row(columns: Sequence[tuple[str, str]], values: Sequence[Any]) -> bytes:
    """ROW."""
    return b"\xd1" + b"".join(_value(kind, value) for (_, kind), value in zip(columns, values, strict=True))


def _decimal_form(kind: str) -> tuple[int, int] | None:
    if kind == "HUGEINT":
        return _HIGHEST_PRECISION, 0
    if not kind.startswith("DECIMAL"):
        return None
    precision, scale = map(int, kind[8:-1].split(","))
    return precision, scale


def _type(kind: str) -> bytes:
    if (form := _decimal_form(kind)) is not None:
        return bytes([0x6C, 17, *form])
    fixed = {
        "BIGINT": b"\x26\x08",
        "INTEGER": b"\x26\x04",
        '"NULL"': b"\x26\x04",
        "DOUBLE": b"\x6d\x08",
        "BOOLEAN": b"\x68\x01",
        "DATE": b"\x28",
        "TIME": b"\x29\x07",
        "TIMESTAMP": b"\x2a\x07",
        "TIMESTAMP WITH TIME ZONE": b"\x2b\x07",
        "UUID": b"\x24\x10",
        "BLOB": b"\xa5" + struct.pack("<H", _MAX),
    }
    return fixed.get(kind, b"\xe7" + struct.pack("<H", _MAX) + COLLATION)


def _value(kind: str, value: Any) -> bytes:
    is_long = _type(kind)[0] in {0xA5, 0xE7}
    if value is None:
        return _NULL_CHUNKS if is_long else b"\0"
    if is_long:
        return _chunks(value if isinstance(value, bytes) else str(value).encode("utf-16-le"))
    if (form := _decimal_form(kind)) is not None:
        # By digits: arithmetic would round to those of the context.
        sign, digits, exponent = Decimal(value).as_tuple()
        size: int = int("".join(map(str, digits))) * 10 ** (form[1] + int(exponent))
        return bytes([17, int(not sign)]) + size.to_bytes(16, "little")
    data = _plain(kind, value)
    return bytes([len(data)]) + data


def _plain(kind: str, value: Any) -> bytes:
    match kind:
        case "BIGINT":
            return struct.pack("<q", value)
        case "INTEGER" | '"NULL"':
            return struct.pack("<i", value)
        case "DOUBLE":
            return struct.pack("<d", value)
        case "BOOLEAN":
            return bytes([value])
        case "DATE":
            return _days(value)
        case "TIME":
            return _clock(value)
        case "TIMESTAMP":
            return _clock(value.time()) + _days(value.date())
        case "UUID":
            return bytes(value.bytes_le)
    moment: datetime = value.astimezone(UTC)
    return _clock(moment.time()) + _days(moment.date()) + struct.pack("<h", 0)


def _days(value: date) -> bytes:
    return (value - _EPOCH).days.to_bytes(3, "little")


def _clock(value: time) -> bytes:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return ((seconds * 1_000_000 + value.microsecond) * 10).to_bytes(5, "little")


def _chunks(data: bytes) -> bytes:
    whole = struct.pack("<I", len(data)) + data if data else b""
    return _UNKNOWN_LENGTH + whole + bytes(4)
