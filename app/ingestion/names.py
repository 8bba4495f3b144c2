"""Names in SQL for headers and files, by one stable rule: letters and digits of any script stay."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import PurePath

MAX_NAME = 63
"""Longest identifier, in characters: PostgreSQL's limit, so that names survive a move."""

_SEPARATORS = re.compile(r"\W+")


def words_of(header: str) -> list[str]:
    """The words of a header in lower case, parted at signs, underscores and changes from small to capital letters."""
    parted = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", header)
    return [word for word in re.split(r"[\W_]+", parted.lower()) if word]


def sql_name(text: str, fallback: str) -> str:
    """An identifier for `text`, accents and letter case kept; `fallback` when nothing of it is left."""
    name = _SEPARATORS.sub("_", unicodedata.normalize("NFC", text)).strip("_")[:MAX_NAME].rstrip("_")
    if not name:
        return fallback
    return f"_{name}" if name[0].isdigit() else name


def column_names(headers: Sequence[str]) -> tuple[str, ...]:
    """Distinct identifiers for `headers`; a repeated one (case ignored) gets a number, an empty one its place."""
    taken: set[str] = set()
    names = []
    for place, header in enumerate(headers, start=1):
        base = name = sql_name(header, f"column_{place}")
        count = 1
        while name.casefold() in taken:
            count += 1
            name = f"{base[: MAX_NAME - 6]}_{count}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def table_name(file_name: str) -> str:
    """The identifier of the table that the file `file_name` becomes: its name without folder and endings."""
    stem = PurePath(file_name.replace("\\", "/")).name
    while (shorter := re.sub(r"\.(csv|tsv|txt|tab|gz|zip|xlsx|parquet)$", "", stem, flags=re.IGNORECASE)) != stem:
        stem = shorter
    name = sql_name(stem, "table_1")
    return f"{name}_data" if name.casefold().startswith("sqlite_") else name
