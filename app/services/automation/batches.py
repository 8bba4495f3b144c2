"""Batches: many questions to an agent asked at once, followed, read together and cancelled as one."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Final
from uuid import UUID

from app.core.actor import Actor
from app.core.config import Settings
from app.core.db import Session
from app.core.errors import AlreadyFinished, NotFound, ValidationFailed
from app.core.i18n import Text
from app.core.ids import new_id
from app.core.pagination import Page, PageRequest, numbered_page_of, page_of
from app.models import AuditAction, Batch, BatchState, Query, QueryState
from app.repositories import batches, webhooks
from app.repositories.jobs import Hint
from app.schemas.batches import BatchAnswer, BatchAnswers, BatchCreate, BatchProgress, BatchRead
from app.schemas.queries import QueryError
from app.services.accounts.quotas import require_room
from app.services.audit.audit import record
from app.services.costs.spending import count_questions
from app.services.engine.engine import Engine
from app.services.jobs.batch_ends import settle_batch
from app.services.queries.queries import askable
from app.services.queries.query_results import stored_rows

HINTS: Final = 200
"""Hints sent at once: workers look for further work by themselves after each job, and the sweeper repeats hints."""
LINES_PAGE: Final = 50
"""Answers read at a time for all of them in one response."""
_TOO_MANY = Text(
    en="The batch has more than {limit} questions. Send several batches.",
    pt="O lote tem mais de {limit} perguntas. Envie vários lotes.",
)
_TOO_LONG = Text(en="The question has more than {limit} characters.", pt="A pergunta tem mais de {limit} caracteres.")


async def submit(engine: Engine, actor: Actor, wanted: BatchCreate) -> BatchRead:
    """Records all questions of a batch for the workers, in one transaction.

    Raises ValidationFailed, NotFound, SourceMissing, NotReady, TooManyQuestions, QuotaExhausted, BudgetExhausted,
    Overloaded.
    """
    settings = engine.platform.settings
    require_askable(settings, wanted.questions)
    await engine.admission.require_room()
    async with engine.platform.database.transaction() as session:
        made, hints = await record_batch(session, settings, actor, wanted)
    engine.jobs.hint_soon(hints[:HINTS])
    return made


def require_askable(settings: Settings, questions: Sequence[str]) -> None:
    """Raises ValidationFailed unless these questions may be asked together."""
    if len(questions) > settings.batch_questions:
        raise ValidationFailed(_TOO_MANY, pointer="/questions", limit=settings.batch_questions)
    for index, question in enumerate(questions):
        if len(question) > settings.max_question_chars:
            raise ValidationFailed(_TOO_LONG, pointer=f"/questions/{index}", limit=settings.max_question_chars)


async def record_batch(
    session: Session, settings: Settings, actor: Actor, wanted: BatchCreate, *, schedule_id: UUID | None = None
) -> tuple[BatchRead, list[Hint]]:
    """Records a batch; give the hints to the broker once that is committed. Raises what `submit` raises."""
    if wanted.webhook_id is not None and await webhooks.get(session, actor.user_id, wanted.webhook_id) is None:
        raise NotFound
    agent = await askable(session, actor, wanted.agent_id)
    await require_room(session, settings, actor.user_id, waits=True, count=len(wanted.questions))
    await count_questions(session, actor.user_id, agent.id, len(wanted.questions))
    batch = Batch(
        id=new_id(),
        owner_id=actor.user_id,
        agent_id=agent.id,
        schedule_id=schedule_id,
        webhook_id=wanted.webhook_id,
        name=wanted.name,
        question_count=len(wanted.questions),
    )
    hints = await batches.add(session, batch, wanted.questions, agent_version=agent.version)
    after = {"agent_id": str(agent.id), "agent_version": agent.version, "questions": len(wanted.questions)}
    await record(session, actor, AuditAction.BATCH_SUBMITTED, "batch", batch.id, after=after)
    return _read(batch, Counter({QueryState.QUEUED: batch.question_count})), hints


async def read(session: Session, actor: Actor, batch_id: UUID) -> BatchRead:
    """One batch with its progress. Raises NotFound."""
    batch = await _own(session, actor, batch_id)
    return _read(batch, (await batches.progress(session, [batch.id]))[batch.id])


async def list_page(
    session: Session, actor: Actor, request: PageRequest, *, schedule_id: UUID | None
) -> Page[BatchRead]:
    """The actor's batches, newest first; only the runs of one schedule when it is given."""
    rows = await batches.page(session, actor.user_id, request, schedule_id)
    progress = await batches.progress(session, [row.id for row in rows])
    return page_of([_read(row, progress[row.id]) for row in rows], request)


async def cancel(engine: Engine, actor: Actor, batch_id: UUID) -> BatchRead:
    """Ends what waits at once and what runs within about two seconds. Raises NotFound, AlreadyFinished.

    Followers of a question that never ran learn its end from its row, so that no event is written for each of them.
    """
    async with engine.platform.database.transaction() as session:
        batch = await _own(session, actor, batch_id, lock=True)
        if batch.finished_at is not None:
            raise AlreadyFinished(state=_state(batch, Counter()).value)
        running = await batches.cancel(session, batch)
        await record(session, actor, AuditAction.BATCH_CANCELLED, "batch", batch_id)
    for query_id in running:
        engine.jobs.stop_subject(query_id)
    await settle_batch(engine.platform, batch_id)
    async with engine.platform.database.read() as session:
        return await read(session, actor, batch_id)


async def answers(session: Session, actor: Actor, batch_id: UUID, request: PageRequest, *, rows: int) -> BatchAnswers:
    """What became of the questions, in their order, each with up to `rows` rows. Raises NotFound."""
    await _own(session, actor, batch_id)
    found = await batches.questions_after(session, batch_id, request.before_number or 0, request.limit + 1)
    page = numbered_page_of([await _answer(session, query, rows) for query in found], request)
    return BatchAnswers(items=list(page.items), next_cursor=page.next_cursor)


async def all_answers(engine: Engine, actor: Actor, batch_id: UUID, *, rows: int) -> AsyncIterator[str]:
    """The same for all questions as JSON lines; no connection is held between two pages. Raises NotFound at once."""
    database = engine.platform.database
    async with database.transaction() as session:
        batch = await _own(session, actor, batch_id)
        after = {"questions": batch.question_count, "rows": rows}
        await record(session, actor, AuditAction.BATCH_EXPORTED, "batch", batch_id, after=after)

    async def lines() -> AsyncIterator[str]:
        last, found = 0, [0]
        while found:
            async with database.read() as session:
                page = await batches.questions_after(session, batch_id, last, LINES_PAGE)
                made = [await _answer(session, query, rows) for query in page]
            for answer in made:
                yield answer.model_dump_json() + "\n"
            found = [answer.number for answer in made]
            last = found[-1] if found else last

    return lines()


async def _own(session: Session, actor: Actor, batch_id: UUID, *, lock: bool = False) -> Batch:
    batch = await batches.get(session, actor.user_id, batch_id, lock=lock)
    if batch is None:
        raise NotFound
    return batch


def _state(batch: Batch, progress: Counter[QueryState]) -> BatchState:
    if batch.finished_at is not None:
        return BatchState.FINISHED if batch.cancel_requested_at is None else BatchState.CANCELLED
    return BatchState.QUEUED if progress[QueryState.QUEUED] == batch.question_count else BatchState.RUNNING


def _read(batch: Batch, progress: Counter[QueryState]) -> BatchRead:
    return BatchRead(
        id=batch.id,
        agent_id=batch.agent_id,
        schedule_id=batch.schedule_id,
        webhook_id=batch.webhook_id,
        name=batch.name,
        state=_state(batch, progress).value,
        question_count=batch.question_count,
        progress=BatchProgress(**{state.value: progress[state] for state in QueryState}),
        cancel_requested=batch.cancel_requested_at is not None,
        created_at=batch.created_at,
        finished_at=batch.finished_at,
    )


async def _answer(session: Session, query: Query, rows: int) -> BatchAnswer:
    """Results are read one after the other, because each may have megabytes of rows of which few are shown."""
    has_rows = rows > 0 and query.state == QueryState.SUCCEEDED
    stored = await stored_rows(session, query) if has_rows else None
    return BatchAnswer(
        number=query.batch_number or 0,
        query_id=query.id,
        question=query.question,
        state=query.state,
        outcome=query.outcome,
        answer=query.answer,
        sql=query.sql,
        error=None if query.error is None else QueryError(**query.error),
        columns=[] if stored is None else stored.columns,
        rows=[] if stored is None else stored.rows[:rows],
        row_count=query.row_count,
        truncated=query.truncated,
        tokens_in=query.tokens_in,
        tokens_out=query.tokens_out,
        cost_usd=query.cost_usd,
    )
