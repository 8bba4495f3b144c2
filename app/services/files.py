"""Uploaded files: taking them in, showing them, and letting them go."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from app.connectors.base import Limits
from app.connectors.catalog import CATALOG_JSON, Catalog, TableProfile
from app.connectors.sql_gate import check
from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import Conflict, NotFound, NotReady
from app.core.i18n import Language, Text
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import Page, PageRequest, page_of
from app.core.storage import Arrival
from app.models import AuditAction, File, FileState, FileVersion
from app.repositories import files, jobs
from app.repositories.agents import SourceVersion
from app.schemas.files import FilePreview, FileProgress, FileRead, FileStatus, FileUpdate
from app.schemas.queries import QueryError, ResultColumn
from app.services import results
from app.services.audit import fingerprint, record
from app.services.engine import Engine
from app.services.multipart import Received, receive

_IN_USE = Text(
    en="{agents} agent(s) read this file. Take it out of their sources first.",
    pt="{agents} agente(s) leem este arquivo. Retire-o das fontes deles primeiro.",
)


async def upload(engine: Engine, actor: Actor, body: AsyncIterator[bytes], content_type: str) -> FileRead:
    """Takes one file in as it streams, and puts its ingestion into the queue.

    Opens its own transaction at the end: none is held while the bytes come. A broken upload leaves nothing behind.
    Raises ValidationFailed, TooLarge.
    """
    limit = engine.platform.settings.max_upload_bytes
    arrival = await asyncio.to_thread(engine.store.arrival)
    try:
        received = await receive(body, content_type, arrival, limit_bytes=limit)
        return await _keep(engine, actor, arrival, received)
    finally:
        await asyncio.to_thread(arrival.discard)


async def _keep(engine: Engine, actor: Actor, arrival: Arrival, received: Received) -> FileRead:
    file_id, version_id = new_id(), new_id()
    key = await asyncio.to_thread(engine.store.keep, arrival, file_id, version_id)
    version = FileVersion(
        id=version_id,
        file_id=file_id,
        number=1,
        state=FileState.QUEUED,
        size_bytes=received.size_bytes,
        sha256=received.sha256,
        storage_key=key,
        rows_done=0,
        bytes_done=0,
    )
    try:
        async with engine.platform.database.transaction() as session:
            file = File(id=file_id, owner_id=actor.user_id, name=received.name)
            await files.add(session, file, version)
            hint = await jobs.enqueue(session, JobKind.INGEST_FILE, version_id)
            after = {"size_bytes": received.size_bytes, "sha256": received.sha256}
            await record(session, actor, AuditAction.FILE_UPLOADED, "file", file_id, after=after)
    except BaseException:
        # Whether a cut commit was made is not known here: the sweeper removes the folder when it has no row.
        await asyncio.to_thread(engine.store.age, key)
        raise
    engine.jobs.hint_soon([hint])
    return _read(file)


async def read(session: Session, actor: Actor, file_id: UUID) -> FileRead:
    """One file. Raises NotFound."""
    return _read(await _own(session, actor, file_id))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[FileRead]:
    """The actor's files, newest first."""
    rows = await files.page(session, actor.user_id, request)
    return page_of([_read(row) for row in rows], request)


async def status(session: Session, actor: Actor, file_id: UUID) -> FileStatus:
    """Where a file stands. Raises NotFound."""
    file = await _own(session, actor, file_id)
    newest = file.versions[0]
    total = newest.size_bytes
    share = 100 if newest.state == FileState.READY else min(99, newest.bytes_done * 100 // max(total, 1))
    return FileStatus(
        id=file.id,
        state=newest.state,
        progress=FileProgress(
            rows_done=newest.rows_done, bytes_done=newest.bytes_done, total_bytes=total, percent=share
        ),
        error=_error(newest),
        created_at=newest.created_at,
        finished_at=newest.finished_at,
    )


async def rename(session: Session, actor: Actor, file_id: UUID, *, wanted: FileUpdate) -> FileRead:
    """Gives a file another name for people; its table keeps its own. Raises NotFound."""
    file = await _own(session, actor, file_id, lock=True)
    before, after = {"name": fingerprint(file.name)}, {"name": fingerprint(wanted.name)}
    file.name = wanted.name
    await record(session, actor, AuditAction.FILE_RENAMED, "file", file.id, before=before, after=after)
    return _read(file)


async def delete(session: Session, actor: Actor, file_id: UUID) -> None:
    """Removes a file that no agent reads; questions that run on it end first. Raises NotFound, Conflict."""
    file = await _own(session, actor, file_id, lock=True)
    agents = await files.agents_reading(session, file_id)
    if agents:
        raise Conflict(_IN_USE, agents=agents)
    await files.soft_delete(session, file)
    await record(session, actor, AuditAction.FILE_DELETED, "file", file.id)


async def preview(engine: Engine, actor: Actor, file_id: UUID, *, limit: int) -> FilePreview:
    """The first rows through the same gate and walls as a question's, and the stored profile and report.

    Raises NotFound, NotReady.
    """
    async with engine.platform.database.read() as session:
        file = await _own(session, actor, file_id)
    version = next((v for v in file.versions if v.state == FileState.READY), None)
    if version is None or version.catalog is None:
        raise NotReady(state=file.versions[0].state)
    catalog = CATALOG_JSON.validate_python(version.catalog)
    table = catalog.tables[0]
    rows = await _first_rows(engine, _source(file, version), catalog, limit=limit)
    return FilePreview(
        id=file.id,
        table=table.name,
        rows_total=version.rows,
        columns=[ResultColumn(name=column.name, type=column.type.value) for column in table.columns],
        rows=rows,
        profile=_profile(version.catalog),
        report=_translated(version.report or {}, actor.language),
    )


async def _first_rows(
    engine: Engine, source: SourceVersion, catalog: Catalog, *, limit: int
) -> list[list[results.JsonCell]]:
    settings = engine.platform.settings
    bounds = Limits(limit, settings.max_result_bytes, settings.statement_timeout_s)
    sql = f"SELECT * FROM {_quoted(catalog.tables[0])} LIMIT {limit}"  # noqa: S608  (a quoted name, a number)
    statement = check(sql, dialect=catalog.dialect, tables=[table.name for table in catalog.tables])
    async with engine.sources.use((source,)) as opened:
        result = await opened.connector.query(statement, bounds)
    return [[results.json_cell(cell) for cell in row] for row in result.rows]


def _quoted(table: TableProfile) -> str:
    return '"' + table.name.replace('"', '""') + '"'


async def _own(session: Session, actor: Actor, file_id: UUID, *, lock: bool = False) -> File:
    file = await files.get(session, actor.user_id, file_id, lock=lock)
    if file is None:
        raise NotFound
    return file


def _source(file: File, version: FileVersion) -> SourceVersion:
    return SourceVersion(
        file_id=file.id,
        file_name=file.name,
        version_id=version.id,
        state=FileState(version.state),
        storage_key=version.storage_key,
    )


def _read(file: File) -> FileRead:
    newest = file.versions[0]
    return FileRead(
        id=file.id,
        name=file.name,
        state=newest.state,
        version=newest.number,
        size_bytes=newest.size_bytes,
        sha256=newest.sha256,
        rows=newest.rows,
        error=_error(newest),
        created_at=file.created_at,
        finished_at=newest.finished_at,
    )


def _error(version: FileVersion) -> QueryError | None:
    return None if version.error is None else QueryError.model_validate(version.error)


def _profile(catalog: dict[str, Any]) -> list[dict[str, Any]]:
    columns: list[dict[str, Any]] = catalog["tables"][0]["columns"]
    return columns


def _translated(value: Any, language: Language) -> Any:
    """A stored report with its sentences, kept in both languages, in the reader's one."""
    if isinstance(value, dict):
        if value.keys() == {"en", "pt"}:
            return value["pt" if language is Language.PT else "en"]
        return {key: _translated(item, language) for key, item in value.items()}
    return [_translated(item, language) for item in value] if isinstance(value, list) else value
