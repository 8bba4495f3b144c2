"""A small table written in many broken ways, each with the table that a reader should make of it.

The kinds follow what surveys of open-data portals found in real files: missing and surplus delimiters, stray quotes,
other structural characters, several header lines, texts around the table.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

HEADER = ("DAY", "HOUR", "Units", "CODE", "Price", "Kind", "Description", "Link", "Remarks")
_KINDS = ("Camp Stove", "Men's Rain Jacket", "Light, Warm Blanket", "Trail Map 1:25", "Water Bottle")
_TEXTS = (
    "Boils a litre in four minutes, packs small, and weighs next to nothing.",
    'Sold as "the last one you buy"; seams are taped, zips are covered.',
    "From river to ridge, this one doesn't let you down.",
    "Fold it, roll it, wash it. Made of wool",
)


@dataclass(frozen=True, slots=True)
class Written:
    """One way of writing: structural characters, and what stands around the table."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    end: str = "\r\n"


@dataclass(frozen=True, slots=True)
class Polluted:
    """A polluted file and its table; without a header any names are right."""

    kind: str
    """Pollutions of one kind count together."""
    name: str
    content: bytes
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def source_rows(count: int = 60) -> list[list[str]]:
    """Rows of dates, times, numbers, codes, prices, names, prose with commas and quotes, addresses, nothing."""
    draw = random.Random(7)
    rows = []
    for number in range(count):
        code = f"{draw.choice('ABC')}{draw.choice('XYZ')}-{draw.randint(1000, 9999)}"
        rows.append(
            [
                f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/2018",
                f"{number % 24:02d}:{number * 15 % 60:02d}",
                str(draw.randint(0, 9)),
                code,
                f"${draw.randint(1000, 19999) / 100:.2f}",
                draw.choice(_KINDS),
                draw.choice(_TEXTS),
                f"https://shop.example.org/item/{code}.html",
                "",
            ]
        )
    return rows


def pollutions(rows: Sequence[Sequence[str]], *, every_place: bool = True) -> Iterator[Polluted]:
    """All polluted versions of `rows` under HEADER; with `every_place` false, those of single cells in few places."""
    yield from _of_structure(rows)
    yield from _of_surroundings(rows)
    places = range(len(rows) + 1) if every_place else (0, 1, 2, len(rows) // 2, len(rows))
    for place in places:
        yield from _of_row(rows, place)


def _cell(text: str, way: Written, *, always: bool = False) -> str:
    special = way.delimiter in text or way.quote in text or "\n" in text
    if not (special or always):
        return text
    return way.quote + text.replace(way.quote, way.escape + way.quote) + way.quote


def _line(cells: Sequence[str], way: Written) -> str:
    return way.delimiter.join(_cell(cell, way, always=i in (6, 7)) for i, cell in enumerate(cells))


def _text(table: Sequence[Sequence[str]], way: Written) -> str:
    return "".join(_line(row, way) + way.end for row in table)


def _table(rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _of_structure(rows: Sequence[Sequence[str]]) -> Iterator[Polluted]:
    """Other delimiters, quotes, escapes, line ends and encodings of the whole file."""
    plain = Written()
    ways = {
        "as it should be": plain,
        **{f"delimiter {mark!r}": replace(plain, delimiter=mark) for mark in (";", "\t", "|", " ", ", ", ":")},
        "quote '": replace(plain, quote="'", escape="'"),
        "escape backslash": replace(plain, escape="\\"),
        "escape none": replace(plain, escape=""),
        **{f"line end {end!r}": replace(plain, end=end) for end in ("\n", "\r")},
    }
    for name, way in ways.items():
        yield Polluted("structure", name, _text([HEADER, *rows], way).encode(), HEADER, _table(rows))
    accented = [[*row[:5], row[5].replace("Camp", "Campèr"), *row[6:]] for row in rows]
    for codec in ("utf-8-sig", "cp1252", "utf-16"):
        content = _text([HEADER, *accented], plain).encode(codec)
        yield Polluted("structure", f"encoding {codec}", content, HEADER, _table(accented))


def _of_surroundings(rows: Sequence[Sequence[str]]) -> Iterator[Polluted]:
    """What stands before, after and above the rows."""
    way, names, table = Written(), HEADER, _table(rows)
    whole, body = _text([HEADER, *rows], way), _text(rows, way)
    empty = way.delimiter * (len(HEADER) - 1) + way.end

    def polluted(name: str, text: str, header: tuple[str, ...] = names, read: object = table) -> Polluted:
        assert isinstance(read, tuple)
        return Polluted("file", name, text.encode(), header, read)

    yield polluted("empty", "", (), ())
    yield polluted("no trailing line end", whole.removesuffix(way.end))
    yield polluted("two trailing line ends", whole + way.end)
    yield polluted("no header", body, ())
    yield polluted("header only", _text([HEADER], way), read=())
    yield polluted("one row", _text([HEADER, rows[0]], way), read=table[:1])
    yield polluted("one row without header", _text(rows[:1], way), (), table[:1])
    for count in (2, 3):
        yield polluted(f"header repeated on {count} lines", _text([HEADER] * count, way) + body)
        second = [f"part {i} of it" for i in range(len(HEADER))]
        joined = tuple(f"{name} {' '.join([part] * 1)}" for name, part in zip(HEADER, second, strict=True))
        yield polluted(
            f"header of {count} different lines", _text([HEADER, *[second] * (count - 1)], way) + body, joined
        )
    for count in (1, 3):
        for label, line in (("bare", f"Sales of the north{way.end}"), ("delimited", "Sales of the north" + empty)):
            for gap in ("", way.end, empty):
                sign = {"": "", way.end: ", blank line", empty: ", empty record"}[gap]
                yield polluted(f"preamble of {count} lines, {label}{sign}", line * count + gap + whole)
                note = line.replace("Sales", "Source: sales")
                yield polluted(f"footnote of {count} lines, {label}{sign}", whole + gap + note * count)
    yield polluted(
        "one column", _text([[row[6]] for row in [HEADER, *rows]], way), ("Description",), tuple((r[6],) for r in rows)
    )
    unnamed = ("", *HEADER[1:])
    yield polluted("first name missing", _text([unnamed, *rows], way), unnamed)
    twice = (*HEADER[:3], HEADER[1], *HEADER[4:])
    yield polluted("a name twice", _text([twice, *rows], way), twice)


def _of_row(rows: Sequence[Sequence[str]], place: int) -> Iterator[Polluted]:
    """One line (0 is the header's) with a delimiter too few or too many, a stray quote, or another delimiter."""
    way, table = Written(), [list(HEADER), *[list(row) for row in rows]]
    cells = [_cell(cell, way, always=i in (6, 7)) for i, cell in enumerate(table[place])]
    before, after = _text(table[:place], way), _text(table[place + 1 :], way)

    def polluted(kind: str, name: str, line: str, read: list[str]) -> Polluted:
        content = (before + line + way.end + after).encode()
        result = [*table[:place], read, *table[place + 1 :]]
        return Polluted(kind, f"{name} in line {place}", content, tuple(result[0]), _table(result[1:]))

    for i, cell in enumerate(table[place]):
        merged = [*table[place][:i], "".join(table[place][i : i + 2]), *table[place][i + 2 :]]
        if i + 1 < len(cells):
            line = ",".join([*cells[:i], cells[i] + cells[i + 1], *cells[i + 2 :]])
            yield polluted("delimiter missing", f"delimiter {i} missing", line, merged)
        more = [*table[place][:i], "", *table[place][i:]]
        line = ",".join([*cells[:i], "", *cells[i:]])
        yield polluted("delimiter surplus", f"delimiter {i} twice", line, more)
        stray = cells[i][:1] + cells[i] if cells[i].startswith('"') else '"' + cells[i]
        line = ",".join([*cells[:i], stray, *cells[i + 1 :]])
        kept = '"' + cell if cells[i].startswith('"') else cell
        quoted = [*table[place][:i], kept, *table[place][i + 1 :]]
        yield polluted("stray quote", f"stray quote at {i}", line, quoted)
    spaced = _line(table[place], replace(way, delimiter=" "))
    yield polluted("delimiter of one row", "spaces", spaced, table[place])
