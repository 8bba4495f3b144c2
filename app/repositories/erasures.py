"""Erasures in the system database: what belonged to a closed account goes, batch by batch, and is counted."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    Select,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)

from app.core.db import Session
from app.core.pagination import PageRequest
from app.models import (
    Base,
    Erasure,
    ErasureState,
    File,
    FileVersion,
    Job,
    Query,
    Upload,
    UsageRecord,
    User,
)
from app.models.ownership import of_user, owned_tables

BATCH: Final = 500
_TABLES: Final = Base.metadata.tables

_NOTE: Final = text(
    """
    UPDATE erasures SET removed = removed || (
           SELECT jsonb_object_agg(key, coalesce((removed ->> key)::bigint, 0) + value::bigint)
             FROM jsonb_each_text(CAST(:counts AS jsonb)))
     WHERE id = :id
    """
)


async def add(session: Session, erasure: Erasure) -> None:
    """Stores a new erasure."""
    session.add(erasure)
    await session.flush()
    await session.refresh(erasure)


async def get(session: Session, erasure_id: UUID) -> Erasure | None:
    """One erasure."""
    return await session.get(Erasure, erasure_id)


async def find(session: Session, erasure_id: UUID, *, manager_id: UUID | None) -> Erasure | None:
    """One erasure; with `manager_id` only of an account that it managed."""
    return await session.scalar(_visible(manager_id).where(Erasure.id == erasure_id))


async def find_by_receipt(session: Session, receipt_hash: bytes) -> Erasure | None:
    """The erasure whose receipt has that hash."""
    return await session.scalar(select(Erasure).where(Erasure.receipt_hash == receipt_hash))


async def page(session: Session, request: PageRequest, *, manager_id: UUID | None) -> Sequence[Erasure]:
    """Up to `limit + 1` erasures, newest first; with `manager_id` only of accounts that it managed."""
    statement = _visible(manager_id).order_by(Erasure.id.desc()).limit(request.limit + 1)
    if request.before is not None:
        statement = statement.where(Erasure.id < request.before)
    return (await session.scalars(statement)).all()


async def begin(session: Session, erasure_id: UUID) -> None:
    """Notes that it is being worked on."""
    values = {"state": ErasureState.ERASING, "started_at": func.coalesce(Erasure.started_at, func.now())}
    await session.execute(update(Erasure).where(Erasure.id == erasure_id).values(values))


async def end(session: Session, erasure_id: UUID, state: ErasureState, kept: Mapping[str, int]) -> None:
    """Notes how it ended; what found the person's mails goes with a good end."""
    values: dict[str, Any] = {"state": state, "finished_at": func.now(), "kept": dict(kept)}
    if state is ErasureState.DONE:
        values["email"] = None
    await session.execute(update(Erasure).where(Erasure.id == erasure_id).values(values))


async def note(session: Session, erasure_id: UUID, counts: Mapping[str, int]) -> None:
    """Adds to what was removed, in the transaction that removes it: a repeated run counts nothing twice."""
    found = {name: count for name, count in counts.items() if count}
    if found:
        await session.execute(_NOTE, {"id": erasure_id, "counts": orjson.dumps(found).decode()})


async def end_jobs(session: Session, user_id: UUID) -> float:
    """Takes all work on the person's things away from whoever has it.

    Gives the seconds until the last of them must have noticed: none of them can store anything from now on, but may
    still write to the cache or the store.
    """
    ended = (
        update(Job)
        .where(Job.state.in_(["held", "queued", "running"]), _is_about(user_id))
        .values(state="failed", fence=Job.fence + 1, finished_at=func.now(), published_at=func.now())
        .returning(func.coalesce(func.extract("epoch", Job.lease_until - func.now()), 0))
    )
    left = (await session.scalars(ended)).all()
    return max((float(seconds) for seconds in left), default=0.0)


async def remove_jobs(session: Session, user_id: UUID) -> None:
    """Forgets the ended work on the person's things."""
    await session.execute(delete(Job).where(_is_about(user_id)))


async def query_ids(session: Session, user_id: UUID, *, after: UUID | None) -> Sequence[UUID]:
    """Ids of the person's questions beyond `after`, in order, a batch at a time."""
    statement = select(Query.id).where(Query.owner_id == user_id).order_by(Query.id).limit(BATCH)
    if after is not None:
        statement = statement.where(Query.id > after)
    return (await session.scalars(statement)).all()


async def file_ids(session: Session, user_id: UUID) -> Sequence[UUID]:
    """Ids of the person's files, deleted ones included."""
    return (await session.scalars(select(File.id).where(File.owner_id == user_id))).all()


async def version_ids(session: Session, file_id: UUID) -> Sequence[UUID]:
    """Ids of all versions of a file."""
    return (await session.scalars(select(FileVersion.id).where(FileVersion.file_id == file_id))).all()


async def remove_file(session: Session, file_id: UUID) -> dict[str, int]:
    """Removes the row of a file with its versions; gives what that was."""
    total = select(func.count(), func.coalesce(func.sum(FileVersion.stored_bytes), 0))
    versions, size = (await session.execute(total.where(FileVersion.file_id == file_id))).one()
    gone = (await session.execute(delete(File).where(File.id == file_id).returning(File.id))).all()
    return {"files": 1, "file_versions": versions, "stored_bytes": int(size)} if gone else {}


async def upload_ids(session: Session, user_id: UUID) -> Sequence[UUID]:
    """Our ids of the person's uploads in chunks."""
    return (await session.scalars(select(Upload.id).where(Upload.owner_id == user_id))).all()


def removable_tables() -> list[str]:
    """Names of the tables whose rows go with the person."""
    return [str(table.name) for table in owned_tables()]


async def remove_some(session: Session, table_name: str, user_id: UUID) -> int:
    """Removes up to BATCH rows of one of `removable_tables`; gives how many went."""
    table = _TABLES[table_name]
    key = list(table.primary_key)
    some = select(*key).where(of_user(table, user_id)).limit(BATCH)  # type: ignore[arg-type]
    gone = await session.execute(delete(table).where(tuple_(*key).in_(some)).returning(key[0]))
    return len(gone.all())


async def empty_calls(session: Session, user_id: UUID) -> None:
    """Takes out of the person's model calls what leads back to them at the provider; the figures stay."""
    known = update(UsageRecord).where(UsageRecord.owner_id == user_id, UsageRecord.provider_call_id.is_not(None))
    await session.execute(known.values(provider_call_id=None))


async def count_kept(session: Session, user_id: UUID) -> dict[str, int]:
    """How many rows stay as figures, by table."""
    statement = select(func.count()).select_from(UsageRecord).where(UsageRecord.owner_id == user_id)
    count = (await session.execute(statement)).scalar_one()
    return {"usage_records": count} if count else {}


async def with_remains(session: Session, *, again_after_s: float, most: int) -> Sequence[tuple[UUID, UUID | None]]:
    """Closed accounts that still have something and whose erasure is not under way, with their erasure if there is one.

    What a request of the person's brought after its end, what failed `again_after_s` ago, and accounts that were
    closed before there were erasures. An erasure that held for a day is not looked at any more.
    """
    held = (Erasure.state == ErasureState.DONE) & (Erasure.finished_at > func.now() - func.make_interval(0, 0, 0, 1))
    failed = (Erasure.state == ErasureState.FAILED) & (
        Erasure.finished_at < func.now() - func.make_interval(0, 0, 0, 0, 0, 0, again_after_s)
    )
    statement = (
        select(User.id, Erasure.id)
        .outerjoin(Erasure, Erasure.user_id == User.id)
        .where(User.deleted_at.is_not(None), or_(Erasure.id.is_(None), held, failed), _has_remains())
        .limit(most)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def reopen(session: Session, erasure_id: UUID) -> None:
    """Lets an ended erasure begin again."""
    again = update(Erasure).where(Erasure.id == erasure_id)
    await session.execute(again.values(state=ErasureState.QUEUED, finished_at=None))


def _visible(manager_id: UUID | None) -> Select[Erasure]:
    statement = select(Erasure)
    return statement if manager_id is None else statement.where(Erasure.manager_id == manager_id)


def _is_about(user_id: UUID) -> Any:
    """Whether the subject of a job is something of the person's, whatever it is."""
    subjects = []
    for table in _TABLES.values():
        mine = of_user(table, user_id) if "id" in table.c else None
        if mine is not None:
            subjects.append(Job.subject_id.in_(select(table.c.id).where(mine)))
    return or_(*subjects)


def _has_remains() -> Any:
    owned = [of_user(_TABLES[name], User.id) for name in removable_tables()]  # type: ignore[arg-type]
    return or_(*[exists().where(mine) for mine in owned if mine is not None])
