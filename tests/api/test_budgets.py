"""Budgets stop questions before they cost more, however many come at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select, update

from app.core.config import Settings
from app.core.db import Database
from app.core.ids import new_id
from app.models import AuditEvent, BudgetPeriod, Query, UsageRecord
from app.repositories import budgets as stored
from app.repositories.budgets import Place
from app.services.jobs.maintenance import sweep_expired
from tests.api.test_costs import MODEL, TOTAL, managed
from tests.askable import ready_agent
from tests.fakes import FakeProviders, Reply, Script, serve
from tests.fakes.settings import with_models
from tests.people import People, Person

pytestmark = pytest.mark.anyio

BUDGETS = "/api/v1/admin/budgets"
OWN = "/api/v1/users/me/budgets"
MANY = 50
QUESTIONS = [f"qual a soma de valor? ({number})" for number in range(MANY)]
TABLE = dict.fromkeys([TOTAL, *QUESTIONS], "SELECT SUM(valor) AS total FROM vendas")


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of every question, and take a moment for it."""
    async with serve(Script.of(table=TABLE, latency_s=0.05)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers; no other limit stops a question."""
    return with_models(settings, providers, questions_at_once=0, result_cache_ttl_s=0, sync_limit_s=120.0)


async def set_budget(person: Person, scope: str, amount: str, **values: object) -> dict[str, Any]:
    # A zone where it is midday: no day, week or month ends while a test counts.
    zone = f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
    body = {"scope": scope, "unit": "questions", "period": "month", "amount": amount, "time_zone": zone, **values}
    made = await person.client.post(BUDGETS, json=body)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def ask(person: Person, agent_id: str, question: str = TOTAL) -> httpx.Response:
    return await person.client.post("/api/v1/queries/execute", json={"agent_id": agent_id, "question": question})


async def submit_until_heard(person: Person, agent_id: str, question: str) -> httpx.Response:
    """As a client does: what is answered by 503, because a busy machine has no connection free, is sent again."""
    body = {"agent_id": agent_id, "question": question}
    while True:
        answer = await person.client.post("/api/v1/queries/execute-async", json=body)
        if answer.status_code != 503:
            return answer


async def test_of_fifty_questions_at_once_a_budget_for_ten_takes_ten(
    app: FastAPI, people: People, database: Database
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    budget = await set_budget(admin, "user", "10", subject_id=str(ana.id))
    answers = await asyncio.gather(*(submit_until_heard(ana, agent_id, question) for question in QUESTIONS))
    assert Counter(answer.status_code for answer in answers) == {202: 10, 429: 40}
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Query)) == 10
    refused = next(answer for answer in answers if answer.status_code == 429)
    problem = refused.json()
    assert (problem["code"], problem["budget_id"]) == ("budget_exhausted", budget["id"])
    assert (problem["scope"], problem["limit"]) == ("user", "10")
    assert problem["detail"] == "The budget user, 10 questions/month is used up until " + problem["until"] + "."
    assert 1 <= int(refused.headers["retry-after"]) <= 31 * 86400


@pytest.mark.parametrize("unit", ["tokens", "usd"])
async def test_a_question_stops_at_the_call_that_the_budget_does_not_cover(
    app: FastAPI, people: People, providers: FakeProviders, database: Database, *, unit: str
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    amount = {"tokens": "9000", "usd": "0.004"}[unit]
    budget = await set_budget(admin, "installation", amount, unit=unit)
    answers = [await ask(ana, agent_id, question) for question in QUESTIONS[:20]]
    outcomes = ["answered" if answer.status_code == 200 else answer.json()["code"] for answer in answers]
    assert (outcomes[0], outcomes[-1], set(outcomes)) == ("answered", "budget_exhausted", {*outcomes[::19]})
    counted = UsageRecord.price_usd if unit == "usd" else UsageRecord.tokens_in + UsageRecord.tokens_out
    async with database.read() as session:
        spent = await session.scalar(select(func.sum(counted)))
        calls = await session.scalar(select(func.count()).select_from(UsageRecord))
    shown = (await admin.client.get(f"{BUDGETS}/{budget['id']}")).json()
    assert (providers.calls.total(), shown["reserved"]) == (calls, "0")
    assert Decimal(shown["used"]) == spent
    assert 0 < Decimal(shown["used"]) <= Decimal(amount)
    print(f"{unit}: {outcomes.count('answered')} answered, {calls} calls, {shown['used']} of {amount}")  # noqa: T201


async def test_what_a_cancelled_call_may_have_cost_counts_as_reserved(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    budget = await set_budget(admin, "user", "1000000", unit="tokens", subject_id=str(ana.id))
    providers.script = Script.of(Reply(hang=True))
    running = asyncio.create_task(ask(ana, agent_id))
    await providers.arrived.wait()
    during = (await ana.client.get(OWN)).json()[0]
    listed = (await ana.client.get("/api/v1/queries/history")).json()["items"]
    assert (await ana.client.post(f"/api/v1/queries/{listed[0]['id']}/cancel")).status_code == 202
    await running
    after = (await admin.client.get(f"{BUDGETS}/{budget['id']}")).json()
    assert (during["used"], after["reserved"]) == ("0", "0")
    assert after["used"] == during["reserved"] != "0"


@pytest.mark.parametrize("scope", ["installation", "group", "role", "user", "each_user", "agent"])
async def test_each_scope_stops_its_own_questions_and_no_others(app: FastAPI, people: People, scope: str) -> None:
    admin, master = await people.admin(), await people.master()
    ana, bob = await managed(people, master), await people.normal()
    role = await master.client.post("/api/v1/roles/", json={"name": "Analysts", "permissions": ["queries:execute"]})
    given = await master.client.put(f"/api/v1/users/{ana.id}/role", json={"role_id": role.json()["id"]})
    assert given.status_code == 200, given.text
    everything = ["agents:create", "files:upload", "queries:read", "agents:read"]
    rights = {"granted": everything, "denied": []}
    assert (await master.client.put(f"/api/v1/users/{ana.id}/permissions", json=rights)).status_code == 200
    agent_id, other_id = await ready_agent(app, ana), await ready_agent(app, bob)
    subjects = {"group": master.id, "role": role.json()["id"], "user": ana.id, "agent": agent_id}
    subject = {"subject_id": str(subjects[scope])} if scope in subjects else {}
    assert (await ask(ana, agent_id)).status_code == 200
    await set_budget(admin, scope, "1", **subject)
    refused = await ask(ana, agent_id)
    assert (refused.status_code, refused.json()["scope"]) == (429, scope), "what was asked before the budget counts"
    assert (await ask(bob, other_id)).status_code == (429 if scope == "installation" else 200)


async def test_a_budget_that_runs_out_is_told_once_and_an_overdraft_opens_it(
    app: FastAPI, people: People, database: Database
) -> None:
    admin, master, ana = await people.admin(), await people.master(), await people.normal()
    agent_id = await ready_agent(app, ana)
    budget = await set_budget(admin, "user", "2", subject_id=str(ana.id), warn_share="0.5")
    states = []
    for _ in range(3):
        await ask(ana, agent_id)
        states.append((await ana.client.get(OWN)).json()[0]["state"])
    assert states == ["warning", "exhausted", "exhausted"]
    path = f"{BUDGETS}/{budget['id']}/overdraft"
    assert (await master.client.put(path, json={"amount": "1"})).status_code == 403
    assert (await admin.client.put(path, json={"amount": "1"})).json()["overdraft"] == "1"
    assert [(await ask(ana, agent_id)).status_code for _ in range(2)] == [200, 429]
    async with database.transaction() as session:
        await session.execute(update(BudgetPeriod).values(since=BudgetPeriod.since - func.make_interval(0, 2)))
        await session.execute(update(Query).values(created_at=Query.created_at - func.make_interval(0, 2)))
    assert [(await ask(ana, agent_id)).status_code for _ in range(3)] == [200, 200, 429], "the next period has none"
    async with database.read() as session:
        noted = select(AuditEvent.action).where(AuditEvent.object_id == budget["id"]).order_by(AuditEvent.id)
        actions = list((await session.scalars(noted)).all())
    assert actions == ["budget.created", "budget.warned", "budget.overdrawn", "budget.warned"]


async def test_a_master_sets_budgets_of_its_own_users_and_changes_no_others(people: People) -> None:
    admin, master, other = await people.admin(), await people.master(), await people.master()
    mine, theirs = await managed(people, master), await managed(people, other)
    own = await set_budget(master, "user", "5", subject_id=str(mine.id))
    above = await set_budget(admin, "group", "9", subject_id=str(master.id))
    foreign = await set_budget(other, "user", "5", subject_id=str(theirs.id))
    listed = (await master.client.get(BUDGETS)).json()["items"]
    assert [item["id"] for item in listed] == [above["id"], own["id"]]
    body = {"unit": "usd", "period": "day", "amount": "1"}
    for scope, subject, status in (
        ("user", str(theirs.id), 422),
        ("user", None, 422),
        ("group", str(master.id), 403),
        ("installation", None, 403),
    ):
        wanted = {"scope": scope, "subject_id": subject, **body}
        assert (await master.client.post(BUDGETS, json=wanted)).status_code == status, scope
    changed = {"amount": "7", "warn_share": "0.9"}
    statuses = [
        (await master.client.put(f"{BUDGETS}/{budget['id']}", json=changed)).status_code
        for budget in (own, above, foreign)
    ]
    assert statuses == [200, 403, 404]
    assert (await master.client.get(f"{BUDGETS}/{own['id']}")).json()["amount"] == "7"
    assert (await master.client.delete(f"{BUDGETS}/{above['id']}")).json()["code"] == "not_yours"
    assert (await master.client.delete(f"{BUDGETS}/{own['id']}")).status_code == 204
    assert (await mine.client.get(BUDGETS)).status_code == 403


async def test_what_a_dead_process_left_reserved_is_used_when_its_question_has_ended(
    app: FastAPI, people: People, database: Database
) -> None:
    admin, ana = await people.admin(), await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL, charts_enabled=False)
    budget = await set_budget(admin, "user", "100000", unit="tokens", subject_id=str(ana.id))
    query_id = (await ask(ana, agent_id)).json()["id"]
    used = Decimal((await admin.client.get(f"{BUDGETS}/{budget['id']}")).json()["used"])
    async with database.transaction() as session:
        period = (await session.scalars(select(BudgetPeriod))).one()
        places = [Place(period.budget_id, period.holder_id, period.since, period.until)]
        await stored.reserve(session, new_id(), UUID(query_id), [(places[0], Decimal(97_500))])
        await session.execute(update(Query).values(state="running"))
    assert (await ask(ana, agent_id)).json()["code"] == "budget_exhausted"
    await sweep_expired(app.state.platform)
    assert (await admin.client.get(f"{BUDGETS}/{budget['id']}")).json()["reserved"] == "97500"
    async with database.transaction() as session:
        await session.execute(update(Query).values(state="succeeded"))
    await sweep_expired(app.state.platform)
    swept = (await admin.client.get(f"{BUDGETS}/{budget['id']}")).json()
    assert (Decimal(swept["used"]), swept["reserved"]) == (used + 97_500, "0")
