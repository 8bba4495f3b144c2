"""Two schedulers at once: whatever is due is done once, by one or the other."""

import asyncio
import signal
import sys
from datetime import datetime

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from app.core.config import Settings
from app.core.db import Database
from app.models import JobState
from tests.api.test_schedules import create, make_due, runs
from tests.askable import ready_agent
from tests.people import People
from tests.services.test_jobs import add_query, lose_lease
from tests.waiting import until_given
from tests.workers.conftest import Process

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(240)]

SCHEDULES = 10
HANGING = """
import asyncio
from types import SimpleNamespace
from app.workers.beat import Chore, tend

async def wait_for_ever(platform):
    await asyncio.Event().wait()

platform = SimpleNamespace(settings=SimpleNamespace(heartbeat_s=1.0))
asyncio.run(tend([Chore(wait_for_ever)], platform, asyncio.Event(), limit_s=0.2))
"""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"lease_s": 4.0, "heartbeat_s": 1.0})


async def test_two_schedulers_begin_each_run_once_and_take_up_each_lost_job_once(
    app: FastAPI, people: People, database: Database, *, beat: Process, second_beat: Process
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    schedules = [await create(ana, agent_id, name=f"Run {number}") for number in range(SCHEDULES)]
    lost = [(await add_query(database, claimed=True))[1] for _ in range(SCHEDULES)]
    await _both_have_been_seen_since(database, beat, second_beat, moment=await _now(database))
    await make_due(database)
    await asyncio.gather(*(lose_lease(database, job_id) for job_id in lost))
    # Each has looked at least once more after everything was done.
    await until_given(lambda: _is_done(database))
    await _both_have_been_seen_since(database, beat, second_beat, moment=await _now(database))
    assert [len(await runs(ana, schedule_id)) for schedule_id in schedules] == [1] * SCHEDULES
    async with database.read() as session:
        jobs = await session.execute(
            text("SELECT state, attempts, fence FROM jobs WHERE id = ANY(:ids)"), {"ids": lost}
        )
    assert set(map(tuple, jobs)) == {(JobState.QUEUED.value, 1, 1)}
    assert (beat.returncode, second_beat.returncode) == (None, None)


async def _now(database: Database) -> datetime:
    async with database.read() as session:
        found: datetime = (await session.execute(text("SELECT now()"))).scalar_one()
        return found


async def _is_done(database: Database) -> bool:
    """Whether no schedule is due any more and no lost job runs."""
    statement = (
        "SELECT NOT EXISTS (SELECT FROM schedules WHERE next_run_at < now())"
        " AND NOT EXISTS (SELECT FROM jobs WHERE state = 'running')"
    )
    async with database.read() as session:
        return bool((await session.execute(text(statement))).scalar_one())


async def _both_have_been_seen_since(database: Database, *beats: Process, moment: datetime) -> None:
    """Waits for a heartbeat of each."""
    statement = text("SELECT count(*) FROM process_heartbeats WHERE pid = ANY(:pids) AND seen_at > :moment")

    async def are_seen() -> bool:
        async with database.read() as session:
            found = await session.execute(statement, {"pids": [beat.pid for beat in beats], "moment": moment})
        return int(found.scalar_one()) == len(beats)

    await until_given(are_seen, timeout_s=120)


async def test_a_scheduler_that_hangs_says_where_and_ends() -> None:
    """Whoever supervises it starts another; one that hung for ever would leave lost work lost."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HANGING, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == -signal.SIGKILL
    assert "wait_for_ever hangs" in said.decode()
    assert "in wait_for_ever" in said.decode()
