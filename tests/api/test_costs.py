"""What model calls cost: a row a call, sums that are the ledger's to the last digit, and who sees which."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.clock import now
from app.core.config import Settings
from app.core.db import Database
from app.core.dimensions import CostsBy
from app.core.ids import new_id
from app.models import Query, QueryState, UsageRecord
from app.repositories import queries
from tests.askable import ready_agent
from tests.fakes import FakeProviders, Reply, Script, serve
from tests.fakes.settings import with_models
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

COSTS = "/api/v1/admin/costs"
USAGE = "/api/v1/users/me/usage"
PRICES = "/api/v1/admin/prices"
MODEL = "openai:gpt-4o-mini"
TOTAL = "qual a soma de valor?"
TABLE = {TOTAL: "SELECT SUM(valor) AS total FROM vendas"}


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of the question."""
    async with serve(Script.of(table=TABLE)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def ask(person: Person, agent_id: str, question: str = TOTAL) -> dict[str, Any]:
    body = {"agent_id": agent_id, "question": question}
    answered = await person.client.post("/api/v1/queries/execute", json=body)
    assert answered.status_code in {200, 422, 502}, answered.text
    found: dict[str, Any] = answered.json()
    return found


async def read(person: Person, path: str = COSTS, **wanted: Any) -> dict[str, Any]:
    response = await person.client.get(path, params=wanted)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def ledger(database: Database) -> list[UsageRecord]:
    async with database.read() as session:
        return list((await session.scalars(select(UsageRecord).order_by(UsageRecord.id))).all())


async def managed(people: People, master: Person) -> Person:
    body = {"email": f"m{people.next_number()}@example.com", "name": "Managed", "password": PASSWORD}
    made = await master.client.post("/api/v1/users/", json=body)
    assert made.status_code == 201, made.text
    return await people.sign_in_by_id(made.json()["id"])


async def test_every_call_is_a_row_with_what_it_was_made_for(
    app: FastAPI, people: People, database: Database, providers: FakeProviders
) -> None:
    master = await people.master()
    ana = await managed(people, master)
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    answered = await ask(ana, agent_id)
    rows = await ledger(database)
    assert len(rows) == providers.calls.total() > 0
    source_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    for row in rows:
        assert (row.query_id, row.owner_id, row.group_id) == (UUID(answered["id"]), ana.id, master.id)
        assert (row.agent_id, row.source_ids) == (UUID(agent_id), [UUID(source_id)])
        assert (row.provider, row.model, row.outcome) == ("openai", "gpt-4o-mini", "answered")
        assert row.price_usd is not None
        assert row.price_usd > 0
        assert (row.price_version or "").startswith("genai-prices ")
        assert row.provider_call_id
    assert Decimal(answered["cost_usd"]) == sum(row.price_usd or 0 for row in rows)
    again = await ask(ana, agent_id)
    assert (again["answered_by"], again["cost_usd"]) == ("cache", "0")
    assert len(await ledger(database)) == len(rows)


async def test_a_refused_try_costs_nothing_and_an_unreadable_one_is_not_known(
    app: FastAPI, people: People, database: Database, providers: FakeProviders
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    providers.script = Script.of(Reply(status=429, retry_after="0"), Reply(rubbish=True), table=TABLE)
    answered = await ask(ana, agent_id)
    refused, unread, *others = await ledger(database)
    assert (refused.outcome, refused.price_usd) == ("failed", Decimal(0))
    assert (unread.outcome, unread.price_usd) == ("failed", None)
    assert {row.outcome for row in others} == {"answered"}
    assert answered["cost_usd"] is None
    total = (await read(ana, USAGE))["total"]
    assert (total["calls"], total["unanswered"], total["without_price"]) == (providers.calls.total(), 2, 1)
    assert Decimal(total["cost_usd"]) == sum(row.price_usd or 0 for row in others)


async def test_a_query_that_ends_after_its_process_died_is_billed_what_that_has_spent(
    app: FastAPI, people: People, database: Database
) -> None:
    ana = await people.normal()
    answered = await ask(ana, await ready_agent(app, ana, model=MODEL, charts_enabled=False))
    async with database.transaction() as session:
        died = {"state": QueryState.QUEUED, "finished_at": None, "tokens_in": 0, "tokens_out": 0, "cost_usd": None}
        await session.execute(update(Query).values(died))
        assert await queries.end_unrun(session, UUID(answered["id"]), QueryState.CANCELLED, None)
    ended = (await ana.client.get(f"/api/v1/queries/{answered['id']}")).json()
    bill = ("tokens_in", "tokens_out", "cost_usd")
    assert ended["state"] == "cancelled"
    assert [ended[name] for name in bill] == [answered[name] for name in bill]


async def test_the_bill_outlives_the_agent(app: FastAPI, people: People, database: Database) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    await ask(ana, agent_id)
    before = (await read(ana, USAGE, by="agent"))["groups"]
    agent = await ana.client.get(f"/api/v1/agents/{agent_id}")
    gone = await ana.client.delete(f"/api/v1/agents/{agent_id}", headers={"If-Match": agent.headers["etag"]})
    assert gone.status_code == 204
    assert (before[0]["key"], before[0]["name"]) == (agent_id, "Vendas")
    assert (await read(ana, USAGE, by="agent"))["groups"] == before


async def test_own_prices_count_from_their_moment_on(
    app: FastAPI, people: People, database: Database, providers: FakeProviders
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, model="openai:ours", charts_enabled=False)
    assert (await ask(ana, agent_id))["cost_usd"] is None
    later = (now() + timedelta(days=1)).isoformat()
    for body in ({"input_usd": "1.5", "output_usd": "2"}, {"input_usd": 9, "output_usd": 9, "effective_from": later}):
        made = await admin.client.post(PRICES, json={"model": "openai:ours", **body})
        assert made.status_code == 201, made.text
    await ask(ana, await ready_agent(app, ana, model="openai:ours", charts_enabled=False))
    first, *_, last = await ledger(database)
    assert (first.price_usd, first.price_version) == (None, None)
    expected = (Decimal("1.5") * last.tokens_in + 2 * last.tokens_out) / 1_000_000
    listed = (await admin.client.get(PRICES)).json()["items"]
    assert (last.price_usd, last.price_version) == (expected, f"own:{listed[1]['id']}")
    refused = await ana.client.post(PRICES, json={"model": "openai:ours", "input_usd": 0, "output_usd": 0})
    assert refused.status_code == 403


async def fill(database: Database, owners: list[tuple[Person, UUID | None]], *, rows: int) -> None:
    """Writes calls of many kinds, with prices that no float could add up."""
    agents, sources = [new_id(), new_id(), None], [new_id(), new_id()]
    async with database.transaction() as session:
        for number in range(rows):
            owner, group_id = owners[number % len(owners)]
            session.add(
                UsageRecord(
                    id=new_id(),
                    created_at=now() - timedelta(minutes=97 * number),
                    query_id=new_id(),
                    owner_id=owner.id,
                    group_id=group_id,
                    agent_id=agents[number % 3],
                    source_ids=sources[: number % 3],
                    call_key=str(number),
                    node=("sql_agent", "processing_agent")[number % 2],
                    provider=("openai", "anthropic")[number % 2],
                    model=f"m{number % 5}",
                    tokens_in=number,
                    tokens_out=7 * number,
                    tokens_cached=0,
                    tokens_reasoning=0,
                    price_usd=None if number % 11 == 0 else Decimal("0.0000001") + Decimal(number) / 3_000_000,
                    outcome="answered",
                    latency_s=0.5,
                )
            )


async def test_totals_equal_the_ledger_under_each_grouping(people: People, database: Database) -> None:
    admin, master, ana = await people.admin(), await people.master(), await people.normal()
    await fill(database, [(admin, None), (master, master.id), (ana, None)], rows=300)
    rows = await ledger(database)
    cost = sum(row.price_usd or 0 for row in rows)
    for by in CostsBy:
        found = await read(admin, by=by.value, limit=1000, time_zone="America/Sao_Paulo")
        assert found["is_complete"]
        assert Decimal(found["total"]["cost_usd"]) == cost, by
        assert sum(Decimal(group["cost_usd"]) for group in found["groups"]) == cost, by
        for name in ("calls", "questions", "tokens_in", "tokens_out", "without_price"):
            assert sum(group[name] for group in found["groups"]) == found["total"][name], (by, name)
    top = await read(admin, by="model", limit=2)
    amounts = [Decimal(group["cost_usd"]) for group in top["groups"]]
    assert (len(amounts), amounts, top["is_complete"]) == (2, sorted(amounts, reverse=True), False)
    assert Decimal(top["total"]["cost_usd"]) == cost
    filtered = await read(admin, by="node", provider="openai", model="m2", user_id=str(ana.id))
    kept = [row for row in rows if (row.provider, row.model, row.owner_id) == ("openai", "m2", ana.id)]
    assert (filtered["total"]["calls"], len(filtered["groups"])) == (len(kept), 1)


async def test_days_are_those_of_the_time_zone(people: People, database: Database) -> None:
    ana = await people.normal()
    await fill(database, [(ana, None)], rows=1)
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    async with database.transaction() as session:
        await session.execute(update(UsageRecord).values(created_at=moment))
    for zone, day in (("UTC", "2026-03-01"), ("America/Sao_Paulo", "2026-02-28")):
        found = await read(ana, USAGE, by="day", time_zone=zone)
        assert [group["key"] for group in found["groups"]] == [day]
    since = {"since": "2026-03-01T00:00:00", "by": "hour"}
    assert (await read(ana, USAGE, **since))["groups"][0]["key"] == "2026-03-01T01:00"
    assert (await read(ana, USAGE, **since, time_zone="America/Sao_Paulo"))["groups"] == []
    assert (await ana.client.get(USAGE, params={"time_zone": "Mars/Base"})).status_code == 422


async def test_each_sees_what_is_theirs(people: People, database: Database) -> None:
    admin, master, other = await people.admin(), await people.master(), await people.master()
    mine, theirs, free = await managed(people, master), await managed(people, other), await people.normal()
    everybody = [(mine, master.id), (master, master.id), (theirs, other.id), (free, None), (mine, other.id)]
    await fill(database, everybody, rows=len(everybody))
    assert (await read(admin))["total"]["calls"] == 5
    seen = await read(master)
    assert {group["key"] for group in seen["groups"]} == {str(mine.id), str(master.id)}
    assert seen["total"]["calls"] == 2
    assert (await read(master, user_id=str(theirs.id)))["total"]["calls"] == 0
    assert (await mine.client.get(COSTS)).status_code == 403
    assert (await read(mine, USAGE))["total"]["calls"] == 2
    assert (await read(free, USAGE))["total"]["calls"] == 1


async def test_costs_come_as_csv_that_no_spreadsheet_runs(people: People, database: Database) -> None:
    admin = await people.admin()
    await fill(database, [(admin, None)], rows=20)
    async with database.transaction() as session:
        await session.execute(update(UsageRecord).where(UsageRecord.model == "m1").values(node="=1+1"))
    response = await admin.client.get(COSTS, params={"by": "node"}, headers={"Accept": "text/csv"})
    assert response.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert "=1+1" not in {row["key"] for row in rows}
    async with database.read() as session:
        cost = await session.scalar(select(func.sum(UsageRecord.price_usd)))
    assert sum(Decimal(row["cost_usd"]) for row in rows) == cost


async def test_forecast_adds_the_last_days_pace_to_what_was_spent(people: People, database: Database) -> None:
    ana = await people.normal()
    await fill(database, [(ana, None)], rows=2)
    async with database.transaction() as session:
        await session.execute(update(UsageRecord).values(price_usd=1, created_at=now() - timedelta(hours=2)))
    found = (await read(ana, USAGE, period="week"))["forecast"]
    until = datetime.fromisoformat(found["until"])
    hours = Decimal((until - now()).total_seconds()) / 3600
    assert Decimal(found["expected_usd"]) == pytest.approx(Decimal(found["spent_usd"]) + hours, rel=Decimal("0.01"))
    assert "last 7 days" in found["method"]
    assert until.weekday() == 0
