"""The queue of record on a real database: claims, leases, fences and the sweeper."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Unavailable
from app.core.ids import new_id
from app.core.jobs import JobKind
from app.models import Agent, JobState, Query, QueryState, User
from app.repositories import jobs, queries
from app.repositories.jobs import Claim
from app.repositories.queries import Ending, NewQuery
from app.services.jobs.jobs import HeldJobs, StopReason, send_hints
from app.services.jobs.sweeper import ALWAYS_HINTED, sweep_jobs
from app.services.platform import Platform, open_platform
from tests.conftest import RecordingPublisher
from tests.waiting import until_given

pytestmark = pytest.mark.anyio

LEASE_S = 20.0


@pytest.fixture
async def platform(settings: Settings, publisher: RecordingPublisher) -> AsyncIterator[Platform]:
    platform = open_platform(settings, publisher)
    yield platform
    await platform.close()


async def add_query(database: Database, *, claimed: bool = False) -> tuple[UUID, UUID]:
    """Ids of a new query and of its job."""
    owner = User(id=new_id(), email=f"{new_id()}@example.com", name="Ana", kind="NORMAL", password_hash="!")
    async with database.transaction() as session:
        session.add(owner)
        await session.flush()
        agent = Agent(id=new_id(), owner_id=owner.id, name="x", sources=[])
        session.add(agent)
        await session.flush()
        query = NewQuery(owner.id, agent.id, 1, question="?", language=None)
        if claimed:
            job_id = (await queries.add_claimed(session, query, lease_s=LEASE_S)).job_id
        else:
            job_id = (await queries.add_queued(session, query)).job_id
    return query.id, job_id


async def claim(database: Database, job_id: UUID) -> Claim | None:
    async with database.transaction() as session:
        return await jobs.claim(session, job_id, lease_s=LEASE_S)


async def must_claim(database: Database, job_id: UUID) -> Claim:
    held = await claim(database, job_id)
    assert held is not None
    return held


async def lose_lease(database: Database, job_id: UUID) -> None:
    async with database.transaction() as session:
        await session.execute(
            text("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE id = :id"), {"id": job_id}
        )


async def row_of(database: Database, query_id: UUID) -> Query:
    async with database.read() as session:
        return await queries.of_job(session, query_id)


async def test_only_one_of_many_claims_succeeds(database: Database) -> None:
    _, job_id = await add_query(database)
    claims = await asyncio.gather(*(claim(database, job_id) for _ in range(20)))
    won = [held for held in claims if held is not None]
    assert [(held.fence, held.attempts) for held in won] == [(1, 1)]


async def test_finished_query_is_stored_once_and_its_job_is_done(database: Database) -> None:
    query_id, job_id = await add_query(database)
    held = await must_claim(database, job_id)
    ending = Ending(QueryState.SUCCEEDED, answer="1", outcome="answered")
    async with database.transaction() as session:
        first = await queries.end(session, held, ending)
    async with database.transaction() as session:
        second = await queries.end(session, held, Ending(QueryState.FAILED))
    assert first is not None
    assert second is None
    assert (await row_of(database, query_id)).answer == "1"
    assert await claim(database, job_id) is None


async def test_woken_worker_cannot_write_over_the_one_that_took_its_job(database: Database, platform: Platform) -> None:
    query_id, job_id = await add_query(database)
    asleep = await must_claim(database, job_id)
    await lose_lease(database, job_id)
    await sweep_jobs(platform)
    awake = await must_claim(database, job_id)
    assert (awake.fence, awake.attempts) == (2, 2)
    async with database.transaction() as session:
        assert await queries.end(session, asleep, Ending(QueryState.SUCCEEDED, answer="late")) is None
        assert await jobs.extend(session, [asleep, awake], lease_s=LEASE_S) == {job_id}
        assert not await jobs.finish(session, asleep, JobState.DONE)
    async with database.transaction() as session:
        assert await queries.end(session, awake, Ending(QueryState.SUCCEEDED, answer="right")) is not None
    assert (await row_of(database, query_id)).answer == "right"


async def test_lost_job_is_queued_and_hinted_once_by_two_sweepers(
    database: Database, platform: Platform, publisher: RecordingPublisher
) -> None:
    added = [await add_query(database) for _ in range(10)]
    for _, job_id in added:
        await must_claim(database, job_id)
        await lose_lease(database, job_id)
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET created_at = now() - interval '1 minute'"))
    swept = await asyncio.gather(*(sweep_jobs(platform) for _ in range(4)))
    assert sum(one.requeued for one in swept) == 10
    assert sorted(job_id for _, job_id in publisher.published) == sorted(job_id for _, job_id in added)
    assert {(await row_of(database, query_id)).state for query_id, _ in added} == {QueryState.QUEUED}


async def test_job_that_kills_its_workers_is_given_up_with_a_clear_error(
    database: Database, platform: Platform, publisher: RecordingPublisher
) -> None:
    query_id, job_id = await add_query(database)
    for _ in range(platform.settings.max_job_attempts):
        await must_claim(database, job_id)
        await lose_lease(database, job_id)
        await sweep_jobs(platform)
    query = await row_of(database, query_id)
    assert query.state == QueryState.FAILED
    assert query.error is not None
    assert "3 times" in query.error["detail"]
    assert await claim(database, job_id) is None


async def test_running_job_with_a_living_lease_is_left_alone(database: Database, platform: Platform) -> None:
    query_id, _ = await add_query(database, claimed=True)
    swept = await sweep_jobs(platform)
    assert (swept.requeued, swept.failed, swept.hinted) == (0, 0, 0)
    assert (await row_of(database, query_id)).state == QueryState.RUNNING


async def test_unsent_hint_is_sent_by_the_sweeper_and_not_again_at_once(
    database: Database, platform: Platform, publisher: RecordingPublisher
) -> None:
    _, job_id = await add_query(database)
    await sweep_jobs(platform)
    assert publisher.published == []
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET created_at = now() - interval '1 minute'"))
    await sweep_jobs(platform)
    await sweep_jobs(platform)
    assert publisher.published == [(JobKind.RUN_QUERY, job_id)]


async def test_a_long_queue_is_hinted_at_its_head_and_ever_more_rarely_behind(
    database: Database, platform: Platform, publisher: RecordingPublisher
) -> None:
    added = [job_id for _, job_id in [await add_query(database) for _ in range(ALWAYS_HINTED + 3)]]

    async def sweep_after(age: str, *, hinted: str) -> list[UUID]:
        """What is hinted when all jobs are of an age, and were hinted last some time ago."""
        publisher.published.clear()
        async with database.transaction() as session:
            values = f"created_at = now() - interval '{age}', published_at = now() - interval '{hinted}'"
            await session.execute(text(f"UPDATE jobs SET {values}"))
        await sweep_jobs(platform)
        return sorted(job_id for _, job_id in publisher.published)

    assert await sweep_after("31 seconds", hinted="31 seconds") == added
    assert await sweep_after("600 seconds", hinted="31 seconds") == added[:ALWAYS_HINTED]
    assert await sweep_after("600 seconds", hinted="310 seconds") == added
    assert await sweep_after("600 seconds", hinted="20 seconds") == []


async def test_broker_that_is_away_does_not_fail_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        def publish(self, kind: JobKind, job_id: UUID) -> None:  # noqa: ARG002  (the protocol's arguments)
            raise Unavailable

    await send_hints(Away(), [jobs.Hint(kind=JobKind.RUN_QUERY, job_id=new_id())])
    assert "the broker is away" in caplog.text


@pytest.fixture
async def held_jobs(database: Database, settings: Settings) -> AsyncIterator[HeldJobs]:
    quick = settings.model_copy(update={"lease_s": 2.0, "heartbeat_s": 0.5})
    held = HeldJobs(database, RecordingPublisher(), quick)
    held.start()
    yield held
    await held.close(grace_s=0)


async def test_lease_is_kept_while_the_work_goes_on(database: Database, held_jobs: HeldJobs) -> None:
    _, job_id = await add_query(database)
    held = held_jobs.hold(await must_claim(database, job_id), asyncio.get_running_loop().time())
    finish = asyncio.Event()
    task = held_jobs.work(held, finish.wait())
    before = await lease_of(database, job_id)

    async def is_longer() -> bool:
        return await lease_of(database, job_id) != before

    await until_given(is_longer)
    finish.set()
    await task
    assert held.stopped is None


async def test_work_stops_when_its_lease_was_taken_away(database: Database, held_jobs: HeldJobs) -> None:
    _, job_id = await add_query(database)
    held = held_jobs.hold(await must_claim(database, job_id), asyncio.get_running_loop().time())
    task = held_jobs.work(held, asyncio.Event().wait())
    async with database.transaction() as session:
        await session.execute(text("UPDATE jobs SET fence = fence + 1"))
    async with asyncio.timeout(10):
        await asyncio.wait([task])
    assert (task.cancelled(), held.stopped) == (True, StopReason.LEASE_LOST)


async def test_cancel_request_of_another_replica_stops_the_work(database: Database, held_jobs: HeldJobs) -> None:
    query_id, job_id = await add_query(database)
    held = held_jobs.hold(await must_claim(database, job_id), asyncio.get_running_loop().time())
    task = held_jobs.work(held, asyncio.Event().wait())
    async with database.transaction() as session:
        await queries.request_cancel(session, query_id)
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    assert held.stopped is StopReason.CANCELLED


async def test_unfinished_work_is_handed_back_without_counting_the_attempt(
    database: Database, held_jobs: HeldJobs
) -> None:
    query_id, job_id = await add_query(database)
    held = held_jobs.hold(await must_claim(database, job_id), asyncio.get_running_loop().time())
    task = held_jobs.work(held, asyncio.Event().wait())
    await held_jobs.close(grace_s=0.05)
    assert task.cancelled()
    again = await must_claim(database, job_id)
    assert (again.fence, again.attempts) == (2, 1)
    assert (await row_of(database, query_id)).state == QueryState.QUEUED
    publisher = held_jobs.publisher
    assert isinstance(publisher, RecordingPublisher)
    assert publisher.published == [(JobKind.RUN_QUERY, job_id)]


async def lease_of(database: Database, job_id: UUID) -> object:
    async with database.read() as session:
        return (await session.execute(text("SELECT lease_until FROM jobs WHERE id = :id"), {"id": job_id})).scalar()
