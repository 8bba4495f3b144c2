"""Parts a large text file at the ends of records, so that each processor reads one part."""

import os
from itertools import pairwise
from pathlib import Path

SEARCH_BYTES = 1024**2
"""How far after the wanted place the end of a record is looked for."""
CHUNK = 4 * 1024**2


def split_records(path: Path, folder: Path, *, quote: str, parts: int, part_bytes: int) -> list[Path]:
    """At most `parts` files in `folder` that joined are the file at `path`; the file itself when it is not parted.

    No part is planned smaller than `part_bytes`.

    Fields may hold line ends inside of `quote`, which is doubled where it stands for itself: a line end after an even
    number of quotes ends a record. Where the text breaks this rule a part ends within quotes, which its reader notices.
    """
    wanted = min(parts, path.stat().st_size // part_bytes)
    ends = _record_ends(path, quote.encode(), wanted) if wanted > 1 and len(quote.encode()) <= 1 else []
    if not ends:
        return [path]
    made = []
    with path.open("rb") as source:
        for number, (start, end) in enumerate(pairwise([0, *ends, path.stat().st_size])):
            target = folder / f"part-{number}.csv"
            _copy(source.fileno(), target, start, end)
            made.append(target)
    return made


def _record_ends(path: Path, quote: bytes, parts: int) -> list[int]:
    """Places right after the ends of records, near the places that part the file evenly."""
    size = path.stat().st_size
    ends: list[int] = []
    place = quotes = 0
    with path.open("rb") as file:
        for number in range(1, parts):
            goal = size * number // parts
            while place < goal and (chunk := file.read(min(CHUNK, goal - place))):
                place += len(chunk)
                quotes += chunk.count(quote) if quote else 0
            ahead = file.read(SEARCH_BYTES)
            end = _first_end(ahead, quote, is_quoted=quotes % 2 == 1)
            if end is None:
                break
            ends.append(place + end)
            quotes += ahead.count(quote) if quote else 0
            place += len(ahead)
    return ends


def _first_end(text: bytes, quote: bytes, *, is_quoted: bool) -> int | None:
    """Place after the first line end outside of quotes."""
    start = 0
    while (found := text.find(b"\n", start)) >= 0:
        if quote:
            is_quoted ^= text.count(quote, start, found) % 2 == 1
        if not is_quoted:
            return found + 1
        start = found + 1
    return None


def _copy(source: int, target: Path, start: int, end: int) -> None:
    with target.open("wb") as file:
        while start < end:
            copied = os.sendfile(file.fileno(), source, start, min(CHUNK * 16, end - start))
            if not copied:
                raise EOFError("the file became shorter while it was read")
            start += copied
