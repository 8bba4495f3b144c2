"""Finds the character encoding of a file: marks first, then proof by decoding, then likelihood."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from charset_normalizer import from_bytes

CHUNK = 256 * 1024
"""Bytes decoded at a time: what fits into the processor's cache is decoded four times as quickly."""
SAMPLE = 256 * 1024
"""Bytes looked at where a part has to stand for the whole."""
MIN_UTF8_SHARE = 0.95
"""Share of valid multi-byte sequences above which a file is UTF-8 with a few broken bytes."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEQUENCE = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_WESTERN = set("áàâãäåçéèêëíìîïñóòôõöúùûüýÁÀÂÃÄÅÇÉÈÊËÍÌÎÏÑÓÒÔÕÖÚÙÛÜÝßæøÆØ")
_WESTERN_SIGNS = set("ªº°§£€–—‘’“”•…®©²³½¼¾¿¡«»´×\xa0")


@dataclass(frozen=True, slots=True)
class Encoding:
    """The encoding of a file and how it was found."""

    codec: str
    """Name of a Python codec."""
    label: str
    """Name shown to people."""
    confidence: float
    """1 when a mark or valid decoding of the whole file proves it."""
    replaces_errors: bool = False
    """True when some bytes do not decode and are read as Windows-1252 instead."""


def detect_encoding(path: Path) -> Encoding:
    """The encoding of the file at `path`; reads it whole when it has bytes beyond ASCII."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Encoding(codec, codec, 1.0)
    wide = _utf16_without_mark(head)
    if wide:
        return Encoding(wide, wide, 0.9)
    kind, high = _scan(path)
    if kind == "ascii":
        return Encoding("utf-8", "ascii", 1.0)
    if kind == "utf-8":
        return Encoding("utf-8", "utf-8", 1.0)
    return _by_likelihood(high)


def wide_codec(path: Path, codec: str) -> str:
    """`codec` ("utf-16" or "utf-32") where the file begins with its mark, else the same with an order of bytes."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    if any(head.startswith(mark) for mark, marked in _MARKS if marked == codecs.lookup(codec).name):
        return codec
    order = (_utf16_without_mark(head) or "utf-16-le").removeprefix("utf-16")
    return codecs.lookup(codec).name + order


def _utf16_without_mark(head: bytes) -> str | None:
    """UTF-16 of mostly Latin text has a zero in every other byte."""
    if len(head) < 4 or b"\x00" not in head:
        return None
    half = len(head) // 2
    if head[1::2].count(0) > 0.7 * half and head[0::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _scan(path: Path) -> tuple[str, bytes]:
    """Whether the whole file is ASCII, UTF-8 or other; for other, a sample around bytes beyond ASCII."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    kind, sample = "ascii", bytearray()
    for chunk in _chunks(path):
        if not chunk.isascii():
            kind = "utf-8" if kind == "ascii" else kind
            if len(sample) < SAMPLE:
                first = _HIGH.search(chunk)
                sample += chunk[max(0, first.start() - 200) if first else 0 :][:SAMPLE]
        if kind != "other":
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                kind = "other"
        elif len(sample) >= SAMPLE:
            break
    if kind == "utf-8":
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            kind = "other"
    return kind, bytes(sample)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _by_likelihood(sample: bytes) -> Encoding:
    """Encoding of bytes that are not UTF-8: broken UTF-8, a Western code page, or what the statistics say."""
    valid = sum(len(found) for found in _SEQUENCE.findall(sample))
    high = len(_HIGH.findall(sample))
    if high and valid / high >= MIN_UTF8_SHARE:
        return Encoding("utf-8", "utf-8", 0.8, replaces_errors=True)
    scores = {codec: _western_score(sample.decode(codec, "replace")) for codec in ("cp1252", "cp850", "mac_roman")}
    best = max(scores, key=lambda codec: (scores[codec], codec == "cp1252"))
    if scores["cp1252"] >= 0.6 or scores["cp1252"] >= scores[best] - 0.15:
        best = "cp1252"
    if scores[best] >= 0.5:
        is_latin = best == "cp1252" and not re.search(rb"[\x80-\x9f]", sample)
        return Encoding(best, "iso-8859-1" if is_latin else best, round(scores[best], 2))
    guess = from_bytes(sample[:65536]).best()
    if guess is not None and guess.encoding not in ("ascii", "utf_8"):
        return Encoding(guess.encoding, guess.encoding, 0.5)
    return Encoding("cp1252", "cp1252", 0.3)


def _western_score(text: str) -> float:
    """Share of the characters beyond ASCII that Western texts use: letters inside words count most."""
    high = [(found[1], found[2]) for found in re.finditer(r"([\x00-\x7f]?)([^\x00-\x7f])", text)]
    if not high:
        return 0.0
    good = sum(1.0 if c in _WESTERN and _fits(before, c) else 0.8 if c in _WESTERN_SIGNS else 0.0 for before, c in high)
    return good / len(high)


def _fits(before: str, letter: str) -> bool:
    """A capital in the middle of a small word betrays the wrong code page."""
    return not (before.islower() and letter.isupper())


def _as_western(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("western", _as_western)
