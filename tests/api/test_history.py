"""Figures over one's own questions."""

import pytest
from fastapi import FastAPI

from app.core import clock
from tests.api.test_sessions import begin, say
from tests.askable import ready_agent, ready_file
from tests.people import People, Person

pytestmark = pytest.mark.anyio

STATS = "/api/v1/history/stats"
TOTAL = "qual a soma de valor?"


async def counts(person: Person, **wanted: str) -> dict[str | None, int]:
    read = await person.client.get(STATS, params=wanted)
    assert read.status_code == 200, read.text
    return {group["key"]: group["questions"] for group in read.json()["groups"]}


async def test_questions_are_counted_by_each_of_their_sides(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.normal()
    agent_id, other_id = await ready_agent(app, ana), await ready_agent(app, ana)
    session_id = await begin(ana, agent_id)
    await say(ana, session_id, TOTAL)
    await say(ana, session_id, TOTAL)
    await ana.client.post("/api/v1/queries/execute", json={"agent_id": other_id, "question": "algo de Saturno?"})
    source_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    total = (await ana.client.get(STATS)).json()["total"]
    assert (total["questions"], total["answered"], total["from_cache"]) == (3, 2, 1)
    assert (total["tokens_in"], total["cost_usd"], total["without_price"]) == (0, "0", 0)
    assert total["median_s"] >= 0
    assert await counts(ana) == {clock.now().date().isoformat(): 3}
    assert await counts(ana, by="agent") == {agent_id: 2, other_id: 1}
    assert (await counts(ana, by="source"))[source_id] == 2
    assert await counts(ana, by="outcome") == {"answered": 2, "not_answerable": 1}
    assert await counts(ana, by="answered_by") == {"planner": 1, "cache": 1, None: 1}
    assert await counts(ana, by="session") == {session_id: 2, None: 1}
    assert await counts(bob) == {}


async def test_question_counts_for_the_sources_that_it_was_answered_over(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    agent = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()
    (before,) = agent["source_ids"]
    asked = {"agent_id": agent_id, "question": TOTAL}
    assert (await ana.client.post("/api/v1/queries/execute", json=asked)).status_code == 200
    after = str(await ready_file(app, ana, name="outras.csv"))
    changed = await ana.client.put(
        f"/api/v1/agents/{agent_id}",
        json={"name": agent["name"], "source_ids": [before, after]},
        headers={"If-Match": f'"{agent["version"]}"'},
    )
    assert changed.status_code == 200, changed.text
    assert await counts(ana, by="source") == {before: 1}
    assert (await ana.client.delete(f"/api/v1/agents/{agent_id}")).status_code == 204
    assert await counts(ana, by="source") == {before: 1}


async def test_period_limits_what_is_counted(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    await say(ana, await begin(ana, await ready_agent(app, ana)), TOTAL)
    assert await counts(ana, since="2020-01-01T00:00:00Z", by="outcome") == {"answered": 1}
    assert await counts(ana, until="2020-01-01T00:00:00", by="outcome") == {}
    assert (await ana.client.get(STATS, params={"by": "colour"})).status_code == 422
