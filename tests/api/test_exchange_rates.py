"""Costs in another currency: at a dated rate, for display alone, and adding up as dollars do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.core.clock import now
from app.core.db import Database
from app.models import AuditEvent
from tests.api.test_costs import COSTS, USAGE, fill, read
from tests.people import People, Person

pytestmark = pytest.mark.anyio

RATES = "/api/v1/admin/exchange-rates"


async def set_rate(admin: Person, per_usd: str, **more: object) -> dict[str, Any]:
    made = await admin.client.post(RATES, json={"currency": "BRL", "per_usd": per_usd, **more})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_costs_are_shown_at_the_rate_of_their_time(people: People, database: Database) -> None:
    admin = await people.admin()
    await fill(database, [(admin, None)], rows=30)
    old = await set_rate(admin, "4.8765432101", effective_from=(now() - timedelta(days=9)).isoformat())
    new = await set_rate(admin, "5.5")
    await set_rate(admin, "99", effective_from=(now() + timedelta(days=1)).isoformat())
    plain = await read(admin)
    assert (plain["shown_at"], plain["total"]["cost_shown"]) == (None, None)

    shown = await read(admin, by="model", currency="BRL")
    assert shown["shown_at"] == {name: new[name] for name in ("currency", "per_usd", "effective_from")}
    assert Decimal(shown["total"]["cost_shown"]) == Decimal("5.5") * Decimal(plain["total"]["cost_usd"])
    assert sum(Decimal(group["cost_shown"]) for group in shown["groups"]) == Decimal(shown["total"]["cost_shown"])

    before = await read(admin, USAGE, currency="BRL", until=(now() - timedelta(days=1)).isoformat())
    assert before["shown_at"]["per_usd"] == old["per_usd"] == "4.8765432101"
    cost = Decimal(before["total"]["cost_usd"])
    assert Decimal(before["total"]["cost_shown"]) == cost * Decimal("4.8765432101") > 0


async def test_a_currency_without_a_rate_is_told(people: People) -> None:
    admin = await people.admin()
    await set_rate(admin, "5.5")
    for currency in ("EUR", "brl", "REAIS"):
        refused = await admin.client.get(COSTS, params={"currency": currency})
        assert refused.status_code == 422, currency
    assert "EUR" in (await admin.client.get(COSTS, params={"currency": "EUR"})).text
    past = (now() - timedelta(days=400)).isoformat()
    assert (await admin.client.get(COSTS, params={"currency": "BRL", "until": past})).status_code == 422


async def test_only_an_administrator_sets_rates_and_it_is_noted(people: People, database: Database) -> None:
    admin, master = await people.admin(), await people.master()
    made = await set_rate(admin, "5.5")
    body = {"currency": "BRL", "per_usd": "1"}
    assert (await master.client.post(RATES, json=body)).status_code == 403
    assert (await master.client.get(RATES)).json()["items"] == [made]
    for wrong in ({"per_usd": "0"}, {"per_usd": "-1"}, {"currency": "R$"}):
        assert (await admin.client.post(RATES, json={**body, **wrong})).status_code == 422
    async with database.read() as session:
        events = (await session.scalars(select(AuditEvent).where(AuditEvent.action == "exchange_rate.set"))).all()
    assert [(event.actor_id, event.object_id) for event in events] == [(admin.id, made["id"])]
