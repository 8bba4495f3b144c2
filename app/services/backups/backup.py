"""Taking a backup of an installation, while it serves or not."""

import hashlib
import hmac
import shutil
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Final

import orjson
from pydantic import SecretStr

from app.core.clock import now
from app.core.config import Settings
from app.core.errors import Conflict, Misconfigured
from app.core.i18n import Text
from app.core.objects import Objects, open_objects
from app.core.storage import EXPORTS, FILES, UPLOADS
from app.repositories import backup as rows
from app.repositories import system
from app.services.backups.archive import (
    FORMAT,
    OBJECT_LIST,
    Archive,
    KeptEntry,
    Manifest,
    StoredObject,
    TableEntry,
    digest_of,
)
from app.services.backups.sealing import seal

FOLDERS: Final = (FILES, UPLOADS, EXPORTS)
"""What the store keeps for good."""

_NO_TABLES = Text(
    en="The database holds no tables of this product: there is nothing to back up.",
    pt="O banco não tem tabelas deste produto: não há o que salvar.",
)


async def take_backup(
    settings: Settings, folder: Path, *, keep: Iterable[str], passphrase: SecretStr | None = None
) -> Manifest:
    """Writes the database, the store and the files `keep` of the data folder to the new `folder`.

    With a `passphrase` those files are sealed by it. Objects are copied before and again after the moment at which the
    rows are seen: every object that a row names was there at that moment. What was stored later is left behind when it
    is restored, and swept up.

    It blocks the loop while it writes: for a process that does nothing else.

    Raises:
        Conflict: the folder is not empty, or the database holds nothing.
        Misconfigured: there is no database.
    """
    if settings.database_url is None:
        raise Misconfigured(setting="AGENTGRAPH_DATABASE_URL", reason="the system database is needed")
    archive = Archive(folder)
    archive.begin()
    store = _ObjectCopies(archive, open_objects(settings))
    await store.copy()
    revision, tables = await _copy_rows(settings.database_url, archive)
    await store.copy()
    objects = store.write_list()
    manifest = Manifest(
        format=FORMAT,
        version=version("agentgraph"),
        created_at=now().isoformat(),
        revision=revision,
        tables=tables,
        objects=len(objects),
        object_bytes=sum(stored.size_bytes for stored in objects),
        object_list_sha256=digest_of(folder / OBJECT_LIST),
        kept=[
            _keep(archive, settings.data_dir, path, passphrase) for path in keep if (settings.data_dir / path).is_file()
        ],
        keys=key_fingerprints(settings),
    )
    archive.write_manifest(manifest)
    return manifest


def key_fingerprints(settings: Settings) -> dict[str, str]:
    """A mark of each key without which stored credentials do not open, or the audit log cannot be proved."""
    keys: dict[str, SecretStr | None] = {
        "AGENTGRAPH_MASTER_KEY": settings.master_key,
        "AGENTGRAPH_AUDIT_SECRET": settings.audit_secret or settings.jwt_secret,
    }
    return {name: _fingerprint(key) for name, key in keys.items() if key is not None}


async def _copy_rows(database_url: str, archive: Archive) -> tuple[str, list[TableEntry]]:
    copied = []
    async with rows.snapshot(database_url) as connection:
        revision = await system.revision(connection)
        if revision is None:
            raise Conflict(_NO_TABLES)
        for table in await rows.tables(connection):
            count, sha256 = await rows.copy_out(connection, table, archive.table(table.name))
            copied.append(TableEntry(name=table.name, columns=table.columns, rows=count, sha256=sha256))
    return revision, copied


class _ObjectCopies:
    """Copies what is not copied yet, as often as it is asked to."""

    def __init__(self, archive: Archive, objects: Objects) -> None:
        self._archive = archive
        self._objects = objects
        self._copied: dict[str, StoredObject] = {}

    async def copy(self) -> None:
        for folder in FOLDERS:
            for entry in await self._objects.entries(folder):
                if entry.key not in self._copied:
                    await self._copy_one(entry.key)

    async def _copy_one(self, key: str) -> None:
        target, digest, size = self._archive.object(key), hashlib.sha256(), 0
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with target.open("xb") as file:
                async for piece in self._objects.read(key):
                    file.write(piece)
                    digest.update(piece)
                    size += len(piece)
        except FileNotFoundError:
            # It was removed between the list and now, and so was the row that named it.
            target.unlink()
            return
        self._copied[key] = StoredObject(key, size, digest.hexdigest())

    def write_list(self) -> list[StoredObject]:
        with (self._archive.folder / OBJECT_LIST).open("xb") as lines:
            for stored in self._copied.values():
                line = {"key": stored.key, "bytes": stored.size_bytes, "sha256": stored.sha256}
                lines.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        return list(self._copied.values())


def _keep(archive: Archive, data_dir: Path, path: str, passphrase: SecretStr | None) -> KeptEntry:
    target = archive.kept(path)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if passphrase is None:
        shutil.copy(data_dir / path, target)
    else:
        target.write_bytes(seal((data_dir / path).read_bytes(), passphrase, path))
    return KeptEntry(path=path, sha256=digest_of(target), is_sealed=passphrase is not None)


def _fingerprint(key: SecretStr) -> str:
    return hmac.digest(key.get_secret_value().encode(), b"agentgraph backup", "sha256").hex()[:16]
