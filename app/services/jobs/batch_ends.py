"""The end of batches: noticed by whatever ends a last question, and by the sweeper when that process died."""

import logging
from typing import Any, Final
from uuid import UUID

from app.core.db import Session
from app.core.errors import Unavailable
from app.models import BatchState, QueryState
from app.repositories import batches, webhooks
from app.repositories.batches import FinishedBatch
from app.services.jobs.jobs import send_hints
from app.services.platform import Platform

BATCH_FINISHED: Final = "batch.finished"
TOLD_ANSWERS: Final = 100
"""Answers that come with the message; all of them are read by the address in it."""
TOLD_CHARS: Final = 2000
_log = logging.getLogger(__name__)


async def settle_batch(platform: Platform, batch_id: UUID) -> None:
    """Marks a batch as finished when its last question has ended, and has that told.

    In a transaction of its own, after that of the question: of two last questions that end at once, neither would see
    the end of the other.
    """
    try:
        await _settle(platform, batch_id)
    except Unavailable:
        _log.warning("the end of batch %s is left to the sweeper: the system database is away", batch_id)


async def sweep_batches(platform: Platform) -> None:
    """Marks the batches whose last question ended unnoticed. Safe to run anywhere and at once."""
    await _settle(platform, None)


async def _settle(platform: Platform, batch_id: UUID | None) -> None:
    async with platform.database.transaction() as session:
        hints = [
            await webhooks.enqueue(session, batch.webhook_id, await _message(session, batch))
            for batch in await batches.settle(session, batch_id)
            if batch.webhook_id is not None
        ]
    if hints:
        await send_hints(platform.publisher, hints)


async def _message(session: Session, batch: FinishedBatch) -> dict[str, Any]:
    progress = (await batches.progress(session, [batch.id]))[batch.id]
    answers = await batches.questions_after(session, batch.id, 0, TOLD_ANSWERS)
    state = BatchState.CANCELLED if batch.is_cancelled else BatchState.FINISHED
    return {
        "type": BATCH_FINISHED,
        "timestamp": batch.finished_at.isoformat(),
        "data": {
            "batch_id": str(batch.id),
            "schedule_id": None if batch.schedule_id is None else str(batch.schedule_id),
            "name": batch.name,
            "state": state.value,
            "question_count": batch.question_count,
            "progress": {state.value: progress[state] for state in QueryState},
            "results": f"/api/v1/batches/{batch.id}/results",
            "answers": [
                {
                    "number": query.batch_number,
                    "query_id": str(query.id),
                    "question": query.question[:TOLD_CHARS],
                    "state": query.state,
                    "answer": None if query.answer is None else query.answer[:TOLD_CHARS],
                    "error": None if query.error is None else query.error.get("code"),
                    "row_count": query.row_count,
                }
                for query in answers
            ],
        },
    }
