"""Putting exchanges into the index: one by one from the queue, a session on demand, all that are missing by command."""

from collections.abc import AsyncGenerator
from uuid import UUID

from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Database
from app.core.tracing import continued
from app.models import JobState
from app.repositories import exchanges, jobs
from app.repositories.exchanges import ToIndex
from app.schemas.context import IndexAccepted
from app.services.engine.embeddings import Embeddings
from app.services.engine.engine import Engine
from app.services.jobs.jobs import job_span
from app.services.sessions.sessions import own

BATCH = 32
"""Exchanges that are embedded and stored together by the command."""
LEASE_S = 120.0
"""For one exchange, a provider's retries included: longer than `lease_s`, because no heartbeat lengthens it."""
_FIRST = UUID(int=0)


async def take(engine: Engine, job_id: UUID) -> None:
    """A worker's part: claims the job, embeds the exchange, stores its entry. Quiet when there is nothing to do."""
    database = engine.platform.database
    async with database.transaction() as session:
        claim = await jobs.claim(session, job_id, lease_s=LEASE_S)
        wanted = None if claim is None else await exchanges.to_index(session, claim.subject_id)
        if claim is not None and wanted is None:
            await jobs.finish(session, claim, JobState.DONE)
    if claim is None or wanted is None:
        return
    with continued(claim.traceparent), job_span(claim):
        (vector,) = await engine.embeddings.of([text_of(wanted)])
        async with database.transaction() as session:
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
