"""Bringing a backup back into an empty installation."""

import asyncio
import shutil
from pathlib import Path

from pydantic import SecretStr

from app.core import migrations
from app.core.config import Settings
from app.core.errors import Conflict, Misconfigured
from app.core.i18n import Text
from app.core.objects import Objects, open_objects
from app.repositories import backup as rows
from app.repositories.backup import Table
from app.services.backups.archive import Archive, Manifest
from app.services.backups.backup import FOLDERS, key_fingerprints
from app.services.backups.sealing import unsealed

ARRIVING = "incoming/restored"

_NOT_EMPTY = Text(
    en="A backup is restored into an empty installation only, and {what} is not empty.",
    pt="Um backup só é restaurado em uma instalação vazia, e {what} não está vazio.",
)
_NEWER = Text(
    en="The backup was made by a newer version ({version}, schema {revision}). Install that version first.",
    pt="O backup foi feito por uma versão mais nova ({version}, esquema {revision}). Instale-a antes.",
)
_OTHER_ROWS = Text(
    en="The table {table} got {found} rows, but the backup holds {rows}. Empty the database and start again.",
    pt="A tabela {table} recebeu {found} linhas, mas o backup tem {rows}. Esvazie o banco e comece de novo.",
)


def check_target(settings: Settings, manifest: Manifest) -> None:
    """Refuses what could not be restored here. Runs a loop of its own.

    Raises:
        Conflict: the installation is not empty, or the backup is of a newer version.
        Misconfigured: a key is set that is not the one that the backup was made under.
    """
    if not migrations.is_known(manifest.revision):
        raise Conflict(_NEWER, version=manifest.version, revision=manifest.revision)
    for name, found in key_fingerprints(settings).items():
        if manifest.keys.get(name, found) != found:
            raise Misconfigured(setting=name, reason="this is not the key that the backup was made under")
    asyncio.run(_check_empty(settings))


def restore(settings: Settings, archive: Archive, manifest: Manifest, passphrase: SecretStr | None = None) -> None:
    """Brings back everything of a backup that was checked before, then the schema to this version.

    Runs loops of its own and blocks them: for a process that does nothing else. Rows come in one transaction.
    Raises Conflict, with nothing written, when a file is sealed and `passphrase` does not open it.
    """
    database_url = str(settings.database_url)
    opened = {
        kept.path: unsealed(archive.kept(kept.path), passphrase, kept.path) for kept in manifest.kept if kept.is_sealed
    }
    for kept in manifest.kept:
        _put_back(archive.kept(kept.path), settings.data_dir / kept.path, opened.get(kept.path))
    migrations.upgrade(database_url, manifest.revision)
    asyncio.run(_load(database_url, archive, manifest))
    asyncio.run(_store(open_objects(settings), settings.data_dir, archive))
    migrations.upgrade(database_url)


async def _check_empty(settings: Settings) -> None:
    if not await rows.is_empty(str(settings.database_url)):
        raise Conflict(_NOT_EMPTY, what="the database")
    objects = open_objects(settings)
    for folder in FOLDERS:
        if await objects.entries(folder):
            raise Conflict(_NOT_EMPTY, what=f"the store ({folder})")


async def _load(database_url: str, archive: Archive, manifest: Manifest) -> None:
    async with rows.loading(database_url) as connection:
        for entry in manifest.tables:
            found = await rows.copy_in(connection, Table(entry.name, entry.columns), archive.table(entry.name))
            if found != entry.rows:
                raise Conflict(_OTHER_ROWS, table=entry.name, found=found, rows=entry.rows)


async def _store(objects: Objects, data_dir: Path, archive: Archive) -> None:
    arriving = data_dir / ARRIVING
    arriving.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    for stored in archive.objects():
        # The store takes a file from its place: the backup keeps its own.
        shutil.copyfile(archive.object(stored.key), arriving)
        await objects.put(stored.key, arriving)


def _put_back(source: Path, target: Path, opened: bytes | None) -> None:
    """Copies a file with its rights; with the content that it was sealed from, when it was."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if opened is None:
        shutil.copy(source, target)
        return
    target.touch(mode=0o600)
    target.write_bytes(opened)
