"""Opens what a table comes packed in, told by content and not by name: gzip, zip, Parquet, spreadsheets.

All of them become a text file that the one reader of delimited files reads, so that typing, profile and value index
are the same for every form.
"""

import errno
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath
from typing import IO

from app.core.errors.files import FileRejected
from app.core.i18n import Text
from app.ingestion.options import IngestLimits, ReadOptions
from app.ingestion.parquet import parquet_to_text
from app.ingestion.sheets import sheet_to_text

MAX_DEPTH = 3
"""Packages within one another that are opened."""
MAX_RATIO = 200
"""Times that a package may grow when it is opened, once it is past BOMB_BYTES."""
BOMB_BYTES = 64 * 1024**2
MAX_MEMBERS = 10_000
CHUNK = 1024**2

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")
_TABLE_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xls", ".xlsb", ".ods", ".parquet", ".gz")
_DAMAGED = Text(en="The file is damaged or incomplete.", pt="O arquivo está danificado ou incompleto.")
_ENCRYPTED = Text(en="The file is protected by a password.", pt="O arquivo está protegido por senha.")
_BOMB = Text(
    en="Opened, the file would be too large ({limit_bytes} bytes at most, {ratio} times its size).",
    pt="Aberto, o arquivo seria grande demais (no máximo {limit_bytes} bytes, {ratio} vezes o seu tamanho).",
)
_NO_MEMBER = Text(
    en="The archive has no file '{member}'. It has: {members}.",
    pt="O pacote não tem o arquivo '{member}'. Há: {members}.",
)
_SEVERAL = Text(
    en="The archive has several files; say which one in the option 'member': {members}.",
    pt="O pacote tem vários arquivos; diga qual na opção 'member': {members}.",
)
_NOTHING = Text(en="The archive has no file.", pt="O pacote não tem arquivos.")
_DAMAGES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError)
_TOO_DEEP = Text(en="There are too many packages within one another.", pt="Há pacotes demais uns dentro dos outros.")


class Kind(StrEnum):
    """What a file is by its content."""

    TEXT = "text"
    GZIP = "gzip"
    ZIP = "zip"
    PARQUET = "parquet"
    SPREADSHEET = "spreadsheet"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A text file with the table, and what is known of it."""

    path: Path
    options: ReadOptions
    notes: tuple[Text, ...] = ()


def unpack(source: Path, folder: Path, options: ReadOptions, limits: IngestLimits) -> Unpacked:
    """The table of `source` as a text file: `source` itself, or one written into `folder`.

    Raises FileRejected with a `reason`: damaged, encrypted, bomb, nested, several_members, no_such_member,
    no_such_sheet, empty, too_large, too_many_columns.
    """
    path, notes = source, list[Text]()
    for depth in range(MAX_DEPTH):
        target = folder / f"unpacked-{depth}"
        kind = kind_of_file(path)
        if kind is Kind.TEXT:
            return Unpacked(path, options, tuple(notes))
        if kind is Kind.PARQUET:
            types = parquet_to_text(path, target, folder, limits)
            return Unpacked(target, _as_written(options, types=types | options.types, has_header=True), tuple(notes))
        if kind is Kind.SPREADSHEET:
            note = sheet_to_text(path, target, options.sheet, limits)
            return Unpacked(target, _as_written(options, decimal=options.decimal or "."), (*notes, note))
        notes.append(_opened(kind, path, target, options.member, limits))
        path = target
    raise FileRejected(_TOO_DEEP, reason="nested")


def kind_of_file(path: Path) -> Kind:
    """What the file at `path` is by its first bytes. Raises FileRejected for one that a password protects."""
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"\x1f\x8b"):
        return Kind.GZIP
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(path)
    if head.startswith(b"PAR1"):
        return Kind.PARQUET
    if head == _OLE:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as content:
            is_encrypted = content.find(_ENCRYPTED_OFFICE) >= 0
        if is_encrypted:
            raise FileRejected(_ENCRYPTED, reason="encrypted")
        return Kind.SPREADSHEET
    return Kind.TEXT


def _kind_of_zip(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            is_open_document = "mimetype" in names and b"spreadsheet" in archive.open("mimetype").read(200)
    except _DAMAGES as error:
        raise FileRejected(_DAMAGED, reason="damaged") from error
    is_office = "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names)
    return Kind.SPREADSHEET if is_office or is_open_document else Kind.ZIP


def _as_written(options: ReadOptions, **known: object) -> ReadOptions:
    """`options` for a text that this program has written: its form is known, the table in it is not."""
    form = replace(options, encoding="utf-8", delimiter=",", quote='"', escape="")
    return replace(form, **known)  # type: ignore[arg-type]


def _opened(kind: Kind, path: Path, target: Path, member: str | None, limits: IngestLimits) -> Text:
    try:
        if kind is Kind.GZIP:
            with gzip.open(path) as packed:
                _copy(packed.read, target, path.stat().st_size, limits)
            return Text(en="The file was packed with gzip.", pt="O arquivo estava compactado com gzip.")
        with zipfile.ZipFile(path) as archive:
            info = _member(archive, member)
            with archive.open(info) as part:
                _copy(_reader(part), target, info.compress_size, limits)
        return Text(en=f"'{info.filename}' was read from the archive.", pt=f"'{info.filename}' foi lido do pacote.")
    except _DAMAGES as error:
        raise FileRejected(_DAMAGED, reason="damaged") from error
    except OSError as error:
        if not _tells_of_content(error):
            raise
        raise FileRejected(_DAMAGED, reason="damaged") from error


def _tells_of_content(error: OSError) -> bool:
    """True when a library found nonsense in the bytes (a place before the file's start, no stream), not a full disk."""
    return error.errno in {None, errno.EINVAL}


def _reader(part: IO[bytes]) -> Callable[[int], bytes]:
    return part.read


def _copy(read: Callable[[int], bytes], target: Path, packed_bytes: int, limits: IngestLimits) -> None:
    written = 0
    with target.open("wb") as file:
        while chunk := read(CHUNK):
            written += len(chunk)
            is_bomb = written > BOMB_BYTES and written > MAX_RATIO * packed_bytes
            if is_bomb or written > limits.max_bytes:
                raise FileRejected(_BOMB, reason="bomb", limit_bytes=limits.max_bytes, ratio=MAX_RATIO)
            file.write(chunk)


def _member(archive: zipfile.ZipFile, wanted: str | None) -> zipfile.ZipInfo:
    """The file of the archive that is asked for, or the only one that looks like a table."""
    infos = [info for info in archive.infolist()[:MAX_MEMBERS] if not info.is_dir()]
    found = [info for info in infos if info.filename == wanted] if wanted is not None else _tables(infos)
    listed = ", ".join(info.filename[:100] for info in infos[:10])
    if wanted is not None and not found:
        raise FileRejected(_NO_MEMBER, reason="no_such_member", member=wanted[:100], members=listed)
    if not found:
        raise FileRejected(_NOTHING, reason="empty")
    if len(found) > 1 and wanted is None:
        raise FileRejected(_SEVERAL, reason="several_members", members=listed)
    if found[0].flag_bits & 1:
        raise FileRejected(_ENCRYPTED, reason="encrypted")
    return found[0]


def _tables(infos: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """Files whose names end as tables do, else all of them; what file systems leave behind never counts."""
    own = [
        info
        for info in infos
        if not info.filename.startswith("__MACOSX/") and not PurePosixPath(info.filename).name.startswith(".")
    ]
    if len(own) == 1:
        return own
    named = [info for info in own if info.filename.lower().endswith(_TABLE_ENDINGS)]
    plain = [info for info in named if not info.filename.lower().endswith(".txt")]
    return plain or named or own
