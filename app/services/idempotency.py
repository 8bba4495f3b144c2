"""Requests that are done once however often they are sent: who may do it now, and what the others are answered."""

import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.db import Session
from app.core.errors.access import AnswerLost, IdempotencyKeyReused, RequestInProgress
from app.core.idempotency import OnceClaim, current_claim
from app.core.security import replay_key
from app.models import IdempotencyKey
from app.repositories import idempotency, queries
from app.services.platform import Platform

TTL_S: Final = 86_400.0
"""How long a key is remembered."""
MAX_BODY_BYTES: Final = 8 * 1024**2
"""Larger answers are not kept; that of a question is then read by its id."""
NONCE_BYTES: Final = 12
RETRY_AFTER_S: Final = 1
QUERY: Final = "query"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes | None
    """None when it was too large to keep."""


@dataclass(frozen=True, slots=True)
class OnceKey:
    """An Idempotency-Key with whose it is and what it was sent to."""

    owner_id: UUID | None
    text: str
    target: bytes
    """Method and address."""

    @property
    def hash(self) -> bytes:
        """What is stored of owner and key, 32 bytes."""
        return hashlib.sha256(f"{self.owner_id}\n{self.text}".encode()).digest()

    @property
    def target_hash(self) -> bytes:
        """What is stored of the target, 32 bytes."""
        return hashlib.sha256(self.target).digest()


async def claim(platform: Platform, key: OnceKey) -> UUID | None:
    """The right to do the request now; None when it was done or is being done, which `answer_of` tells apart."""
    async with platform.database.transaction() as session:
        return await idempotency.claim(
            session,
            owner_id=key.owner_id,
            key_hash=key.hash,
            target_hash=key.target_hash,
            lease_s=platform.settings.lease_s,
            ttl_s=TTL_S,
        )


async def stored(platform: Platform, key: OnceKey) -> IdempotencyKey:
    """What came of the request of a key that was not to be claimed. Raises IdempotencyKeyReused, RequestInProgress."""
    async with platform.database.read() as session:
        found = await idempotency.find(session, key.hash)
    if found is None:
        raise RequestInProgress(retry_after_s=RETRY_AFTER_S)
    row, is_held = found
    if row.target_hash != key.target_hash:
        raise IdempotencyKeyReused
    is_undone = row.status is None and row.object_id is None
    if is_held or is_undone:
        # Undone and held by nobody: whoever had it died, and its lease ended after it was asked for here.
        raise RequestInProgress(retry_after_s=RETRY_AFTER_S)
    return row


async def answer_of(platform: Platform, key: OnceKey, row: IdempotencyKey, fingerprint: bytes) -> Answer:
    """The answer for a request that was done before. Raises IdempotencyKeyReused, AnswerLost."""
    if row.fingerprint is not None and row.fingerprint != fingerprint:
        raise IdempotencyKeyReused
    query_id = UUID(row.object_id) if row.object_type == QUERY and row.object_id is not None else None
    if row.status is not None and row.body is not None and await _may_be_told(platform, key, query_id):
        body = _opened(platform, key, row.body)
        if body is not None:
            return Answer(row.status, dict(row.headers or {}), body)
    if query_id is not None:
        async with platform.database.read() as session:
            query = await queries.find(session, query_id)
        if query is not None:
            return accepted(query.id, query.state)
    raise AnswerLost(object_type=row.object_type, object_id=row.object_id)


def accepted(query_id: UUID, state: str) -> Answer:
    """The answer for a question whose own one cannot be repeated: it was taken, and is to be read by its id."""
    headers = {"content-type": "application/json", "location": f"/api/v1/queries/{query_id}"}
    return Answer(202, headers, orjson.dumps({"id": str(query_id), "state": state}))


async def note(session: Session, object_type: str, object_id: str | None) -> None:
    """Notes what came of the request of this moment, when it has a key. Raises RequestInProgress when it lost it."""
    held = current_claim.get()
    if held is None or not held.is_open or object_id is None:
        return
    if not await idempotency.note_object(session, held.id, object_type, object_id, held.fingerprint()):
        raise RequestInProgress(retry_after_s=RETRY_AFTER_S)


async def extend(platform: Platform, held: OnceClaim) -> None:
    """Shows that the request is still being worked on."""
    async with platform.database.transaction() as session:
        await idempotency.extend(session, held.id, lease_s=platform.settings.lease_s)


async def keep(platform: Platform, key: OnceKey, held: OnceClaim, answer: Answer) -> None:
    """Keeps the answer for a day; one that failed before anything was done is forgotten, so that it may be repeated."""
    body = None if answer.body is None else _sealed(platform, key, answer.body)
    async with platform.database.transaction() as session:
        await idempotency.keep_answer(
            session,
            held.id,
            status=answer.status,
            headers=answer.headers,
            body=body,
            fingerprint=held.fingerprint(),
        )


async def _may_be_told(platform: Platform, key: OnceKey, query_id: UUID | None) -> bool:
    """Whether an answer may be repeated: not when it rests on a source that is no longer shared with its asker."""
    if query_id is None or key.owner_id is None:
        return True
    async with platform.database.read() as session:
        return await queries.get(session, key.owner_id, query_id) is not None


def _cipher(platform: Platform, key: OnceKey) -> AESGCM:
    # The key itself is not stored: whoever has the database alone cannot read what was answered.
    return AESGCM(hashlib.sha256(replay_key(platform.settings) + key.hash + key.text.encode()).digest())


def _sealed(platform: Platform, key: OnceKey, body: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(platform, key).encrypt(nonce, zlib.compress(body, 1), None)


def _opened(platform: Platform, key: OnceKey, sealed: bytes) -> bytes | None:
    """What was sealed; None when the signing key was changed since."""
    try:
        return zlib.decompress(_cipher(platform, key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    except InvalidTag:
        return None
