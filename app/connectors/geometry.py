"""Shapes in well-known binary (OGC 06-103r4, section 8.2) as well-known text."""

import struct
from dataclasses import dataclass

_NAMES = {
    1: "POINT",
    2: "LINESTRING",
    3: "POLYGON",
    4: "MULTIPOINT",
    5: "MULTILINESTRING",
    6: "MULTIPOLYGON",
    7: "GEOMETRYCOLLECTION",
}
_MAX_DEPTH = 32
"""Collections hold collections; nobody's data nests them deeper."""


def shape_text(data: bytes) -> str | None:
    """The text of a shape, such as `POINT(1 2)`; None when `data` is no shape of two dimensions."""
    reader = _Reader(data)
    try:
        text = reader.shape(0)
    except (struct.error, KeyError, ValueError):
        return None
    return text if reader.place == len(data) else None


@dataclass(slots=True)
class _Reader:
    """Reads one shape after the other."""

    data: bytes
    place: int = 0

    def shape(self, depth: int) -> str:
        if depth > _MAX_DEPTH:
            raise ValueError("too deep")
        order = "<" if self._number("B") == 1 else ">"
        name = _NAMES[self._number(f"{order}I")]
        return f"{name}{self._body(name, order, depth)}"

    def _body(self, name: str, order: str, depth: int) -> str:
        if name == "POINT":
            return f"({self._point(order)})"
        if name == "LINESTRING":
            return self._line(order)
        count = self._number(f"{order}I")
        if name == "POLYGON":
            return self._joined([self._line(order) for _ in range(count)])
        parts = [self.shape(depth + 1) for _ in range(count)]
        if name != "GEOMETRYCOLLECTION":
            single = name.removeprefix("MULTI")
            parts = [part.removeprefix(single) for part in parts]
        return self._joined(parts)

    def _line(self, order: str) -> str:
        return self._joined([self._point(order) for _ in range(self._number(f"{order}I"))])

    def _point(self, order: str) -> str:
        x, y = struct.unpack_from(f"{order}2d", self.data, self.place)
        self.place += 16
        return f"{_written(x)} {_written(y)}"

    def _number(self, form: str) -> int:
        (number,) = struct.unpack_from(form, self.data, self.place)
        self.place += struct.calcsize(form)
        return int(number)

    @staticmethod
    def _joined(parts: list[str]) -> str:
        return f"({','.join(parts)})" if parts else " EMPTY"


def _written(number: float) -> str:
    """The shortest digits that give the same number again."""
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)
