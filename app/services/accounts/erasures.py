"""Erasing what belonged to a closed account: begun with its end, done by a worker, told to whoever may know."""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from redis.exceptions import RedisError

from app.core.actor import Actor
from app.core.db import Session
from app.core.errors import NotFound, Unavailable
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.core.pagination import Page, PageRequest, page_of
from app.core.permissions import UserKind
from app.core.security import digest_of
from app.core.storage import EXPORTS, FILES, UPLOADS
from app.models import AuditAction, Erasure, ErasureState, JobState, User
from app.repositories import erasures, jobs
from app.repositories.jobs import Claim, Hint
from app.schemas.erasures import ErasureBegun, ErasureRead
from app.services.audit.audit import record
from app.services.engine.engine import Engine
from app.services.jobs.events import stream_key
from app.services.jobs.jobs import send_hints
from app.services.platform import Platform

RECEIPT_PREFIX: Final = "age_"
AGAIN_AFTER_S: Final = 3600.0
"""After how long an erasure that failed is tried again."""
REOPENED_AT_ONCE: Final = 50
SCANNED_AT_ONCE: Final = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Begun:
    """An erasure that was just recorded, what to tell of it, and the hint for the workers."""

    shown: ErasureBegun
    hint: Hint


async def begin(session: Session, user: User) -> Begun:
    """Records that all that belongs to `user`, who is about to be closed, has to go."""
    receipt = RECEIPT_PREFIX + secrets.token_urlsafe(32)
    erasure = Erasure(
        id=new_id(), user_id=user.id, manager_id=user.manager_id, email=user.email, receipt_hash=digest_of(receipt)
    )
    await erasures.add(session, erasure)
    hint = await jobs.enqueue(session, JobKind.ERASE_ACCOUNT, erasure.id)
    shown = ErasureRead.model_validate(erasure)
    return Begun(ErasureBegun(**shown.model_dump(), receipt=receipt), hint)


async def read(session: Session, actor: Actor, erasure_id: UUID) -> ErasureRead:
    """The report of an erasure: any for an ADMIN, of its former users for a MASTER. Raises NotFound."""
    return _shown(await erasures.find(session, erasure_id, manager_id=_manager(actor)))


async def read_by_receipt(session: Session, receipt: str) -> ErasureRead:
    """The report for the person who left. Raises NotFound."""
    return _shown(await erasures.find_by_receipt(session, digest_of(receipt)))


async def list_page(session: Session, actor: Actor, request: PageRequest) -> Page[ErasureRead]:
    """Erasures, newest first; which ones as for `read`."""
    rows = await erasures.page(session, request, manager_id=_manager(actor))
    return page_of([ErasureRead.model_validate(row) for row in rows], request)


async def take(engine: Engine, job_id: UUID) -> None:
    """Claims an erasure and does it. Quiet when somebody else has it."""
    claimed_at = time.monotonic()
    async with engine.platform.database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=engine.platform.settings.lease_s)
        if claim is None:
            return
        await erasures.begin(session, claim.subject_id)
    held = engine.jobs.hold(claim, claimed_at)
    await asyncio.wait([engine.jobs.work(held, _perform(engine.platform, claim))])


async def reopen(platform: Platform) -> int:
    """Begins again where something of a closed account is left; gives how many. Safe to run anywhere and at once."""
    async with platform.database.transaction() as session:
        found = await erasures.with_remains(session, again_after_s=AGAIN_AFTER_S, most=REOPENED_AT_ONCE)
        hints = []
        for user_id, erasure_id in found:
            if erasure_id is None:
                erasure = Erasure(id=new_id(), user_id=user_id)
                await erasures.add(session, erasure)
                hints.append(await jobs.enqueue(session, JobKind.ERASE_ACCOUNT, erasure.id))
            else:
                await erasures.reopen(session, erasure_id)
                hints.append(await jobs.enqueue_again(session, JobKind.ERASE_ACCOUNT, erasure_id))
    if hints:
        await send_hints(platform.publisher, hints)
    return len(hints)


async def _perform(platform: Platform, claim: Claim) -> None:
    """Removes everything in steps that may each be repeated, then notes the end.

    While the store, Valkey or the database is away the job is left; another attempt goes on when its lease is over.
    """
    try:
        async with platform.database.read() as session:
            erasure = await erasures.get(session, claim.subject_id)
        if erasure is None:
            raise NotFound
        await _erase(platform, erasure)
        async with platform.database.transaction() as session:
            if not await jobs.finish(session, claim, JobState.DONE):
                return
            kept = await erasures.count_kept(session, erasure.user_id)
            await erasures.end(session, erasure.id, ErasureState.DONE, kept)
            await record(session, None, AuditAction.ACCOUNT_ERASED, "user", erasure.user_id)
    except Unavailable:
        _log.warning("erasure %s waits for the store, Valkey or the system database", claim.subject_id)
    except Exception:  # noqa: BLE001  (the last resort of a job: a defect ends it with a log entry, and it is tried again)
        _log.exception("erasure %s failed by a defect", claim.subject_id)
        async with platform.database.transaction() as session:
            if await jobs.finish(session, claim, JobState.FAILED):
                await erasures.end(session, claim.subject_id, ErasureState.FAILED, {})


async def _erase(platform: Platform, erasure: Erasure) -> None:
    user_id = erasure.user_id
    async with platform.database.transaction() as session:
        wait_s = await erasures.end_jobs(session, user_id)
    await asyncio.sleep(max(0.0, wait_s))
    async with platform.database.transaction() as session:
        await erasures.remove_jobs(session, user_id)
    await _erase_kept_keys(platform, erasure)
    await _erase_files(platform, erasure)
    await _erase_rows(platform, erasure)
    if erasure.email is not None:
        await platform.mailer.forget(erasure.email)


async def _erase_kept_keys(platform: Platform, erasure: Erasure) -> None:
    """Removes events, answers and pictures from Valkey, while the questions that name them are still there."""
    removed = 0
    try:
        async for query_ids in _questions(platform, erasure.user_id):
            removed += await platform.valkey.unlink(*[stream_key(query_id) for query_id in query_ids])
        pattern = f"agentgraph:*:{erasure.user_id}:*"
        async for key in platform.valkey.scan_iter(match=pattern, count=SCANNED_AT_ONCE):
            removed += await platform.valkey.unlink(key)
    except RedisError as error:
        raise Unavailable from error
    async with platform.database.transaction() as session:
        await erasures.note(session, erasure.id, {"cached": removed})


async def _questions(platform: Platform, user_id: UUID) -> AsyncIterator[list[UUID]]:
    after: UUID | None = None
    while True:
        async with platform.database.read() as session:
            batch = list(await erasures.query_ids(session, user_id, after=after))
        if not batch:
            return
        yield batch
        after = batch[-1]


async def _erase_files(platform: Platform, erasure: Erasure) -> None:
    """Removes stored bytes first and the row that names them last, so that a repeated run finds what is left."""
    store = platform.store
    async with platform.database.read() as session:
        file_ids = await erasures.file_ids(session, erasure.user_id)
        upload_ids = await erasures.upload_ids(session, erasure.user_id)
    await store.objects.remove(f"{EXPORTS}/{erasure.user_id}")
    for upload_id in upload_ids:
        await store.objects.remove(f"{UPLOADS}/{upload_id}")
    for file_id in file_ids:
        async with platform.database.read() as session:
            version_ids = await erasures.version_ids(session, file_id)
        await store.objects.remove(f"{FILES}/{file_id}")
        await store.forget(version_ids)
        async with platform.database.transaction() as session:
            await erasures.note(session, erasure.id, await erasures.remove_file(session, file_id))


async def _erase_rows(platform: Platform, erasure: Erasure) -> None:
    database, user_id = platform.database, erasure.user_id
    for table in erasures.removable_tables():
        is_left = True
        while is_left:
            async with database.transaction() as session:
                count = await erasures.remove_some(session, table, user_id)
                await erasures.note(session, erasure.id, {table: count})
            is_left = count > 0
    async with database.transaction() as session:
        await erasures.empty_calls(session, user_id)


def _shown(erasure: Erasure | None) -> ErasureRead:
    if erasure is None:
        raise NotFound
    return ErasureRead.model_validate(erasure)


def _manager(actor: Actor) -> UUID | None:
    return None if actor.kind is UserKind.ADMIN else actor.user_id
