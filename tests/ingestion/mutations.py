"""Files that nobody would send on purpose: real and made tables, broken at random, the same for the same number."""

import gzip
import io
import random
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ingestion.pollutions import pollutions, source_rows

SEED_BYTES = 24 * 1024
"""What is taken of a seed: mutations hit more of a small file, and ten thousand of them are tried."""
_MARKS: tuple[bytes, ...] = (
    *(b'"', b"'", b",", b";", b"\t", b"|", b"\n", b"\r", b"\r\n", b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xc3"),
    *(b'""', b'"\n', b"\n\n\n", b"=1+1", b"-", b"1e999", b"9" * 400, b"31/12/2024", b"R$ 1.234,56", b"\xe2\x80\xae"),
)
_OPTIONS: dict[str, Sequence[Any]] = {
    "encoding": ("utf-8", "utf-16", "cp1252", "utf-7", "base64", "rot13", "idna", "no-such", "", "utf-8\x00"),
    "delimiter": (",", ";", "\t", "||", "", "\n", '"', "a", "\x00", "\u20ac" * 5),
    "quote": ('"', "'", "", "ab", "\n", ","),
    "escape": ("\\", "", '"', "xy"),
    "has_header": (True, False),
    "skip_lines": (0, 1, 7, 10**6, -1),
    "decimal": (",", ".", "x", ""),
    "day_first": (True, False),
    "sheet": ("Sheet1", "não há"),
    "member": ("a.csv", "../../etc/passwd"),
    "types": ({"DAY": "text"}, {"Units": "real"}, {"Units": "date", "Price": "boolean"}, {"nobody": "integer"}),
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken file, and what its sender claims to know of it."""

    name: str
    content: bytes
    options: dict[str, Any]


def seeds(folders: Sequence[Path]) -> list[bytes]:
    """Beginnings of the CSV files in `folders`, and of one polluted file of each kind."""
    found = [path.read_bytes()[:SEED_BYTES] for folder in folders for path in sorted(folder.rglob("*.csv"))]
    kinds = {polluted.kind: polluted.content for polluted in pollutions(source_rows(20))}
    return [*found, *kinds.values()]


def mutant(number: int, of: Sequence[bytes]) -> Mutant:
    """The broken file `number` made of the seeds `of`."""
    draw = random.Random(number)
    content = draw.choice(of)
    for _ in range(draw.choice((0, 1, 1, 2, 4, 8))):
        content = draw.choice(_MUTATIONS)(content, draw, of)
    ending = draw.choice((".csv", ".CSV", ".tsv", ".txt", ".csv.gz", ".zip", ".xlsx", ".parquet"))
    options = {
        name: draw.choice(values) for name, values in _OPTIONS.items() if draw.random() < draw.choice((0, 0, 0.1))
    }
    return Mutant(f"mutant {number}{ending}", content, options)


def _flip(content: bytes, draw: random.Random, _of: Sequence[bytes]) -> bytes:
    data = bytearray(content)
    for _ in range(draw.choice((1, 3, 20))):
        if data:
            data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def _insert(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    place = draw.randint(0, len(content))
    return content[:place] + draw.choice(_MARKS) * draw.choice((1, 1, 2, 50)) + content[place:]


def _replace_mark(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    return content.replace(draw.choice(_MARKS), draw.choice(_MARKS), draw.choice((1, 10, -1)))[: 4 * SEED_BYTES]


def _cut(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    a, b = sorted((draw.randint(0, len(content)), draw.randint(0, len(content))))
    return draw.choice((content[:a], content[a:], content[:a] + content[b:], content[a:b]))


def _repeat(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    line = draw.choice(lines)
    place = draw.randrange(len(lines) + 1)
    return b"".join([*lines[:place], line * draw.choice((1, 5, 200)), *lines[place:]])[: 4 * SEED_BYTES]


def _shuffle(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    lines = content.splitlines(keepends=True)
    draw.shuffle(lines)
    return b"".join(lines)


def _splice(content: bytes, draw: random.Random, of: Sequence[bytes]) -> bytes:
    other = draw.choice(of)
    return content[: draw.randint(0, len(content))] + other[draw.randint(0, len(other)) :]


def _recode(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    text = content.decode("utf-8", "replace")
    return text.encode(draw.choice(("utf-16", "utf-16-le", "cp1252", "utf-8-sig", "utf-32", "cp850")), "replace")


def _long_field(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    place = draw.randint(0, len(content))
    return (
        content[:place] + draw.choice((b"x", b'"', b",", b"1", b" ")) * draw.choice((5_000, 200_000)) + content[place:]
    )


def _noise(_content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    return draw.randbytes(draw.choice((0, 1, 3, 100, 5000)))


def _gzip(content: bytes, _draw: random.Random, _: Sequence[bytes]) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def _zip(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in draw.sample(("a.csv", "b.csv", "../c.csv", ".hidden", "d/e.txt"), draw.choice((1, 1, 2))):
            archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _dress(content: bytes, draw: random.Random, _: Sequence[bytes]) -> bytes:
    return (
        draw.choice((b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF-1.7")) + content
    )


_MUTATIONS: tuple[Callable[[bytes, random.Random, Sequence[bytes]], bytes], ...] = (
    *(_flip, _insert, _insert, _replace_mark, _cut, _repeat, _shuffle, _splice, _recode, _long_field, _noise),
    *(_gzip, _zip, _dress),
)
