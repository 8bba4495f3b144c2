"""Idempotency keys in the system database: claimed before the work, noted with it, answered after it."""

from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, update

from app.core.db import Session
from app.core.ids import new_id
from app.models import IdempotencyKey

_CLAIM: Final = text(
    """
    INSERT INTO idempotency_keys AS k (id, owner_id, key_hash, target_hash, lease_until, expires_at)
    VALUES (:id, :owner_id, :key_hash, :target_hash, now() + make_interval(secs => :lease_s),
            now() + make_interval(secs => :ttl_s))
    ON CONFLICT (key_hash) DO UPDATE
       SET id = excluded.id, target_hash = excluded.target_hash, lease_until = excluded.lease_until,
           expires_at = excluded.expires_at, created_at = now(), fingerprint = NULL, object_type = NULL,
           object_id = NULL, status = NULL, headers = NULL, body = NULL
     WHERE k.expires_at < now()
        OR (k.status IS NULL AND k.object_id IS NULL AND k.lease_until < now() AND k.target_hash = :target_hash)
    RETURNING id
    """
)
_ANSWER: Final = text(
    """
    UPDATE idempotency_keys
       SET status = :status, headers = CAST(:headers AS jsonb), body = :body, fingerprint = :fingerprint
     WHERE id = :id AND (:is_success OR object_id IS NOT NULL)
    """
)


async def claim(
    session: Session, *, owner_id: UUID | None, key_hash: bytes, target_hash: bytes, lease_s: float, ttl_s: float
) -> UUID | None:
    """Takes a key that is new, expired, or was left by a dead process before it did anything; None for any other."""
    values = {"id": new_id(), "owner_id": owner_id, "key_hash": key_hash, "target_hash": target_hash}
    row = (await session.execute(_CLAIM, {**values, "lease_s": lease_s, "ttl_s": ttl_s})).first()
    return None if row is None else row.id


async def find(session: Session, key_hash: bytes) -> tuple[IdempotencyKey, bool] | None:
    """The row of a key, and whether somebody works on it now."""
    is_held = (IdempotencyKey.status.is_(None)) & (IdempotencyKey.lease_until > func.now())
    row = (await session.execute(select(IdempotencyKey, is_held).where(IdempotencyKey.key_hash == key_hash))).first()
    return None if row is None else (row[0], bool(row[1]))


async def note_object(session: Session, claim_id: UUID, object_type: str, object_id: str, fingerprint: bytes) -> bool:
    """Notes, in the transaction that does the work, what came of it; False when the claim was lost to another."""
    statement = (
        update(IdempotencyKey)
        .where(IdempotencyKey.id == claim_id)
        .values(object_type=object_type, object_id=object_id, fingerprint=fingerprint)
        .returning(IdempotencyKey.id)
    )
    return (await session.execute(statement)).first() is not None


async def extend(session: Session, claim_id: UUID, *, lease_s: float) -> None:
    """Lengthens a claim."""
    lease_until = func.now() + func.make_interval(0, 0, 0, 0, 0, 0, lease_s)
    await session.execute(update(IdempotencyKey).where(IdempotencyKey.id == claim_id).values(lease_until=lease_until))


async def keep_answer(
    session: Session,
    claim_id: UUID,
    *,
    status: int,
    headers: dict[str, Any],
    body: bytes | None,
    fingerprint: bytes,
) -> None:
    """Keeps the answer of a success, or when something was done; else forgets the key, which may then be tried anew."""
    values = {"id": claim_id, "status": status, "headers": orjson.dumps(headers).decode(), "body": body}
    await session.execute(_ANSWER, {**values, "fingerprint": fingerprint, "is_success": status < 400})
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.id == claim_id, IdempotencyKey.status.is_(None)))


async def remove_expired(session: Session) -> None:
    """Forgets the keys whose day is over."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.expires_at < func.now()))
