"""Telling the end of single questions to webhooks, whatever it was that ended them."""

from typing import Any, Final

from app.models import Query
from app.repositories import queries, webhooks
from app.services.jobs.batch_ends import TOLD_CHARS
from app.services.jobs.jobs import send_hints
from app.services.platform import Platform

QUERY_FINISHED: Final = "query.finished"


async def tell_ended_queries(platform: Platform) -> int:
    """Has the ends told that are due; gives how many. Safe to run anywhere and at once: each is told once.

    By the scheduler and not by the run, so that no way to end a question can forget it.
    """
    async with platform.database.transaction() as session:
        hints = [
            await webhooks.enqueue(session, webhook_id, _message(await queries.of_job(session, query_id)))
            for query_id, webhook_id in await webhooks.take_ended(session)
        ]
    if hints:
        await send_hints(platform.publisher, hints)
    return len(hints)


def _message(query: Query) -> dict[str, Any]:
    return {
        "type": QUERY_FINISHED,
        "timestamp": query.finished_at.isoformat() if query.finished_at is not None else None,
        "data": {
            "query_id": str(query.id),
            "question": query.question[:TOLD_CHARS],
            "state": query.state,
            "answer": None if query.answer is None else query.answer[:TOLD_CHARS],
            "error": None if query.error is None else query.error.get("code"),
            "row_count": query.row_count,
            "result": f"/api/v1/queries/{query.id}/result",
        },
    }
