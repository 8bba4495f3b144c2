"""Taking files in: whole or in chunks, as new files or as new versions; nothing is visible before it is complete."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from pydantic import ValidationError

from app.core.actor import Actor
from app.core.clock import now
from app.core.db import Session
from app.core.errors import AgentGraphError, AlreadyFinished, NotFound, TooLarge, Unavailable, ValidationFailed
from app.core.errors.files import ChecksumMismatch, StorageQuotaExceeded, UploadConflict
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.storage import UPLOADS, Arrival, chunk_key, raw_key, version_key
from app.models import AuditAction, File, FileVersion, Origin, Upload, UploadChunk
from app.repositories import files, uploads
from app.repositories.jobs import Hint
from app.schemas.files import FileRead
from app.schemas.uploads import UploadFields, UploadRead, VersionFields
from app.services.accounts.own_limits import limits_of
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.files.file_versions import add_version, enqueue_reading, new_version, own, read_of
from app.services.files.multipart import Received, receive
from app.services.files.read_options import stored_options

MAX_MISSING = 1000
Fields = TypeVar("Fields", bound=UploadFields)
_WRONG_FIELD = Text(en="The field is not right: {reason}", pt="O campo não está certo: {reason}")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file, or a part of one, that has come and passed the checks of its fields."""

    received: Received
    fields: UploadFields
    options: dict[str, Any]
    origin: Origin
    file_id: UUID | None
    """The file that is to get a version; None for a new one."""


async def take_file(
    engine: Engine, actor: Actor, body: AsyncIterator[bytes], content_type: str
) -> FileRead | UploadRead:
    """Takes a new file in as it streams, or one chunk of it.

    Opens its own transactions: none is held while the bytes come. A broken upload leaves nothing behind.
    Raises ValidationFailed, TooLarge, StorageQuotaExceeded, ChecksumMismatch, UploadConflict.
    """
    return await _take(engine, actor, body, content_type, file_id=None)


async def take_version(
    engine: Engine, actor: Actor, body: AsyncIterator[bytes], content_type: str, *, file_id: UUID
) -> FileRead | UploadRead:
    """Takes the next version of a file in, or one chunk of it.

    Raises NotFound, NotReady, and what `take_file` raises.
    """
    async with engine.platform.database.read() as session:
        await own(session, actor, file_id)
    return await _take(engine, actor, body, content_type, file_id=file_id)


async def _take(
    engine: Engine, actor: Actor, body: AsyncIterator[bytes], content_type: str, *, file_id: UUID | None
) -> FileRead | UploadRead:
    shape = UploadFields if file_id is None else VersionFields
    arrival = await asyncio.to_thread(engine.store.arrival)
    try:
        received = await _received(engine, actor, body, content_type, arrival=arrival, shape=shape)
        wanted = _wanted(received, shape, file_id)
        if wanted.fields.upload_id is None:
            return await _keep_whole(engine, actor, arrival, wanted)
        return await _keep_chunk(engine, actor, arrival, wanted)
    finally:
        await asyncio.to_thread(arrival.discard)


async def state(session: Session, actor: Actor, upload_id: UUID) -> UploadRead:
    """How far an upload has come. Raises NotFound."""
    return await _read(session, actor, await _own_upload(session, actor, upload_id))


async def abort(engine: Engine, actor: Actor, upload_id: UUID) -> None:
    """Forgets an upload and its chunks. Raises NotFound, and AlreadyFinished when it has become a file."""
    async with engine.platform.database.transaction() as session:
        upload = await _own_upload(session, actor, upload_id, lock=True)
        if upload.version_id is not None:
            raise AlreadyFinished(state="complete")
        await uploads.remove(session, upload)
    await engine.store.objects.remove(f"{UPLOADS}/{upload.id}")


async def _received(
    engine: Engine,
    actor: Actor,
    body: AsyncIterator[bytes],
    content_type: str,
    *,
    arrival: Arrival,
    shape: type[UploadFields],
) -> Received:
    limit, allowed = engine.platform.settings.max_upload_bytes, frozenset(shape.model_fields)
    async with engine.platform.database.read() as session:
        quota = (await limits_of(session, engine.platform.settings, actor.user_id)).storage_bytes
        used = await files.stored_bytes(session, actor.user_id)
    try:
        room = max(0, quota - used) if quota else limit
        return await receive(body, content_type, arrival, limit_bytes=min(limit, room), allowed=allowed)
    except TooLarge:
        if room >= limit:
            raise
        raise StorageQuotaExceeded(used_bytes=used, quota_bytes=quota) from None


def _wanted(received: Received, shape: type[UploadFields], file_id: UUID | None) -> _Wanted:
    fields = _parsed(received.fields, shape)
    expected = fields.checksum or (fields.sha256 if fields.upload_id is None else None)
    if expected is not None and expected != received.sha256:
        raise ChecksumMismatch(expected=expected, actual=received.sha256)
    origin = Origin(fields.mode) if isinstance(fields, VersionFields) else Origin.UPLOAD
    return _Wanted(received, fields, stored_options(fields.options), origin, file_id)


def _parsed(given: dict[str, str], shape: type[Fields]) -> Fields:
    try:
        return shape.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(str(part) for part in first["loc"]) or "upload_id"
        raise ValidationFailed(_WRONG_FIELD, pointer=f"/{place}", reason=first["msg"]) from error


async def _keep_whole(engine: Engine, actor: Actor, arrival: Arrival, wanted: _Wanted) -> FileRead:
    file_id, received = wanted.file_id or new_id(), wanted.received
    version = new_version(file_id, wanted.options, wanted.origin, size_bytes=received.size_bytes)
    version.sha256 = received.sha256
    await engine.store.objects.put(raw_key(file_id, version.id), arrival.path)
    try:
        async with engine.platform.database.transaction() as session:
            await _require_room(session, engine, actor, received.size_bytes)
            file, hint = await _add(session, actor, version, received.name)
    except AgentGraphError as error:
        # Whether a cut commit was made is not known here: the sweeper removes the folder when it has no row.
        if not isinstance(error, Unavailable):
            await engine.store.objects.remove(version_key(file_id, version.id))
        raise
    engine.jobs.hint_soon([hint])
    return read_of(file)


async def _keep_chunk(engine: Engine, actor: Actor, arrival: Arrival, wanted: _Wanted) -> UploadRead:
    upload, is_stored = await _begun(engine, actor, wanted)
    chunk = UploadChunk(
        upload_id=upload.id,
        index=wanted.fields.chunk_index,
        size_bytes=wanted.received.size_bytes,
        sha256=wanted.received.sha256,
    )
    hint = None
    if not is_stored:
        await engine.store.objects.put(chunk_key(upload.id, chunk.index, chunk.sha256), arrival.path)
    async with engine.platform.database.transaction() as session:
        upload = await _own_upload(session, actor, upload.upload_id, lock=True)
        if not await _is_stored(session, engine, upload, wanted):
            await uploads.add_chunk(session, chunk)
            upload.expires_at = now() + timedelta(seconds=engine.platform.settings.upload_ttl_s)
        if upload.version_id is None:
            hint = await _complete(session, engine, actor, upload)
        read = await _read(session, actor, upload)
    if hint is not None:
        engine.jobs.hint_soon([hint])
    return read


async def _begun(engine: Engine, actor: Actor, wanted: _Wanted) -> tuple[Upload, bool]:
    """The upload that a chunk belongs to, begun by whichever comes first, and whether this chunk is stored already."""
    async with engine.platform.database.transaction() as session:
        upload_id = wanted.fields.upload_id or new_id()
        upload = await uploads.get(session, actor.user_id, upload_id)
        if upload is None:
            await uploads.add_new(session, _new_upload(engine, actor, wanted, upload_id))
            upload = await _own_upload(session, actor, upload_id)
        _require_same(upload, wanted)
        return upload, await _is_stored(session, engine, upload, wanted)


async def _is_stored(session: Session, engine: Engine, upload: Upload, wanted: _Wanted) -> bool:
    """Whether this very chunk is here already. Raises UploadConflict for another one in its place, and TooLarge."""
    here = {chunk.index: chunk for chunk in await uploads.chunks(session, upload.id)}
    stored = None if wanted.fields.chunk_index is None else here.get(wanted.fields.chunk_index)
    if stored is not None:
        if stored.sha256 != wanted.received.sha256:
            raise UploadConflict(field="chunk")
        return True
    limit = engine.platform.settings.max_upload_bytes
    if sum(chunk.size_bytes for chunk in here.values()) + wanted.received.size_bytes > limit:
        raise TooLarge(limit_bytes=limit)
    return False


def _new_upload(engine: Engine, actor: Actor, wanted: _Wanted, upload_id: UUID) -> Upload:
    return Upload(
        id=new_id(),
        owner_id=actor.user_id,
        upload_id=upload_id,
        name=wanted.received.name,
        total_chunks=wanted.fields.total_chunks,
        options=wanted.options,
        sha256=wanted.fields.sha256,
        origin=wanted.origin,
        file_id=wanted.file_id,
        version_id=None,
        expires_at=now() + timedelta(seconds=engine.platform.settings.upload_ttl_s),
    )


def _require_same(upload: Upload, wanted: _Wanted) -> None:
    """Raises UploadConflict when a chunk tells something else of its file than the first one did."""
    told: dict[str, tuple[object, object]] = {
        "file": (upload.name, wanted.received.name),
        "total_chunks": (upload.total_chunks, wanted.fields.total_chunks),
        "options": (upload.options, wanted.options),
        "mode": (Origin(upload.origin), wanted.origin),
        "sha256": (upload.sha256, wanted.fields.sha256),
    }
    if wanted.origin is not Origin.UPLOAD:
        told["file_id"] = (upload.file_id, wanted.file_id)
    for name, (before, present) in told.items():
        if before != present:
            raise UploadConflict(field=name)


async def _complete(session: Session, engine: Engine, actor: Actor, upload: Upload) -> Hint | None:
    """Makes a version of the upload, in the same transaction as its last chunk; None while chunks are missing."""
    chunks = await uploads.chunks(session, upload.id)
    if len(chunks) < upload.total_chunks:
        return None
    await _require_room(session, engine, actor, 0)
    file_id = upload.file_id or new_id()
    size = sum(chunk.size_bytes for chunk in chunks)
    version = new_version(file_id, upload.options, Origin(upload.origin), size_bytes=size)
    version.expected_sha256, version.upload_id = upload.sha256, upload.id
    _, hint = await _add(session, actor, version, upload.name)
    upload.file_id, upload.version_id = file_id, version.id
    return hint


async def _add(session: Session, actor: Actor, version: FileVersion, name: str) -> tuple[File, Hint]:
    """Stores the version, under a new file when it is the first one, and queues the reading of it."""
    if version.origin is not Origin.UPLOAD:
        return await add_version(session, actor, version)
    file = File(id=version.file_id, owner_id=actor.user_id, name=name, description="", columns={}, edition=1)
    await files.add(session, file, version)
    after = {"size_bytes": version.size_bytes, "sha256": version.sha256}
    await record(session, actor, AuditAction.FILE_UPLOADED, "file", file.id, after=after)
    return file, await enqueue_reading(session, version)


async def _require_room(session: Session, engine: Engine, actor: Actor, size_bytes: int) -> None:
    """Raises StorageQuotaExceeded unless `size_bytes` more fit; nobody else adds until the transaction ends."""
    quota = (await limits_of(session, engine.platform.settings, actor.user_id)).storage_bytes
    if not quota:
        return
    await files.lock_owner(session, actor.user_id)
    used = await files.stored_bytes(session, actor.user_id)
    if used + size_bytes > quota:
        raise StorageQuotaExceeded(used_bytes=used, quota_bytes=quota)


async def _read(session: Session, actor: Actor, upload: Upload) -> UploadRead:
    chunks = await uploads.chunks(session, upload.id)
    here = {chunk.index for chunk in chunks}
    missing = [index for index in range(upload.total_chunks) if index not in here]
    file = None
    if upload.version_id is not None and upload.file_id is not None:
        found = await files.get_own(session, actor.user_id, upload.file_id)
        file = None if found is None else read_of(found)
    return UploadRead(
        upload_id=upload.upload_id,
        name=upload.name,
        total_chunks=upload.total_chunks,
        received_chunks=len(chunks),
        received_bytes=sum(chunk.size_bytes for chunk in chunks),
        missing=missing[:MAX_MISSING],
        expires_at=upload.expires_at,
        file=file,
    )


async def _own_upload(session: Session, actor: Actor, upload_id: UUID, *, lock: bool = False) -> Upload:
    upload = await uploads.get(session, actor.user_id, upload_id, lock=lock)
    if upload is None:
        raise NotFound
    return upload
