"""Costs read from hours are those of the ledger to the last digit, wherever the border to single calls is."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from app.core.actor import Actor
from app.core.db import Database
from app.core.dimensions import CostsBy
from app.core.i18n import Language
from app.core.ids import new_id
from app.core.permissions import BY_KIND, UserKind
from app.models import UsageHour, UsageRecord
from app.repositories import usage_hours
from app.schemas.costs import CostsAsked, CostsRead
from app.services.costs import costs
from tests.people import People, Person

pytestmark = pytest.mark.anyio

SEED = 20261130
BEGUN = datetime(2026, 3, 27, 21, 10, tzinfo=UTC)
"""The clocks of Europe change within the days that follow."""
ZONES = ("UTC", "America/Sao_Paulo", "Europe/Berlin", "Asia/Kolkata")
ADMIN = Actor(
    user_id=UUID(int=1),
    kind=UserKind.ADMIN,
    permissions=BY_KIND[UserKind.ADMIN],
    sign_in_id=None,
    language=Language.EN,
)
KEYS: dict[CostsBy, Callable[[UsageRecord], str | None]] = {
    CostsBy.USER: lambda row: str(row.owner_id),
    CostsBy.GROUP: lambda row: None if row.group_id is None else str(row.group_id),
    CostsBy.ROLE: lambda row: None if row.role_id is None else str(row.role_id),
    CostsBy.AGENT: lambda row: None if row.agent_id is None else str(row.agent_id),
    CostsBy.SOURCE: lambda row: "+".join(map(str, row.source_ids)) or None,
    CostsBy.PROVIDER: lambda row: row.provider,
    CostsBy.MODEL: lambda row: f"{row.provider}:{row.model}",
    CostsBy.NODE: lambda row: row.node,
}


def key_of(row: UsageRecord, by: CostsBy, zone: str) -> str | None:
    if by in KEYS:
        return KEYS[by](row)
    local = row.created_at.astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%d" if by is CostsBy.DAY else "%Y-%m-%dT%H:00")


COMPARED = {
    "calls",
    "unanswered",
    "tokens_in",
    "tokens_out",
    "tokens_cached",
    "tokens_reasoning",
    "cost_usd",
    "without_price",
}


def facts(rows: Iterable[UsageRecord]) -> dict[str, object]:
    """What the ledger itself says of some calls."""
    found = list(rows)
    return {
        "calls": len(found),
        "unanswered": sum(row.outcome != "answered" for row in found),
        "tokens_in": sum(row.tokens_in for row in found),
        "tokens_out": sum(row.tokens_out for row in found),
        "tokens_cached": sum(row.tokens_cached for row in found),
        "tokens_reasoning": sum(row.tokens_reasoning for row in found),
        "cost_usd": sum((row.price_usd or Decimal(0) for row in found), Decimal(0)),
        "without_price": sum(row.price_usd is None for row in found),
    }


async def write(database: Database, people: list[Person], questions: int, seed: int) -> None:
    """Questions of one to five calls over four days; some of them stand in two hours."""
    chance = random.Random(seed)
    agents, roles, sources = [new_id(), new_id(), None], [new_id(), None], sorted([new_id(), new_id()])
    async with database.transaction() as session:
        for _ in range(questions):
            query_id, owner = new_id(), chance.choice(people)
            asked_at = BEGUN + timedelta(minutes=chance.uniform(0, 4 * 24 * 60))
            agent, role, size = chance.choice(agents), chance.choice(roles), chance.randrange(3)
            for number in range(chance.randint(1, 5)):
                session.add(
                    UsageRecord(
                        id=new_id(),
                        created_at=asked_at + timedelta(minutes=7 * number),
                        query_id=query_id,
                        owner_id=owner.id,
                        group_id=owner.id if owner is people[0] else None,
                        role_id=role,
                        agent_id=agent,
                        source_ids=sources[:size],
                        call_key=str(number),
                        node=chance.choice(["sql_agent", "chart", "refine_answer"]),
                        provider=chance.choice(["openai", "azure"]),
                        model=chance.choice(["m1", "m2"]),
                        tokens_in=chance.randrange(5000),
                        tokens_out=chance.randrange(500),
                        tokens_cached=chance.randrange(100),
                        tokens_reasoning=chance.randrange(100),
                        price_usd=chance.choice([None, Decimal(chance.randrange(10**9)).scaleb(-10)]),
                        outcome=chance.choice(["answered", "answered", "failed", "cancelled"]),
                        latency_s=chance.random(),
                    )
                )


async def ledger(database: Database) -> list[UsageRecord]:
    async with database.read() as session:
        return list((await session.scalars(select(UsageRecord))).all())


async def add_up(database: Database, most: int) -> int:
    async with database.transaction() as session:
        return await usage_hours.add_up(session, most=most)


async def told(database: Database, asked: CostsAsked) -> CostsRead:
    async with database.read() as session:
        return await costs.read(session, ADMIN, asked)


async def compare(database: Database, rows: list[UsageRecord], **asked: Any) -> None:
    """Every grouping over `rows`, which are what the filter leaves; and questions, but for those cut by a time."""
    for by in CostsBy:
        found = await told(database, CostsAsked(by=by, limit=10_000, **asked))
        groups: dict[str | None, list[UsageRecord]] = defaultdict(list)
        for row in rows:
            groups[key_of(row, by, asked.get("time_zone", "UTC"))].append(row)
        counted = {group.key: group.questions for group in found.groups}
        assert found.total.model_dump(include=COMPARED) == facts(rows), by
        assert {group.key: group.model_dump(include=COMPARED) for group in found.groups} == {
            key: facts(of) for key, of in groups.items()
        }
        if "since" in asked:
            assert found.total.questions <= len({row.query_id for row in rows})
            continue
        assert found.total.questions == len({row.query_id for row in rows}), by
        if by in {CostsBy.PROVIDER, CostsBy.MODEL, CostsBy.NODE}:
            assert counted == {key: len({row.query_id for row in of}) for key, of in groups.items()}, by
        else:
            assert sum(counted.values()) == found.total.questions, by


@pytest.mark.parametrize("share", [0, 1, 2])
async def test_every_grouping_is_the_ledgers_before_during_and_after_summing(
    people: People, database: Database, share: int
) -> None:
    await write(database, [await people.master(), await people.normal(), await people.normal()], 60, SEED)
    rows = await ledger(database)
    for _ in range(share):
        assert await add_up(database, len(rows) // 2 + 1) > 0
    async with database.read() as session:
        open_calls = await session.scalar(select(func.count()).where(UsageRecord.opens.is_(None)))
    assert (open_calls == 0) is (share == 2)
    for zone in ZONES:
        await compare(database, rows, time_zone=zone)
    await compare(database, [row for row in rows if row.model == "m1"], model="m1")
    await compare(
        database,
        [row for row in rows if (row.provider, row.node) == ("azure", "chart")],
        provider="azure",
        node="chart",
    )


async def test_a_time_that_begins_and_ends_within_hours_is_exact(people: People, database: Database) -> None:
    await write(database, [await people.master(), await people.normal()], 80, SEED + 1)
    rows = await ledger(database)
    await add_up(database, len(rows) * 2 // 3)
    moments = [BEGUN + timedelta(minutes=minutes) for minutes in (0, 50, 65, 90, 1000, 2877.5)]
    for since in moments:
        for until in (one for one in moments if one > since):
            kept = [row for row in rows if since <= row.created_at < until]
            await compare(database, kept, since=since, until=until)


async def test_calls_that_come_late_are_added_once(people: People, database: Database) -> None:
    owners = [await people.master(), await people.normal()]
    for seed in range(4):
        await write(database, owners, 15, seed)
        # What is recorded now of questions whose other calls are summed has smaller ids than they, and larger ones.
        async with database.transaction() as session:
            old = select(UsageRecord.query_id).where(UsageRecord.opens.is_not(None)).limit(1).scalar_subquery()
            new = select(UsageRecord.id).where(UsageRecord.opens.is_(None)).limit(3)
            key = "late" + func.cast(UsageRecord.id, UsageRecord.call_key.type)
            moved = update(UsageRecord).where(UsageRecord.id.in_(new)).values(call_key=key)
            await session.execute(moved.values(query_id=func.coalesce(old, UsageRecord.query_id)))
        await compare(database, await ledger(database))
        while await add_up(database, 7):
            pass
        await compare(database, await ledger(database))
    async with database.read() as session:
        calls = await session.scalar(select(func.sum(UsageHour.calls)))
    assert calls == len(await ledger(database))


async def test_only_one_adds_up_at_a_time(people: People, database: Database) -> None:
    await write(database, [await people.normal()], 5, SEED)
    async with database.transaction() as first:
        assert await usage_hours.add_up(first, most=2) == 2
        assert await add_up(database, 100) == 0
        await compare_total(database)
    await add_up(database, 100)
    await compare_total(database)


async def compare_total(database: Database) -> None:
    found = await told(database, CostsAsked(by=CostsBy.USER))
    rows = await ledger(database)
    assert found.total.model_dump(include=COMPARED) == facts(rows)
