"""The chain of the audit log: sealing events in the order of their commits, proving it, and letting old ones go.

Events are written without a place in the chain, so that no request waits for another. A sealer gives committed events
their places afterwards; one at a time works, any number may try.
"""

import asyncio
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from app.core import clock
from app.core.db import Database, Session
from app.core.security import audit_key
from app.models import AuditCheckpoint
from app.repositories import audit
from app.services.platform import Platform

GENESIS: Final = bytes(32)
"""What the first event of all is chained to."""
BATCH: Final = 5000
SEALED_FIELDS: Final = (
    "id",
    "created_at",
    "actor_id",
    "actor_kind",
    "via",
    "action",
    "object_type",
    "object_id",
    "before",
    "after",
    "address",
    "request_id",
    "outcome",
)


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the chain."""

    seq: int
    seal: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found; `broken` names the first bad place, None when all is well."""

    verified: int
    unsealed: int
    broken: str | None = None
    event_id: UUID | None = None


async def seal_new(database: Database, key: bytes) -> int:
    """Seals the events committed since the last time; gives how many. Quiet when somebody else does it."""
    sealed = 0
    while True:
        async with database.transaction() as session:
            if not await audit.become_sealer(session):
                return sealed
            rows = await audit.unsealed(session, most=BATCH)
            if not rows:
                return sealed
            last = await _end(session)
            links = []
            for row in rows:
                last = _next(key, last, row._mapping)
                links.append(last)
            seqs, seals = [link.seq for link in links], [link.seal for link in links]
            await audit.set_seals(session, [row.id for row in rows], seqs, seals)
        sealed += len(rows)


async def seal_log(platform: Platform) -> None:
    """Seals what is new, on an installation that has a secret."""
    key = audit_key(platform.settings)
    if key is not None:
        await seal_new(platform.database, key)


async def tend_log(platform: Platform) -> None:
    """Notes the end of the chain outside of the database, and removes what is older than is kept."""
    settings, key = platform.settings, audit_key(platform.settings)
    if key is None:
        return
    await anchor(platform.database, anchor_file(settings.data_dir))
    if settings.audit_retention_days:
        await remove_old(platform.database, key, keep=timedelta(days=settings.audit_retention_days))


async def verify(database: Database, key: bytes, anchors: Mapping[int, bytes] | None = None) -> Verdict:
    """Walks the whole chain; `anchors` are seals by place that were kept outside of the database.

    Names the first place where an event was changed, removed, moved or added, or where the end was cut off.
    """
    async with database.transaction() as session:
        start = await audit.checkpoint(session)
        if start is not None and not hmac.compare_digest(start.proof, _proof(key, start.seq, start.seal)):
            return Verdict(0, 0, f"the checkpoint at {start.seq} was not made with this installation's key")
        first = Link(0, GENESIS) if start is None else Link(start.seq, start.seal)
        return await _walk(session, key, first, dict(anchors or {}))


async def verify_end(database: Database, key: bytes, anchors: Mapping[int, bytes], *, most: int = 1000) -> Verdict:
    """The same for the newest `most` events alone, trusting the seal before them: quick however long the log is."""
    async with database.transaction() as session:
        newest, start = await audit.head(session), await audit.checkpoint(session)
        first = Link(0, GENESIS) if start is None else Link(start.seq, start.seal)
        if newest is not None and newest[0] - most > first.seq:
            (row,) = await audit.sealed_after(session, newest[0] - most - 1, most=1)
            first = Link(row.seq, row.seal)
        return await _walk(session, key, first, {seq: seal for seq, seal in anchors.items() if seq > first.seq})


async def _walk(session: Session, key: bytes, first: Link, expected: dict[int, bytes]) -> Verdict:
    last = first
    while rows := await audit.sealed_after(session, last.seq, most=BATCH):
        for row in rows:
            right = _next(key, last, row._mapping)
            if row.seq != right.seq:
                return Verdict(last.seq - first.seq, 0, f"the event at {right.seq} is missing")
            if not hmac.compare_digest(row.seal, right.seal):
                return Verdict(last.seq - first.seq, 0, f"the event at {right.seq} is not what was sealed", row.id)
            if expected.pop(right.seq, right.seal) != right.seal:
                return Verdict(last.seq - first.seq, 0, f"the event at {right.seq} is not the anchored one", row.id)
            last = right
    beyond = [seq for seq in expected if seq > last.seq]
    if beyond:
        missing = f"the events from {last.seq + 1} to at least {max(beyond)} are missing from the end"
        return Verdict(last.seq - first.seq, 0, missing)
    return Verdict(last.seq - first.seq, await audit.count_unsealed(session))


async def remove_old(database: Database, key: bytes, *, keep: timedelta) -> int:
    """Removes sealed events older than `keep` behind a checkpoint, from which the rest stays provable."""
    async with database.transaction() as session:
        if not await audit.become_sealer(session):
            return 0
        last = await audit.last_before(session, clock.now() - keep, most=BATCH)
        if last is None:
            return 0
        seq, seal = last
        return await audit.remove_up_to(session, AuditCheckpoint(seq=seq, seal=seal, proof=_proof(key, seq, seal)))


async def anchor(database: Database, path: Path) -> None:
    """Notes the newest seal in a file outside of the database, unless it is there already."""
    async with database.read() as session:
        newest = await audit.head(session)
    if newest is not None:
        await asyncio.to_thread(_append_anchor, path, Link(*newest))


def read_anchors(path: Path) -> dict[int, bytes]:
    """Seals by place from an anchor file; none when there is no file."""
    if not path.exists():
        return {}
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
    return {line["seq"]: bytes.fromhex(line["seal"]) for line in lines}


def anchor_file(data_dir: Path) -> Path:
    """Where an installation keeps its anchors."""
    return data_dir / "audit" / "anchors.jsonl"


def _append_anchor(path: Path, newest: Link) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if newest.seq in read_anchors(path):
        return
    line = {"seq": newest.seq, "seal": newest.seal.hex(), "at": clock.now().isoformat()}
    with path.open("ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


async def _end(session: Session) -> Link:
    newest = await audit.head(session)
    if newest is not None:
        return Link(*newest)
    start = await audit.checkpoint(session)
    return Link(0, GENESIS) if start is None else Link(start.seq, start.seal)


def _next(key: bytes, last: Link, event: Mapping[Any, Any]) -> Link:
    seq = last.seq + 1
    return Link(seq, hmac.digest(key, last.seal + seq.to_bytes(8, "big") + _canonical(event), "sha256"))


def _canonical(event: Mapping[Any, Any]) -> bytes:
    return orjson.dumps([_plain(event[name]) for name in SEALED_FIELDS], option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    """One column in a form that is the same whichever driver read it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return str(value) if isinstance(value, UUID) else value


def _proof(key: bytes, seq: int, seal: bytes) -> bytes:
    return hmac.digest(key, b"checkpoint" + seq.to_bytes(8, "big") + seal, "sha256")
