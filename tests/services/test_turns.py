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
from app.repositories import batches, queries
from app.repositories.jobs import Claim
from app.repositories.queries import NewQuery
from app.services.engine.admission import free_bytes
from app.services.engine.turns import BATCH_SHARE, FEWEST, FULL_SHARE_S, Turns
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


@pytest.mark.parametrize(
    ("delay_s", "most"), [(0.0, 8), (FULL_SHARE_S, 8), (2 * FULL_SHARE_S, 4), (1000 * FULL_SHARE_S, FEWEST)]
)
async def test_one_person_has_no_more_than_their_part_and_less_where_delays_are_long(
    database: Database, settings: Settings, delay_s: float, most: int
) -> None:
    turns = Turns(settings.model_copy(update={"questions_at_once": 8}))
    turns.delay.seconds = delay_s
    many = await asker(database, questions=20)
    taken = [await next_of(database, turns) for _ in range(most + 1)]
    assert [await owner_of(database, claim) for claim in taken[:most]] == [many] * most
    assert taken[most] is None
    other = await asker(database, questions=1)
    assert await owner_of(database, await next_of(database, turns)) == other


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
