"""Uploads in chunks as their senders see them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.models import FileState, FileVersion, Upload, UploadChunk


def visible_to(owner_id: UUID) -> Select[Upload]:
    """The uploads that `owner_id` may see; every read of uploads starts here."""
    return select(Upload).where(Upload.owner_id == owner_id)


async def get(session: AsyncSession, owner_id: UUID, upload_id: UUID, *, lock: bool = False) -> Upload | None:
    """One upload by its sender's own id; with `lock` its row is held until the transaction ends."""
    statement = visible_to(owner_id).where(Upload.upload_id == upload_id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def add_new(session: AsyncSession, upload: Upload) -> None:
    """Stores a new upload, unless its sender has one with that id already."""
    values = {column.key: getattr(upload, column.key) for column in Upload.__table__.columns}
    values.pop("created_at")
    await session.execute(insert(Upload).values(**values).on_conflict_do_nothing())


async def chunks(session: AsyncSession, upload_id: UUID) -> Sequence[UploadChunk]:
    """The stored chunks of an upload (by our id), in their order."""
    statement = select(UploadChunk).where(UploadChunk.upload_id == upload_id).order_by(UploadChunk.index)
    return (await session.execute(statement)).scalars().all()


async def add_chunk(session: AsyncSession, chunk: UploadChunk) -> None:
    """Notes that a chunk of an upload, whose row is locked, is stored."""
    session.add(chunk)
    await session.flush()


async def remove(session: AsyncSession, upload: Upload) -> None:
    """Forgets an upload with its chunks."""
    await session.execute(delete(Upload).where(Upload.id == upload.id))


_REMOVE_EXPIRED = text(
    """
    DELETE FROM uploads u WHERE u.expires_at < now() AND NOT EXISTS (
           SELECT 1 FROM file_versions v
            WHERE v.id = u.version_id AND v.sha256 IS NULL AND v.state IN ('queued', 'ingesting'))
    """
)


async def remove_expired(session: AsyncSession) -> None:
    """Forgets the uploads whose time is over, unless a version waits to be made of them."""
    await session.execute(_REMOVE_EXPIRED)


async def needed(session: AsyncSession, upload_ids: Sequence[UUID]) -> set[UUID]:
    """Those of `upload_ids` (ours) whose stored chunks are still to become a file's bytes."""
    open_ones = select(Upload.id).where(Upload.id.in_(upload_ids), Upload.version_id.is_(None))
    unread = select(FileVersion.upload_id).where(
        FileVersion.upload_id.in_(upload_ids),
        FileVersion.sha256.is_(None),
        FileVersion.state.not_in([FileState.READY, FileState.FAILED]),
    )
    rows = (await session.execute(open_ones.union(unread))).scalars()
    return {found for found in rows if found is not None}
