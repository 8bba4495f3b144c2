"""Uploaded files as their owners see them, and the progress of making them askable."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.core.pagination import PageRequest
from app.models import Agent, AgentSource, File, FileState, FileVersion


def visible_to(owner_id: UUID) -> Select[File]:
    """The files that `owner_id` may see, with their versions; every read of files starts here."""
    return select(File).where(File.owner_id == owner_id, File.deleted_at.is_(None)).options(selectinload(File.versions))


async def get(session: AsyncSession, owner_id: UUID, file_id: UUID, *, lock: bool = False) -> File | None:
    """One file; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(File.id == file_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(session: AsyncSession, owner_id: UUID, request: PageRequest) -> Sequence[File]:
    """Up to `limit + 1` files, newest first."""
    statement = visible_to(owner_id).order_by(File.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(File.id < request.before)
    return (await session.execute(statement)).scalars().all()


async def missing(session: AsyncSession, owner_id: UUID, file_ids: Sequence[UUID]) -> list[UUID]:
    """Those of `file_ids` that `owner_id` has not, in the order given."""
    statement = select(File.id).where(File.owner_id == owner_id, File.deleted_at.is_(None), File.id.in_(file_ids))
    found = set((await session.execute(statement)).scalars())
    return [file_id for file_id in file_ids if file_id not in found]


async def add(session: AsyncSession, file: File, version: FileVersion) -> None:
    """Stores a new file with its first version."""
    file.versions = [version]
    session.add(file)
    await session.flush()
    await session.refresh(file, ["created_at"])


async def agents_reading(session: AsyncSession, file_id: UUID) -> int:
    """How many living agents have the file among their sources."""
    statement = (
        select(func.count())
        .select_from(AgentSource)
        .join(Agent, Agent.id == AgentSource.agent_id)
        .where(AgentSource.file_id == file_id, Agent.deleted_at.is_(None))
    )
    return (await session.execute(statement)).scalar_one()


async def soft_delete(session: AsyncSession, file: File) -> None:
    """Hides the file for good; the sweeper removes its bytes when nothing runs on them any more."""
    await session.execute(update(File).where(File.id == file.id).values(deleted_at=func.now()))


async def version(session: AsyncSession, version_id: UUID) -> FileVersion | None:
    """One version by id, for work that the queue gave out."""
    return await session.get(FileVersion, version_id)


async def version_with_file(session: AsyncSession, version_id: UUID) -> tuple[FileVersion, File] | None:
    """A version and its file, for work that the queue gave out."""
    statement = select(FileVersion, File).join(File, File.id == FileVersion.file_id).where(FileVersion.id == version_id)
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


async def catalogs(session: AsyncSession, version_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """The stored catalogs of READY versions by version id."""
    statement = select(FileVersion.id, FileVersion.catalog).where(
        FileVersion.id.in_(version_ids), FileVersion.catalog.is_not(None)
    )
    return {row.id: row.catalog for row in (await session.execute(statement)).all() if row.catalog is not None}


async def set_progress(session: AsyncSession, version_id: UUID, *, rows_done: int, bytes_done: int) -> None:
    """Notes how far reading has come."""
    await session.execute(
        update(FileVersion)
        .where(FileVersion.id == version_id, FileVersion.state == FileState.INGESTING)
        .values(rows_done=rows_done, bytes_done=bytes_done)
    )


async def set_state(session: AsyncSession, version_id: UUID, state: FileState) -> None:
    """Moves a version that is not final yet to `state`."""
    await session.execute(update(FileVersion).where(FileVersion.id == version_id).values(state=state))


async def set_ready(
    session: AsyncSession,
    version_id: UUID,
    *,
    rows: int,
    size_bytes: int,
    report: dict[str, Any],
    catalog: dict[str, Any],
) -> None:
    """Makes a version askable: its database is complete."""
    await session.execute(
        update(FileVersion)
        .where(FileVersion.id == version_id)
        .values(
            state=FileState.READY,
            rows=rows,
            rows_done=rows,
            bytes_done=size_bytes,
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
    RETURNING v.storage_key
    """
)


async def remove_versions_deleted_before(session: AsyncSession, *, after_s: float) -> list[str]:
    """Forgets the versions of files deleted more than `after_s` seconds ago; gives the folders to remove."""
    return list((await session.execute(_REMOVABLE, {"after_s": after_s})).scalars())


async def known_versions(session: AsyncSession, version_ids: Sequence[UUID]) -> set[UUID]:
    """Those of `version_ids` that have a row."""
    statement = select(FileVersion.id).where(FileVersion.id.in_(version_ids))
    return set((await session.execute(statement)).scalars())
