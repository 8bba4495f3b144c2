"""Versions of a file: adding the next one, reading the stored bytes anew, and telling which there are."""

from typing import Any
from uuid import UUID

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import AgentGraphError, NotFound, NotReady, Unavailable
from app.core.errors.people import NotYours
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.source_rules import ReaderRules
from app.core.storage import raw_key, version_key
from app.models import AuditAction, File, FileState, FileVersion, Origin
from app.repositories import files, jobs
from app.repositories.jobs import Hint
from app.schemas.files import ColumnTextRead, FileRead, FileVersionRead, FileVersionsRead
from app.schemas.queries import QueryError
from app.schemas.read_options import FileOptions
from app.schemas.shares import SharedBy
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.files.read_options import stored_options


async def readable(session: Session, actor: Actor, file_id: UUID) -> File:
    """A file that the actor may read, own or shared. Raises NotFound."""
    file = await files.get(session, actor.user_id, file_id)
    if file is None:
        raise NotFound
    return file


async def own(session: Session, actor: Actor, file_id: UUID, *, lock: bool = False) -> File:
    """A file that the actor may change. Raises NotFound, NotYours for one that is only shared with the actor."""
    file = await files.get_own(session, actor.user_id, file_id, lock=lock)
    if file is None:
        await readable(session, actor, file_id)
        raise NotYours
    return file


def current(file: File) -> FileVersion | None:
    """The version that a question asked now reads; None while none is ready."""
    return next((version for version in file.versions if version.state == FileState.READY), None)


def new_version(file_id: UUID, options: dict[str, Any], origin: Origin, *, size_bytes: int) -> FileVersion:
    """A version that waits to be read; its number is given when it is stored."""
    version_id = new_id()
    return FileVersion(
        id=version_id,
        file_id=file_id,
        number=1,
        state=FileState.QUEUED,
        size_bytes=size_bytes,
        stored_bytes=size_bytes,
        storage_key=version_key(file_id, version_id),
        origin=origin,
        options=options,
        rows_done=0,
        bytes_done=0,
    )


async def add_version(session: Session, actor: Actor, version: FileVersion) -> tuple[File, Hint]:
    """Stores the next version of a file and queues the reading of it.

    Raises NotFound, and NotReady when rows are to be added while no version, or not the newest one, is settled.
    """
    file = await own(session, actor, version.file_id, lock=True)
    if version.origin is Origin.APPEND and version.base_id is None:
        version.base_id = _base(file).id
    await files.add_version(session, file.id, version)
    after = {"version": version.number, "origin": version.origin.value, "size_bytes": version.size_bytes}
    await record(session, actor, AuditAction.FILE_VERSION_ADDED, "file", file.id, after=after)
    hint = await enqueue_reading(session, version)
    await session.refresh(file, ["versions"])
    return file, hint


async def enqueue_reading(session: Session, version: FileVersion) -> Hint:
    """Queues the reading of a stored version; give the hint to the broker once the transaction is committed."""
    return await jobs.enqueue(session, JobKind.INGEST_FILE, version.id)


async def reread(engine: Engine, actor: Actor, file_id: UUID, *, options: FileOptions) -> FileRead:
    """Reads the newest stored bytes anew with other options, as a new version.

    Raises NotFound, NotReady.
    """
    async with engine.platform.database.read() as session:
        file = await own(session, actor, file_id)
    source = next((v for v in file.versions if v.sha256 is not None), None)
    if source is None:
        raise NotReady(state=file.versions[0].state)
    origin = Origin.APPEND if source.base_id is not None else Origin.REREAD
    version = new_version(file_id, stored_options(options), origin, size_bytes=source.size_bytes)
    version.sha256, version.base_id = source.sha256, source.base_id
    await engine.store.objects.copy(raw_key(file_id, source.id), raw_key(file_id, version.id))
    try:
        async with engine.platform.database.transaction() as session:
            file, hint = await add_version(session, actor, version)
    except AgentGraphError as error:
        # Whether a cut commit was made is not known here: the sweeper removes the folder when it has no row.
        if not isinstance(error, Unavailable):
            await engine.store.objects.remove(version_key(file_id, version.id))
        raise
    engine.jobs.hint_soon([hint])
    return read_of(file)


async def list_versions(session: Session, actor: Actor, file_id: UUID) -> FileVersionsRead:
    """The kept versions of a file, newest first, for its owner. Raises NotFound, NotYours."""
    file = await own(session, actor, file_id)
    asked = current(file)
    return FileVersionsRead(items=[_version_read(version, is_current=version is asked) for version in file.versions])


def read_of(file: File, shared_by: SharedBy | None = None) -> FileRead:
    """A file as its owner sees it, or as those do with whom `shared_by` shares it."""
    newest = file.versions[0]
    asked = current(file) or newest
    return FileRead(
        id=file.id,
        name=file.name,
        shared_by=shared_by,
        description=file.description,
        columns={name: ColumnTextRead(**texts) for name, texts in file.columns.items()},
        state=asked.state,
        version=asked.number,
        newest_version=newest.number,
        newest_state=newest.state,
        size_bytes=asked.size_bytes,
        sha256=asked.sha256,
        rows=asked.rows,
        error=error_of(newest),
        created_at=file.created_at,
        finished_at=asked.finished_at,
    )


def as_restricted(file: FileRead, rules: ReaderRules | None) -> FileRead:
    """The same without what the rules of its reader hide, and what would tell of it."""
    if rules is None:
        return file
    columns = {name: texts for name, texts in file.columns.items() if name not in rules.hidden}
    rows = None if rules.hides_rows else file.rows
    return file.model_copy(update={"columns": columns, "rows": rows, "sha256": None, "error": None})


def error_of(version: FileVersion) -> QueryError | None:
    """Why a version cannot be read, when it failed."""
    return None if version.error is None else QueryError.model_validate(version.error)


def _base(file: File) -> FileVersion:
    newest, base = file.versions[0], current(file)
    if base is None or newest.state in {FileState.QUEUED, FileState.INGESTING}:
        raise NotReady(state=newest.state)
    return base


def _version_read(version: FileVersion, *, is_current: bool) -> FileVersionRead:
    return FileVersionRead(
        number=version.number,
        state=version.state,
        origin=version.origin,
        is_current=is_current,
        size_bytes=version.size_bytes,
        stored_bytes=version.stored_bytes,
        sha256=version.sha256,
        rows=version.rows,
        options=version.options,
        error=error_of(version),
        created_at=version.created_at,
        finished_at=version.finished_at,
    )
