"""The pages of administrators that must not read everything that ever was say the same as if they did."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from app.core.db import Database
from app.core.ids import first_id_at, new_id
from app.core.pagination import PageRequest
from app.models import AuditEvent, AuditFilter, Query, QueryState, User
from app.repositories import audit, measures
from tests.people import People
from tests.services.test_jobs import add_query

pytestmark = pytest.mark.anyio

SEED = 20261130
BEGUN = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
DAYS = 6
MOST = 5


def window(chance: random.Random) -> tuple[datetime, datetime]:
    """A time within the days, of whatever length."""
    since, until = sorted(BEGUN + timedelta(days=chance.uniform(-0.5, DAYS + 0.5)) for _ in range(2))
    return since, until


async def test_slowest_questions_of_any_time_are_those_that_took_longest_in_it(database: Database) -> None:
    chance = random.Random(SEED)
    query_id, _ = await add_query(database)
    async with database.transaction() as session:
        asked = await session.get_one(Query, query_id)
        ended = [BEGUN + timedelta(days=chance.uniform(0, DAYS)) for _ in range(150)]
        rows: list[dict[str, Any]] = [
            {
                "id": new_id(),
                "owner_id": asked.owner_id,
                "agent_version": 1,
                "question": "?",
                "state": QueryState.SUCCEEDED,
                "truncated": False,
                "tokens_in": 0,
                "tokens_out": 0,
                # Days differ: the slowest of all lie within few of them.
                "started_at": moment - timedelta(seconds=chance.uniform(0, 100) * (1 + moment.day % 3)),
                "finished_at": moment,
                "details": {"timings": {"planner": 1.0}},
            }
            for moment in ended
        ]
        await session.execute(insert(Query), rows)
    took = {row["id"]: (row["finished_at"], row["finished_at"] - row["started_at"]) for row in rows}
    for _ in range(20):
        since, until = window(chance)
        async with database.read() as session:
            found = await measures.slowest_questions(session, since=since, until=until, most=MOST)
        within = {query: span for query, (end, span) in took.items() if since <= end < until}
        expected = sorted(within, key=lambda query: within[query], reverse=True)[:MOST]
        assert [row[0] for row in found] == expected
        assert [row[3] for row in found] == [pytest.approx(within[row[0]].total_seconds()) for row in found]
        assert all(row[4] == {"planner": 1.0} for row in found)


async def test_audited_events_of_a_group_and_a_time_are_read_page_by_page(people: People, database: Database) -> None:
    chance = random.Random(SEED)
    master, *members = [(await people.master()).id, *[(await people.normal()).id for _ in range(3)]]
    strangers = [(await people.normal()).id]
    events = [event_of(chance, [master, *members, *strangers]) for _ in range(120)]
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id.in_(members)).values(manager_id=master))
        await session.execute(insert(AuditEvent), events)
    for _ in range(12):
        since, until = window(chance)
        action = chance.choice(["a", "b", None])
        wanted = AuditFilter(action=action, since=since, until=until)
        for manager, seen in ((None, {master, *members, *strangers}), (master, {master, *members})):
            expected = [
                event["id"]
                for event in events
                if event["actor_id"] in seen
                and since <= event["created_at"] < until
                and action in {event["action"], None}
            ]
            assert await all_pages(database, wanted, manager) == sorted(expected, reverse=True)


def event_of(chance: random.Random, actors: list[UUID]) -> dict[str, Any]:
    """An event whose id was made by a clock some minutes off the database's."""
    moment = BEGUN + timedelta(days=chance.uniform(0, DAYS))
    made = first_id_at(moment + timedelta(minutes=chance.uniform(-30, 30)))
    return {
        "id": UUID(int=made.int + chance.getrandbits(60)),
        "created_at": moment,
        "actor_id": chance.choice(actors),
        "action": chance.choice("ab"),
        "object_type": "query",
        "outcome": "succeeded",
    }


async def all_pages(database: Database, wanted: AuditFilter, manager_id: UUID | None) -> list[UUID]:
    found: list[UUID] = []
    while True:
        request = PageRequest(limit=7, before=found[-1] if found else None)
        async with database.read() as session:
            rows = await audit.page(session, request, wanted, manager_id=manager_id)
        found += [row.id for row in rows[:7]]
        if len(rows) <= 7:
            return found


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
async def test_moments_that_no_id_tells_are_moments_all_the_same(
    people: People, database: Database, moment: datetime
) -> None:
    ana = await people.normal()
    await ana.client.put("/api/v1/users/me", json={"name": "New"})
    for wanted, count in ((AuditFilter(since=moment), moment.year == 1), (AuditFilter(until=moment), moment.year > 1)):
        assert len(await all_pages(database, wanted, None)) == int(count)
