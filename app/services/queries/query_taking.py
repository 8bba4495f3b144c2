"""Taking questions for a worker: as many as wait, within its room and everybody's turn."""

import asyncio
import logging
import time
from typing import Final

from app.core.errors import Unavailable
from app.core.tracing import begin_anew
from app.services.engine.engine import Engine
from app.services.queries.query_answer import RETRY_S
from app.services.queries.query_run import claimed_question, perform

CLAIMS_AT_ONCE: Final = 2
"""More of them would take the connections that running questions need."""
LOOK_AGAIN_S: Final = 1.0
"""While questions run: the longest time between two looks, because more may be taken once delays get shorter."""
_log = logging.getLogger(__name__)


async def follow_hint(engine: Engine) -> None:
    """Sees to it that questions are taken; returns at once.

    A hint says that work is there; which question is taken is decided by fairness, so that one person's thousand do not
    keep another's waiting. One taker in each process follows the hints of all, so that a thousand of them cost no more
    statements than there are questions to take.
    """
    turns = engine.turns
    turns.changed.set()
    if not turns.is_closing and (turns.taker is None or turns.taker.done()):
        turns.taker = asyncio.create_task(work_off(engine))
        turns.taker.add_done_callback(_tell_of_defect)


def _tell_of_defect(taker: "asyncio.Task[None]") -> None:
    if not taker.cancelled() and taker.exception() is not None:
        _log.error("taking questions ended by a defect; the next hint begins anew", exc_info=taker.exception())


async def work_off(engine: Engine) -> None:
    """Takes questions until none is left that this process may take and all of its own have ended."""
    turns = engine.turns
    turns.changed.set()
    while not turns.is_closing and (turns.running or turns.changed.is_set()):
        turns.changed.clear()
        await asyncio.gather(*(_take_all(engine) for _ in range(CLAIMS_AT_ONCE)))
        # What is looked for later has nothing to do with the request that has led here.
        begin_anew()
        if turns.running:
            await _changed(turns.changed)


async def _changed(changed: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(LOOK_AGAIN_S):
            await changed.wait()
    except TimeoutError:
        return


async def _take_all(engine: Engine) -> None:
    while engine.turns.has_room():
        try:
            if not await take(engine):
                return
        except Unavailable:
            _log.warning("no question can be taken: the system database is away")
            await asyncio.sleep(RETRY_S)


async def take(engine: Engine) -> bool:
    """Claims the question whose turn it is and begins to answer it; False when there is none."""
    turns, claimed_at = engine.turns, time.monotonic()
    async with engine.platform.database.transaction() as session:
        claim = await turns.claim(session)
        asked = None if claim is None else await claimed_question(session, claim)
    turns.delay.note(time.monotonic() - claimed_at)
    if claim is None:
        return False
    if asked is not None:
        held = engine.jobs.hold(claim, claimed_at)
        turns.begin(claim)
        engine.jobs.work(held, perform(engine, held, asked)).add_done_callback(lambda _: turns.end(claim))
    return True
