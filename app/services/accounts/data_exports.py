"""Taking one's own data away: everything that belongs to a person as one ZIP archive, made by a worker."""

import asyncio
import logging
import re
import shutil
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO, Any, Final
from uuid import UUID

import orjson

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound, NotReady, Unavailable
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import Page, PageRequest, page_of
from app.core.storage import archive_key, export_key, raw_key
from app.models import AuditAction, DataExport, ExportState, JobState
from app.repositories import data_exports, jobs, users
from app.repositories.data_exports import StoredFile
from app.repositories.jobs import Claim, Hint
from app.schemas.data_exports import ExportRead
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.platform import Platform
from app.services.results import json_value, unpack_rows

EXPIRED_AT_ONCE: Final = 100
LEVEL: Final = 1
"""Of compression: most of an archive is rows of text, which the quickest level makes small already."""
README: Final = """\
AgentGraph: all that belongs to one account.

*.jsonl      one JSON object a line, a file for each sort of thing (profile in users.jsonl, answers in
             query_results.jsonl)
files/       the files as they were sent: files/<id>/<version>/<name>

AgentGraph: tudo o que pertence a uma conta.

*.jsonl      um objeto JSON por linha, um arquivo para cada tipo de coisa (perfil em users.jsonl, respostas em
             query_results.jsonl)
files/       os arquivos como foram enviados: files/<id>/<versão>/<nome>

Passwords, keys and credentials of databases are not part of it. Senhas, chaves e credenciais não fazem parte.
"""
_log = logging.getLogger(__name__)


async def start(session: Session, actor: Actor) -> tuple[ExportRead, Hint | None]:
    """Records that the actor wants an archive; the one that is being made when there is one.

    Gives the hint for the workers, to be sent once it is committed.
    """
    await users.get_own(session, actor, lock=True)
    present = await data_exports.open_one(session, actor.user_id)
    if present is not None:
        return ExportRead.model_validate(present), None
    export = DataExport(id=new_id(), owner_id=actor.user_id)
    await data_exports.add(session, export)
    await record(session, actor, AuditAction.DATA_EXPORTED, "data_export", export.id)
    return ExportRead.model_validate(export), await jobs.enqueue(session, JobKind.EXPORT_DATA, export.id)


async def read(session: Session, actor: Actor, export_id: UUID) -> ExportRead:
    """One export of the actor's own. Raises NotFound."""
    return ExportRead.model_validate(await _own(session, actor, export_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[ExportRead]:
    """The actor's exports, newest first."""
    rows = await data_exports.page(session, actor.user_id, request)
    return page_of([ExportRead.model_validate(row) for row in rows], request)


async def archive(platform: Platform, actor: Actor, export_id: UUID) -> tuple[int, AsyncIterator[bytes]]:
    """Size and bytes of a finished archive. Raises NotFound, NotReady."""
    async with platform.database.read() as session:
        export = await _own(session, actor, export_id)
    if export.state != ExportState.READY or export.size_bytes is None:
        raise NotReady(state=export.state)
    return export.size_bytes, platform.store.objects.read(export_key(actor.user_id, export_id))


async def take(engine: Engine, job_id: UUID) -> None:
    """Claims an export and makes the archive. Quiet when somebody else has it."""
    claimed_at = time.monotonic()
    async with engine.platform.database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)
    if claim is None:
        return
    held = engine.jobs.hold(claim, claimed_at)
    await asyncio.wait([engine.jobs.work(held, _perform(engine.platform, claim))])


async def sweep_exports(platform: Platform) -> int:
    """Removes archives whose time is over; gives how many. Safe to run anywhere and at once."""
    async with platform.database.read() as session:
        gone = await data_exports.expired(session, most=EXPIRED_AT_ONCE)
    for owner_id, export_id in gone:
        await platform.store.objects.remove(export_key(owner_id, export_id).rpartition("/")[0])
    async with platform.database.transaction() as session:
        await data_exports.remove(session, [export_id for _, export_id in gone])
    return len(gone)


async def _own(session: Session, actor: Actor, export_id: UUID) -> DataExport:
    export = await data_exports.find(session, actor.user_id, export_id)
    if export is None:
        raise NotFound
    return export


async def _perform(platform: Platform, claim: Claim) -> None:
    """Makes the archive beside its place, puts it into the store, and tells that it is there, in this order."""
    folder = platform.store.path(archive_key(claim.subject_id, claim.fence))
    try:
        await asyncio.to_thread(folder.mkdir, 0o700, parents=True)
        async with platform.database.read() as session:
            owner_id = await data_exports.owner_of(session, claim.subject_id)
        if owner_id is None:
            raise NotFound
        path = folder / "archive.zip"
        await _write(platform, owner_id, path)
        size = (await asyncio.to_thread(path.stat)).st_size
        await platform.store.objects.put(export_key(owner_id, claim.subject_id), path)
        await _end(platform, claim, ExportState.READY, size)
    except Unavailable:
        _log.warning("export %s waits for the store or the system database", claim.subject_id)
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a log entry)
        _log.exception("export %s failed by a defect", claim.subject_id)
        await _end(platform, claim, ExportState.FAILED, None)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _end(platform: Platform, claim: Claim, state: ExportState, size: int | None) -> None:
    async with platform.database.transaction() as session:
        if await jobs.finish(session, claim, JobState.DONE):
            ttl_s = platform.settings.export_ttl_s
            await data_exports.end(session, claim.subject_id, state, size_bytes=size, ttl_s=ttl_s)


async def _write(platform: Platform, owner_id: UUID, path: Path) -> None:
    with await asyncio.to_thread(zipfile.ZipFile, path, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as zipped:
        await asyncio.to_thread(zipped.writestr, "README.txt", README)
        for sort in data_exports.sorts():
            with zipped.open(f"{sort}.jsonl", "w", force_zip64=True) as lines:
                async for batch in data_exports.rows_of(platform.database, owner_id, sort):
                    await asyncio.to_thread(_write_lines, lines, batch)
        async with platform.database.read() as session:
            stored = await data_exports.stored_files(session, owner_id)
        for file in stored:
            await _write_file(platform, zipped, file)


def _write_lines(target: IO[bytes], rows: list[dict[str, Any]]) -> None:
    target.write(b"".join(map(_line, rows)))


async def _write_file(platform: Platform, zipped: zipfile.ZipFile, file: StoredFile) -> None:
    pieces = platform.store.objects.read(raw_key(file.file_id, file.version_id))
    with zipped.open(_name_of(file), "w", force_zip64=True) as target:
        try:
            async for piece in pieces:
                await asyncio.to_thread(target.write, piece)
        except FileNotFoundError:
            # An upload that is being put together has no bytes of its own yet.
            _log.info("export: version %s has no stored bytes", file.version_id)


def _name_of(file: StoredFile) -> str:
    """Where a version is in the archive: its name without what would lead out of its folder."""
    name = re.sub(r"[\x00-\x1f/\\:]", "_", file.name).strip(". ") or "file"
    return f"files/{file.file_id}/{file.number}/{name}"


def _line(row: dict[str, Any]) -> bytes:
    if isinstance(row.get("rows"), bytes):
        row = {**row, "rows": unpack_rows(row["rows"])}
    return orjson.dumps(json_value(row), option=orjson.OPT_APPEND_NEWLINE)
