"""A backup as a folder: what is in it, and proving that all of it is as it was written.

manifest.json       written last: without it the backup is not complete
tables/NAME.copy    the rows of one table, in the text format of PostgreSQL's COPY
objects.jsonl       a line an object of the store: key, bytes, SHA-256
objects/KEY         the object itself
kept/PATH           files of the data folder beside the store, such as keys; sealed when a passphrase was given
"""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from pydantic import BaseModel, ValidationError

from app.core.errors import Conflict
from app.core.i18n import Text

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
OBJECT_LIST: Final = "objects.jsonl"
PIECE_BYTES: Final = 1024**2

_NOT_NEW = Text(
    en="{folder} exists and is not empty. A backup needs a folder of its own.",
    pt="{folder} existe e não está vazia. Um backup precisa de uma pasta própria.",
)
_NO_BACKUP = Text(
    en="{folder} holds no complete backup of this format: its manifest is missing or cannot be read.",
    pt="{folder} não contém um backup completo deste formato: o manifesto falta ou não pode ser lido.",
)
_CHANGED = Text(
    en="{file} in the backup is missing or not what was written. Nothing was restored; take another backup.",
    pt="{file} no backup falta ou não é o que foi gravado. Nada foi restaurado; use outro backup.",
)


class TableEntry(BaseModel):
    """The rows of one table."""

    name: str
    columns: list[str]
    rows: int
    sha256: str


class KeptEntry(BaseModel):
    """A file of the data folder."""

    path: str
    sha256: str
    """Of what is in the backup."""
    is_sealed: bool = False
    """By a passphrase that is not in the backup."""


class Manifest(BaseModel):
    """What a backup holds."""

    format: int
    version: str
    """Of the program that made it."""
    created_at: str
    revision: str
    """Of the schema."""
    tables: list[TableEntry]
    """Each after those that its rows belong to."""
    objects: int
    object_bytes: int
    object_list_sha256: str
    kept: list[KeptEntry]
    keys: dict[str, str]
    """Fingerprints of the keys that stored things depend on, by the name of their setting."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the store."""

    key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup in `folder`."""

    folder: Path

    def table(self, name: str) -> Path:
        """The file of a table's rows."""
        return self.folder / "tables" / f"{name}.copy"

    def object(self, key: str) -> Path:
        """The file of an object."""
        return self.folder / "objects" / key

    def kept(self, path: str) -> Path:
        """The copy of a file of the data folder."""
        return self.folder / "kept" / path

    def begin(self) -> None:
        """Makes the folder, which only its owner may read. Raises Conflict when there is something in it."""
        for folder in (self.folder, self.table("").parent):
            if folder.is_dir() and any(folder.iterdir()):
                raise Conflict(_NOT_NEW, folder=str(folder))
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_manifest(self, manifest: Manifest) -> None:
        """Declares the backup complete; the file appears whole and durably."""
        aside = self.folder / f"{MANIFEST}.new"
        with aside.open("wb") as file:
            file.write(orjson.dumps(manifest.model_dump(), option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / MANIFEST)

    def read_manifest(self) -> Manifest:
        """What is in it. Raises Conflict when it is not complete, or of a format that this program does not know."""
        try:
            manifest = Manifest.model_validate_json((self.folder / MANIFEST).read_bytes())
        except (OSError, ValidationError) as error:
            raise Conflict(_NO_BACKUP, folder=str(self.folder)) from error
        if manifest.format != FORMAT:
            raise Conflict(_NO_BACKUP, folder=str(self.folder))
        return manifest

    def objects(self) -> Iterator[StoredObject]:
        """All objects, in the order in which they were stored."""
        with (self.folder / OBJECT_LIST).open("rb") as lines:
            for line in lines:
                found = orjson.loads(line)
                yield StoredObject(found["key"], found["bytes"], found["sha256"])

    def check(self) -> Manifest:
        """Reads every file and compares it with its checksum; gives the manifest. Raises Conflict, naming the file."""
        manifest = self.read_manifest()
        self._check(self.folder / OBJECT_LIST, manifest.object_list_sha256)
        for table in manifest.tables:
            self._check(self.table(table.name), table.sha256)
        for kept in manifest.kept:
            self._check(_inside(self.kept(""), kept.path), kept.sha256)
        for stored in self.objects():
            self._check(_inside(self.object(""), stored.key), stored.sha256)
        return manifest

    def _check(self, path: Path, sha256: str) -> None:
        try:
            right = digest_of(path) == sha256
        except OSError:
            right = False
        if not right:
            raise Conflict(_CHANGED, file=str(path.relative_to(self.folder)))


def _inside(folder: Path, name: str) -> Path:
    """The file `name` of a folder, which a changed list must not lead out of."""
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise Conflict(_CHANGED, file=name)
    return path


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
