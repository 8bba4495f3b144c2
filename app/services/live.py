"""What goes on at this moment: questions and uploads, by whom and since when, and stopping one of them."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import orjson
from redis.exceptions import RedisError

from app.core.actor import Actor
from app.core.errors import NotFound
from app.core.permissions import UserKind
from app.repositories import live
from app.schemas.live import LiveQuestionRead, LiveRead, LiveUploadRead
from app.services.engine.engine import Engine
from app.services.jobs.events import stream_key
from app.services.platform import Platform
from app.services.queries import queries

MOST: Final = 200
LAST_EVENTS: Final = 10
"""Among them is the newest stage: nodes tell at most three other events before the next."""
STAGES_TIMEOUT_S: Final = 2.0


async def read(platform: Platform, actor: Actor) -> LiveRead:
    """What goes on: everything for an ADMIN, for a MASTER its own and that of its users."""
    async with platform.database.transaction() as session:
        questions = await live.questions(session, _manager(actor), most=MOST + 1)
        uploads = await live.uploads(session, _manager(actor), most=MOST + 1)
    stages = await _stages(platform, [row.id for row in questions if row.state == "running"])
    return LiveRead(
        questions=[LiveQuestionRead(**row._mapping, stage=stages.get(row.id)) for row in questions[:MOST]],
        uploads=[LiveUploadRead(**row._mapping) for row in uploads[:MOST]],
        is_complete=max(len(questions), len(uploads)) <= MOST,
    )


async def cancel(engine: Engine, actor: Actor, query_id: UUID) -> None:
    """Stops a question of somebody within the same circle. Raises NotFound, AlreadyFinished."""
    async with engine.platform.database.transaction() as session:
        owner_id = await live.owner_of(session, _manager(actor), query_id)
    if owner_id is None:
        raise NotFound
    await queries.cancel_for(engine, actor, owner_id, query_id)


def _manager(actor: Actor) -> UUID | None:
    return None if actor.kind is UserKind.ADMIN else actor.user_id


async def _stages(platform: Platform, query_ids: Sequence[UUID]) -> dict[UUID, str]:
    """The stage that each question began last, from its events; nothing while Valkey is away."""
    if not query_ids:
        return {}
    try:
        pipeline = platform.valkey.pipeline(transaction=False)
        for query_id in query_ids:
            pipeline.xrevrange(stream_key(query_id), count=LAST_EVENTS)
        async with asyncio.timeout(STAGES_TIMEOUT_S):
            told = await pipeline.execute()
    except (RedisError, OSError):
        return {}
    found = {}
    for query_id, entries in zip(query_ids, told, strict=True):
        stages = (orjson.loads(fields[b"data"]) for _, fields in entries if fields[b"name"] == b"stage")
        newest = next(stages, None)
        if newest is not None:
            found[query_id] = str(newest["name"])
    return found
