"""Uploaded files as their owners and those they share them with see them, and the progress of making them askable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.core.pagination import PageRequest
from app.models import Agent, AgentSource, File, FileState, FileVersion, Upload, UploadChunk
from app.repositories.shares import received_by


@dataclass(frozen=True, slots=True)
class StoredCatalog:
    """A version's catalog as JSON, and what people have written about the file and its columns."""

    catalog: dict[str, Any]
    description: str
    columns: dict[str, Any]


@dataclass(frozen=True, slots=True)
class VersionPlace:
    """Where the artefacts of a known version are, and whether that can still change."""

    storage_key: str
    is_final: bool


def _is_readable(reader_id: UUID) -> ColumnElement[bool]:
    return or_(File.owner_id == reader_id, File.id.in_(received_by(reader_id)))


def visible_to(reader_id: UUID) -> Select[File]:
    """The files that `reader_id` may see, own and shared, with their versions; every read of files starts here."""
    present = select(File).where(_is_readable(reader_id), File.deleted_at.is_(None))
    return present.options(selectinload(File.versions))


async def get(session: AsyncSession, reader_id: UUID, file_id: UUID) -> File | None:
    """One file, to be read."""
    return (await session.execute(visible_to(reader_id).where(File.id == file_id))).scalar_one_or_none()


async def get_own(session: AsyncSession, owner_id: UUID, file_id: UUID, *, lock: bool = False) -> File | None:
    """One file, to be changed by its owner; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(File.id == file_id, File.owner_id == owner_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, reader_id: UUID, request: PageRequest) -> Sequence[File]:
    """Up to `limit + 1` files, newest first."""
    statement = visible_to(reader_id).order_by(File.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(File.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def missing(session: AsyncSession, reader_id: UUID, file_ids: Sequence[UUID]) -> list[UUID]:
    """Those of `file_ids` that `reader_id` may not read, in the order given."""
    statement = select(File.id).where(_is_readable(reader_id), File.deleted_at.is_(None), File.id.in_(file_ids))
    found = set((await session.execute(statement)).scalars())
    return [file_id for file_id in file_ids if file_id not in found]


async def add(session: AsyncSession, file: File, version: FileVersion) -> None:
    """Stores a new file with its first version."""
    file.versions = [version]
    session.add(file)
    await session.flush()
    await session.refresh(file, ["created_at"])


async def agents_reading(session: AsyncSession, file_id: UUID) -> int:
    """How many living agents of its owner have the file among their sources; those of others lose it."""
    statement = (
        select(func.count())
        .select_from(AgentSource)
        .join(Agent, Agent.id == AgentSource.agent_id)
        .join(File, (File.id == AgentSource.file_id) & (File.owner_id == Agent.owner_id))
        .where(AgentSource.file_id == file_id, Agent.deleted_at.is_(None))
    )
    return (await session.execute(statement)).scalar_one()


async def add_version(session: AsyncSession, file_id: UUID, version: FileVersion) -> None:
    """Stores the next version of a file whose row is locked."""
    newest = select(func.max(FileVersion.number)).where(FileVersion.file_id == file_id)
    version.number = ((await session.execute(newest)).scalar_one() or 0) + 1
    session.add(version)
    await session.flush()
    await session.refresh(version, ["created_at"])


async def lock_owner(session: AsyncSession, owner_id: UUID) -> None:
    """Until the transaction ends, nobody else adds to the files of `owner_id`."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(str(owner_id), 0))))


async def stored_bytes(session: AsyncSession, owner_id: UUID) -> int:
    """Bytes that the files of `owner_id` take, chunks of unfinished uploads included."""
    kept = (
        select(func.coalesce(func.sum(FileVersion.stored_bytes), 0))
        .join(File, File.id == FileVersion.file_id)
        .where(File.owner_id == owner_id, File.deleted_at.is_(None))
        .scalar_subquery()
    )
    arriving = (
        select(func.coalesce(func.sum(UploadChunk.size_bytes), 0))
        .join(Upload, Upload.id == UploadChunk.upload_id)
        .where(Upload.owner_id == owner_id, Upload.version_id.is_(None))
        .scalar_subquery()
    )
    return int((await session.execute(select(kept + arriving))).scalar_one())


async def soft_delete(session: AsyncSession, file: File) -> None:
    """Hides the file for good; the sweeper removes its bytes when nothing runs on them any more."""
    await session.execute(update(File).where(File.id == file.id).values(deleted_at=func.now()))


async def version(session: AsyncSession, version_id: UUID) -> FileVersion | None:
    """One version by id, for work that the queue gave out."""
    return await session.get(FileVersion, version_id)


async def name_of_table(session: AsyncSession, file_id: UUID) -> str | None:
    """The file name from which the present table has its name, so that it stays when the file is called otherwise."""
    statement = (
        select(FileVersion.report["file_name"].astext)
        .where(FileVersion.file_id == file_id, FileVersion.state == FileState.READY)
        .order_by(FileVersion.number.desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def version_with_file(session: AsyncSession, version_id: UUID) -> tuple[FileVersion, File] | None:
    """A version and its file, for work that the queue gave out."""
    statement = select(FileVersion, File).join(File, File.id == FileVersion.file_id).where(FileVersion.id == version_id)
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def catalogs(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, StoredCatalog]:
    """What is known of READY versions by version id."""
    statement = (
        select(FileVersion.id, FileVersion.catalog, File.description, File.columns)
        .join(File, File.id == FileVersion.file_id)
        .where(FileVersion.id.in_(version_ids), FileVersion.catalog.is_not(None))
    )
    rows = (await session.execute(statement)).all()
    return {row.id: StoredCatalog(row.catalog, row.description, row.columns) for row in rows if row.catalog is not None}


async def set_progress(session: AsyncSession, version_id: UUID, *, rows_done: int, bytes_done: int) -> None:
    """Notes how far reading has come."""
    await session.execute(
        update(FileVersion)
        .where(FileVersion.id == version_id, FileVersion.state == FileState.INGESTING)
        .values(rows_done=rows_done, bytes_done=bytes_done)
    )


async def begin(session: AsyncSession, version_id: UUID) -> None:
    """Notes that reading a version begins now."""
    changes = {"state": FileState.INGESTING, "started_at": func.now()}
    await session.execute(update(FileVersion).where(FileVersion.id == version_id).values(**changes))


async def set_assembled(session: AsyncSession, version_id: UUID, sha256: str) -> None:
    """Notes that the chunks of a version have become its raw bytes."""
    await session.execute(update(FileVersion).where(FileVersion.id == version_id).values(sha256=sha256))


_NEXT = text(
    """
    WITH waiting AS (
        SELECT DISTINCT ON (f.owner_id) f.owner_id, j.id
          FROM jobs j JOIN file_versions v ON v.id = j.subject_id JOIN files f ON f.id = v.file_id
         WHERE j.kind = 'ingest_file' AND j.state = 'queued'
         ORDER BY f.owner_id, j.id
    )
    SELECT waiting.id
      FROM waiting
      JOIN LATERAL (
            SELECT count(*) FILTER (WHERE v.state = 'ingesting') AS running, max(v.started_at) AS last_at
              FROM files f JOIN file_versions v ON v.file_id = f.id WHERE f.owner_id = waiting.owner_id
           ) served ON true
     ORDER BY served.running, served.last_at NULLS FIRST, waiting.id
    """
)


async def fairest_jobs(session: AsyncSession) -> list[UUID]:
    """The oldest queued ingestion of each owner; first whoever has the fewest running and has waited the longest."""
    return list((await session.execute(_NEXT)).scalars())


async def set_ready(
    session: AsyncSession,
    version_id: UUID,
    *,
    rows: int,
    storage_key: str,
    made_bytes: int,
    report: dict[str, Any],
    catalog: dict[str, Any],
) -> None:
    """Makes a version askable: its artefacts, of `made_bytes`, are complete under `storage_key`."""
    await session.execute(
        update(FileVersion)
        .where(FileVersion.id == version_id)
        .values(
            state=FileState.READY,
            rows=rows,
            rows_done=rows,
            bytes_done=FileVersion.size_bytes,
            storage_key=storage_key,
            stored_bytes=FileVersion.stored_bytes + made_bytes,
            report=report,
            catalog=catalog,
            error=None,
            finished_at=func.now(),
        )
    )


async def set_failed(session: AsyncSession, version_id: UUID, error: dict[str, Any]) -> None:
    """Ends a version that cannot become a table."""
    await session.execute(
        update(FileVersion)
        .where(FileVersion.id == version_id)
        .values(state=FileState.FAILED, error=error, finished_at=func.now())
    )


_REMOVABLE = text(
    """
    DELETE FROM file_versions v USING files f
     WHERE f.id = v.file_id AND f.deleted_at < now() - make_interval(secs => :after_s)
       AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject_id = v.id AND j.state IN ('queued', 'running'))
    RETURNING v.file_id, v.id
    """
)
_SUPERSEDED = text(
    """
    DELETE FROM file_versions v
     WHERE v.state IN ('ready', 'failed')
       AND (SELECT count(*) FROM file_versions n
             WHERE n.file_id = v.file_id AND n.number > v.number AND n.state = 'ready'
               AND n.finished_at < now() - make_interval(secs => :after_s)) >= :kept
       AND NOT EXISTS (SELECT 1 FROM file_versions b WHERE b.base_id = v.id AND b.state IN ('queued', 'ingesting'))
    RETURNING v.file_id, v.id
    """
)


async def remove_versions_deleted_before(session: AsyncSession, *, after_s: float) -> list[tuple[UUID, UUID]]:
    """Forgets the versions of files deleted more than `after_s` seconds ago; gives ids of file and version."""
    rows = await session.execute(_REMOVABLE, {"after_s": after_s})
    return [(row.file_id, row.id) for row in rows]


async def remove_superseded(session: AsyncSession, *, kept: int, after_s: float) -> list[tuple[UUID, UUID]]:
    """Forgets versions that at least `kept` newer ones have replaced for `after_s` seconds; gives ids as above."""
    rows = await session.execute(_SUPERSEDED, {"kept": kept, "after_s": after_s})
    return [(row.file_id, row.id) for row in rows]


async def places(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, VersionPlace]:
    """Where those of `version_ids` that have a row are."""
    statement = select(FileVersion.id, FileVersion.storage_key, FileVersion.state).where(
        FileVersion.id.in_(version_ids)
    )
    final = {FileState.READY, FileState.FAILED}
    rows = (await session.execute(statement)).all()
    return {row.id: VersionPlace(row.storage_key, row.state in final) for row in rows}
