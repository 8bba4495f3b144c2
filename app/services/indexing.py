"""Putting exchanges into the index: one by one from the queue, a session on demand, all that are missing by command."""

from collections.abc import AsyncGenerator, Sequence
from uuid import UUID

from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Database
from app.core.jobs import TAKEN_TOGETHER, JobKind
from app.core.tracing import continued
from app.models import JobState
from app.repositories import exchanges, jobs
from app.repositories.exchanges import ToIndex
from app.repositories.jobs import Claim
from app.schemas.context import IndexAccepted
from app.services.engine.embeddings import Embeddings
from app.services.engine.engine import Engine
from app.services.jobs.jobs import job_span
from app.services.sessions.sessions import own

BATCH = 32
"""Exchanges that are embedded and stored together by the command."""
LEASE_S = 120.0
"""For what is taken together, a provider's retries included: longer than `lease_s`, as no heartbeat lengthens it."""
_FIRST = UUID(int=0)


async def take(engine: Engine) -> None:
    """A worker's part: claims exchanges that wait, embeds them, stores their entries. Quiet when there are none.

    Together, because a model takes little longer for many than for one. One that was tried before is alone, so that
    others do not fail by it again.
    """
    kind, most = JobKind.INDEX_EXCHANGE, TAKEN_TOGETHER[JobKind.INDEX_EXCHANGE]
    async with engine.platform.database.transaction() as session:
        claims = await jobs.claim_oldest(session, kind, lease_s=LEASE_S, most=most)
        wanted = await exchanges.to_index(session, [claim.subject_id for claim in claims])
        for claim in claims:
            if claim.subject_id not in wanted:
                await jobs.finish(session, claim, JobState.DONE)
    waiting = [(claim, wanted[claim.subject_id]) for claim in claims if claim.subject_id in wanted]
    fresh = [one for one in waiting if one[0].attempts == 1]
    for together in (fresh, *([one] for one in waiting if one[0].attempts > 1)):
        await _index(engine, together)


async def _index(engine: Engine, together: Sequence[tuple[Claim, ToIndex]]) -> None:
    if not together:
        return
    vectors = await engine.embeddings.of([text_of(wanted) for _, wanted in together])
    for (claim, _), vector in zip(together, vectors, strict=True):
        with continued(claim.traceparent), job_span(claim):
            async with engine.platform.database.transaction() as session:
                if await jobs.finish(session, claim, JobState.DONE):
                    await exchanges.put(session, claim.subject_id, vector)


async def index_session(engine: Engine, actor: Actor, session_id: UUID) -> IndexAccepted:
    """Has every finished exchange of a conversation indexed, anew where it is already. Raises NotFound."""
    async with engine.platform.database.transaction() as session:
        await own(session, actor, session_id)
        hints = await exchanges.enqueue_session(session, actor.user_id, session_id)
    engine.jobs.hint_soon(hints)
    return IndexAccepted(session_id=session_id, exchanges=len(hints), model=engine.embeddings.model)


async def index_missing(settings: Settings, *, batch_size: int = BATCH) -> AsyncGenerator[int]:
    """Indexes what is not indexed, or by another model, in batches, and gives how many it has done so far.

    Each batch is committed: begun anew it goes on where it stopped. Search answers meanwhile; exchanges whose vector is
    not made yet by the present model are found by their words. Raises ModelFailed.
    """
    database, embeddings = Database(str(settings.database_url), pool_size=1), Embeddings(settings)
    try:
        done, after = 0, _FIRST
        while batch := await _missing(database, embeddings, after, batch_size):
            vectors = await embeddings.of([text_of(wanted) for wanted in batch])
            async with database.transaction() as session:
                for wanted, vector in zip(batch, vectors, strict=True):
                    await exchanges.put(session, wanted.query_id, vector)
            done, after = done + len(batch), batch[-1].query_id
            yield done
    finally:
        await embeddings.close()
        await database.close()


def text_of(wanted: ToIndex) -> str:
    """What is embedded: the question, and what it was understood as where it leaves something out.

    Not the answer: its figures say little of what it is about, and would cost most of the time. Words find it.
    """
    return wanted.question if wanted.reading is None else f"{wanted.question} ({wanted.reading})"


async def _missing(database: Database, embeddings: Embeddings, after: UUID, most: int) -> list[ToIndex]:
    async with database.read() as session:
        return await exchanges.missing(session, embeddings.model, after=after, most=most)
