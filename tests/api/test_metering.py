"""Work beside model calls is metered once, for whoever it was done, and seen by whoever may see their costs."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI

from app.core.clock import now
from app.core.ids import new_id
from app.services.costs.metering import note_storage
from app.services.files import file_ingestion
from tests.api.test_costs import managed
from tests.askable import ready_agent
from tests.people import People, Person

pytestmark = pytest.mark.anyio

OWN = "/api/v1/users/me/metering"
ALL = "/api/v1/admin/metering"
CONTENT = b"produto,preco\ncafe,12.5\ncha,8\nmate,9.9\n"
QUESTION = "qual a soma de valor por regiao?"


async def read(person: Person, path: str, **asked: str) -> dict[str, Any]:
    response = await person.client.get(path, params=asked)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def ask(person: Person, agent_id: str) -> dict[str, Any]:
    body = {"agent_id": agent_id, "question": QUESTION}
    answered = await person.client.post("/api/v1/queries/execute", json=body)
    assert answered.status_code == 200, answered.text
    found: dict[str, Any] = answered.json()
    return found


async def uploaded(app: FastAPI, person: Person) -> None:
    """Sends a file and has it read."""
    sent = await person.client.post("/api/v1/files/upload", files={"file": ("produtos.csv", CONTENT, "text/csv")})
    assert sent.status_code == 202, sent.text
    await file_ingestion.take(app.state.engine, new_id())
    found = await person.client.get(f"/api/v1/files/{sent.json()['id']}")
    assert found.json()["state"] == "ready"


async def test_statements_files_and_storage_are_metered_for_their_owner(app: FastAPI, people: People) -> None:
    admin, master, stranger = await people.admin(), await people.master(), await people.normal()
    ana = await managed(people, master)
    agent_id = await ready_agent(app, ana, charts_enabled=False)
    answered = await ask(ana, agent_id)
    await uploaded(app, ana)
    for _ in range(2):
        await note_storage(app.state.platform)

    own = await read(ana, OWN)
    today = own["groups"][0]
    assert (own["by"], [group["key"] for group in own["groups"]]) == ("day", [now().date().isoformat()])
    assert (today["ingestion"]["times"], today["ingestion"]["rows"]) == (1, 3)
    assert (today["ingestion"]["bytes"], today["ingestion"]["seconds"] > 0) == (len(CONTENT), True)
    assert (today["sql"]["times"], today["sql"]["rows"]) == (1, answered["row_count"])
    assert min(today["sql"]["bytes"], today["sql"]["seconds"]) > 0
    assert today["stored_byte_days"] >= len(CONTENT)

    await ask(ana, agent_id)
    assert (await read(ana, OWN))["groups"] == [today], "an answer out of the cache runs no statement"

    for person in (admin, master):
        seen = await read(person, ALL)
        assert [(group["key"], group["name"]) for group in seen["groups"]] == [(str(ana.id), "Managed")]
        assert seen["total"] == {name: today[name] for name in ("sql", "ingestion", "stored_byte_days")}
    assert (await read(admin, ALL, by="day"))["groups"] == own["groups"]
    assert (await read(await people.master(), ALL))["groups"] == []
    assert (await stranger.client.get(ALL)).status_code == 403
    tomorrow = (now() + timedelta(days=1)).date().isoformat()
    assert (await read(ana, OWN, since=tomorrow))["groups"] == []
    assert (await read(ana, OWN, until=tomorrow))["groups"] == [today]
