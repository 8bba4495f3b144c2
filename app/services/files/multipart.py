"""Takes one file and its fields out of a multipart body as it streams in, in flat memory; knows no request or table."""

import asyncio
import re
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.core.errors import TooLarge, ValidationFailed
from app.core.i18n import Text
from app.core.storage import Arrival

BATCH_BYTES = 1024 * 1024
"""Bytes gathered before they go to disk: large enough that the hop to a thread costs nothing beside the write."""
MAX_NAME_CHARS = 255
MAX_FIELD_BYTES = 64 * 1024

_NOT_MULTIPART = Text(
    en="Send the file as multipart/form-data in the field 'file'.",
    pt="Envie o arquivo como multipart/form-data no campo 'file'.",
)
_ONE_FILE = Text(
    en="Send exactly one file, in the field 'file'; other fields may be: {fields}.",
    pt="Envie exatamente um arquivo, no campo 'file'; outros campos possíveis: {fields}.",
)
_LONG_FIELD = Text(en="A field is too long.", pt="Um campo é longo demais.")
_BROKEN = Text(
    en="The upload ended before the file was complete. Send it again.",
    pt="O envio terminou antes de o arquivo estar completo. Envie de novo.",
)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Controls, and characters that show a name in another order or not at all."""


@dataclass(frozen=True, slots=True)
class Received:
    """The file that came."""

    name: str
    size_bytes: int
    sha256: str
    fields: dict[str, str]
    """The other fields of the form."""


@dataclass(slots=True)
class _Parts:
    """What the parser has told so far: headers of the part at hand, and bytes of the file that wait to be written."""

    allowed: frozenset[str]
    """Names of fields that may come beside the file."""

    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    disposition: bytes = b""
    file_name: str | None = None
    field_name: str | None = None
    """The field at hand; None while it is the file."""
    fields: dict[str, bytearray] = field(default_factory=dict)
    waiting: bytearray = field(default_factory=bytearray)
    complete: bool = False

    def on_part_begin(self) -> None:
        self.disposition = b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self.header_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self.header_value += data[start:end]

    def on_header_end(self) -> None:
        if self.header_name.lower() == b"content-disposition":
            self.disposition = bytes(self.header_value)
        self.header_name.clear()
        self.header_value.clear()

    def on_headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition.decode("latin-1"))
        name, file_name = options.get(b"name", b"").decode("utf-8", "replace"), _file_name(options)
        if name == "file" and file_name is not None and self.file_name is None:
            self.field_name, self.file_name = None, file_name
        elif name in self.allowed and name not in self.fields and file_name is None:
            self.field_name, self.fields[name] = name, bytearray()
        else:
            raise ValidationFailed(_ONE_FILE, pointer="/file", fields=", ".join(sorted(self.allowed)))

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.field_name is None:
            self.waiting += memoryview(data)[start:end]
            return
        value = self.fields[self.field_name]
        if len(value) + end - start > MAX_FIELD_BYTES:
            raise ValidationFailed(_LONG_FIELD, pointer=f"/{self.field_name}")
        value += data[start:end]

    def on_end(self) -> None:
        self.complete = True


async def receive(
    body: AsyncIterator[bytes], content_type: str, arrival: Arrival, *, limit_bytes: int, allowed: frozenset[str]
) -> Received:
    """Writes the file in `body` to `arrival`, hashing on the way; gives it with the `allowed` fields that came.

    Raises ValidationFailed for anything but one whole file, TooLarge as soon as there are more than `limit_bytes`.
    """
    parts = _Parts(allowed)
    parser = _parser(content_type, parts)
    writing: asyncio.Future[None] | None = None
    try:
        async for chunk in body:
            _feed(parser, chunk)
            if arrival.size_bytes + len(parts.waiting) > limit_bytes:
                raise TooLarge(limit_bytes=limit_bytes)
            if len(parts.waiting) >= BATCH_BYTES:
                writing = await _next_write(writing, arrival, parts)
        await _next_write(writing, arrival, parts, last=True)
    finally:
        if writing is not None and not writing.done():
            await asyncio.wait([writing])
    if not parts.complete or parts.file_name is None:
        raise ValidationFailed(_BROKEN, pointer="/file")
    if arrival.size_bytes > limit_bytes:
        raise TooLarge(limit_bytes=limit_bytes)
    sha256 = await asyncio.to_thread(arrival.close)
    fields = {name: value.decode("utf-8", "replace") for name, value in parts.fields.items()}
    return Received(name=parts.file_name, size_bytes=arrival.size_bytes, sha256=sha256, fields=fields)


async def _next_write(
    writing: "asyncio.Future[None] | None", arrival: Arrival, parts: _Parts, *, last: bool = False
) -> "asyncio.Future[None]":
    """Starts writing what waits, once the write before has ended: one is on its way while the next batch comes in."""
    if writing is not None:
        await writing
    batch, parts.waiting = parts.waiting, bytearray()
    started = asyncio.ensure_future(asyncio.to_thread(arrival.write, batch))
    if last:
        await started
    return started


def _parser(content_type: str, parts: _Parts) -> MultipartParser:
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ValidationFailed(_NOT_MULTIPART, pointer="/file")
    return MultipartParser(
        boundary,
        {
            "on_part_begin": parts.on_part_begin,
            "on_header_field": parts.on_header_field,
            "on_header_value": parts.on_header_value,
            "on_header_end": parts.on_header_end,
            "on_headers_finished": parts.on_headers_finished,
            "on_part_data": parts.on_part_data,
            "on_end": parts.on_end,
        },
    )


def _feed(parser: MultipartParser, chunk: bytes) -> None:
    try:
        parser.write(chunk)
    except MultipartParseError as error:
        raise ValidationFailed(_NOT_MULTIPART, pointer="/file") from error


def _file_name(options: dict[bytes, bytes]) -> str | None:
    raw = options.get(b"filename")
    return None if raw is None else clean_name(raw.decode("utf-8", "replace"))


def clean_name(name: str) -> str:
    """`name` without folders and control characters, in composed form, at most 255 characters; never empty."""
    last = re.split(r"[/\\]", _UNSAFE.sub("", unicodedata.normalize("NFC", name)))[-1].strip()
    return last[-MAX_NAME_CHARS:] if last not in {"", ".", ".."} else "file"
