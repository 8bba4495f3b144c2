"""Whose question is next, and when no further one is taken on."""

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI

from app.core.config import Settings
from app.core.db import Database
from app.core.ids import new_id
from app.models import Agent, Batch, Query, User
from app.repositories import batches, jobs, queries
from app.repositories.jobs import Claim
from app.repositories.queries import NewQuery
from app.services.engine.admission import free_bytes
from app.services.engine.turns import BATCH_SHARE, BUSY_S, Turns
from tests.askable import ready_agent
from tests.people import People

pytestmark = pytest.mark.anyio


async def asker(database: Database, *, questions: int = 0, batched: int = 0) -> UUID:
    """Somebody with so many questions that wait, singly and in a batch."""
    owner = User(id=new_id(), email=f"{new_id()}@example.com", name="Ana", kind="NORMAL", password_hash="!")
    async with database.transaction() as session:
        session.add(owner)
        await session.flush()
        agent = Agent(id=new_id(), owner_id=owner.id, name="x", sources=[])
        session.add(agent)
        await session.flush()
        for _ in range(questions):
            await queries.add_queued(session, NewQuery(owner.id, agent.id, 1, question="?", language=None))
        if batched:
            batch = Batch(id=new_id(), owner_id=owner.id, agent_id=agent.id, question_count=batched)
            await batches.add(session, batch, ["?"] * batched, agent_version=1)
    return owner.id


async def next_of(database: Database, turns: Turns) -> Claim | None:
    async with database.transaction() as session:
        claim = await turns.claim(session)
    if claim is not None:
        turns.begin(claim)
    return claim


async def owner_of(database: Database, claim: Claim | None) -> UUID:
    assert claim is not None
    async with database.read() as session:
        return (await session.get_one(Query, claim.subject_id)).owner_id


async def test_one_question_does_not_wait_for_the_many_of_another(database: Database, settings: Settings) -> None:
    turns = Turns(settings)
    many = await asker(database, questions=20)
    first = [await owner_of(database, await next_of(database, turns)) for _ in range(3)]
    one = await asker(database, questions=1)
    assert first == [many] * 3
    assert await owner_of(database, await next_of(database, turns)) == one


async def test_equal_people_are_served_equally(database: Database, settings: Settings) -> None:
    people = [await asker(database, questions=10) for _ in range(4)]
    turns = Turns(settings)
    served = Counter([await owner_of(database, await next_of(database, turns)) for _ in range(20)])
    assert served == dict.fromkeys(people, 5)


async def test_waiting_people_go_before_batches_which_leave_room(database: Database, settings: Settings) -> None:
    settings = settings.model_copy(update={"query_concurrency": 10})
    turns = Turns(settings)
    await asker(database, batched=20)
    claims = [await next_of(database, turns) for _ in range(20)]
    room = int(10 * BATCH_SHARE)
    assert [claim is not None and claim.is_batch for claim in claims] == [True] * room + [False] * (20 - room)
    person = await asker(database, questions=1)
    assert await owner_of(database, await next_of(database, turns)) == person


async def test_busy_machine_gives_one_person_no_more_than_their_part(database: Database, settings: Settings) -> None:
    settings = settings.model_copy(update={"questions_at_once": 3})
    turns = Turns(settings)
    await asker(database, questions=10)
    turns.delay.seconds = 2 * BUSY_S
    taken = [await next_of(database, turns) for _ in range(5)]
    assert [claim is not None for claim in taken] == [True, True, True, False, False]
    turns.delay.seconds = 0
    assert await next_of(database, turns) is not None


async def test_very_busy_machine_gives_one_person_less(database: Database, settings: Settings) -> None:
    settings = settings.model_copy(update={"questions_at_once": 8})
    turns = Turns(settings)
    await asker(database, questions=20)
    for delay_s, most in ((0.4, 4), (100.0, 4), (0.2, 8)):
        turns.delay.seconds = delay_s
        taken = 0
        while await next_of(database, turns) is not None:
            taken += 1
        assert turns.delay.seconds == delay_s
        async with database.read() as session:
            connection = await session.connection()
            running = (
                await connection.exec_driver_sql("SELECT count(*) FROM jobs WHERE state = 'running'")
            ).scalar_one()
        assert running == most, "what runs is left to run"
    turns.delay.seconds = 100.0
    other = await asker(database, questions=5)
    assert [await owner_of(database, await next_of(database, turns)) for _ in range(2)] == [other, other]
    assert await next_of(database, turns) is None


async def test_job_of_an_earlier_version_is_still_taken(database: Database, settings: Settings) -> None:
    await asker(database, questions=1)
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("UPDATE jobs SET owner_id = NULL")
        job_id = (await connection.exec_driver_sql("SELECT id FROM jobs")).scalar_one()
        assert await Turns(settings).claim(session) is None
        assert await jobs.is_unowned(session, job_id)
        assert await jobs.claim(session, job_id, lease_s=20) is not None


async def test_questions_are_refused_when_too_many_wait(app: FastAPI, people: People, settings: Settings) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": "qual a soma de valor?"}
    app.state.engine.admission.settings = settings.model_copy(update={"installation_questions_waiting": 1})
    accepted = await ana.client.post("/api/v1/queries/execute-async", json=body)
    app.state.engine.admission._measured_at = float("-inf")
    refused = await ana.client.post("/api/v1/queries/execute-async", json=body)
    assert accepted.status_code == 202
    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert refused.headers["Retry-After"] == "5"


async def test_questions_are_refused_before_memory_is_short(app: FastAPI, people: People, settings: Settings) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": "qual a soma de valor?"}
    app.state.engine.admission.settings = settings.model_copy(update={"memory_reserve_bytes": 2**60})
    refused = await ana.client.post("/api/v1/queries/execute", json=body)
    app.state.engine.admission.settings = settings
    answered = await ana.client.post("/api/v1/queries/execute", json=body)
    assert (refused.status_code, answered.status_code) == (503, 200)


def test_free_memory_is_that_of_the_container_where_it_is_less(tmp_path: Path) -> None:
    meminfo, cgroup = tmp_path / "meminfo", tmp_path / "cgroup"
    cgroup.mkdir()
    meminfo.write_text("MemTotal:  8000 kB\nMemAvailable:  4000 kB\n")
    assert free_bytes(meminfo, cgroup) == 4000 * 1024
    (cgroup / "memory.max").write_text("1000000\n")
    (cgroup / "memory.current").write_text("900000\n")
    (cgroup / "memory.stat").write_text("anon 500000\ninactive_file 300000\n")
    assert free_bytes(meminfo, cgroup) == 400_000
    (cgroup / "memory.max").write_text("max\n")
    assert free_bytes(meminfo, cgroup) == 4000 * 1024
    assert free_bytes(tmp_path / "none", tmp_path / "nothing") is None
