"""Feedback on answers, and pairs of question and SQL from proposal to use, over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from app.core.config import Settings
from tests.api.test_sessions import begin, say
from tests.askable import ready_agent, ready_file
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person
from tests.sharing import member

pytestmark = pytest.mark.anyio

MODEL = "openai:gpt-4o-mini"
TOTAL = "qual a soma de valor?"
ALIKE = "qual a soma de quantidade?"
CORRECTED = "SELECT SUM(valor) AS total FROM vendas WHERE regiao = 'Sul'"
NDJSON = "application/x-ndjson"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """Model providers that know the SQL of both questions."""
    table = {TOTAL: "SELECT SUM(valor) AS total FROM vendas", ALIKE: "SELECT SUM(quantidade) AS total FROM vendas"}
    async with serve(Script.of(table=table)) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def ask(person: Person, agent_id: str, question: str = TOTAL) -> str:
    body = {"agent_id": agent_id, "question": question}
    answered = await person.client.post("/api/v1/queries/execute", json=body)
    query_id: str = answered.json().get("id") or answered.json()["query_id"]
    return query_id


async def judge(person: Person, query_id: str, verdict: str = "up", **fields: str) -> httpx.Response:
    return await person.client.post(f"/api/v1/queries/{query_id}/feedback", json={"verdict": verdict, **fields})


async def verified(person: Person, agent_id: str, **fields: str) -> str:
    pair = (await judge(person, await ask(person, agent_id), **fields)).json()["pair"]
    done = await person.client.put(f"/api/v1/pairs/{pair['id']}/verify")
    assert (done.status_code, done.json()["state"]) == (200, "verified"), done.text
    pair_id: str = pair["id"]
    return pair_id


async def states(person: Person, **wanted: str) -> list[str]:
    listed = (await person.client.get("/api/v1/pairs/", params=wanted)).json()
    return [item["state"] for item in listed["items"]]


async def test_thumb_up_proposes_the_question_with_its_sql(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query_id = await ask(ana, await ready_agent(app, ana))
    query = (await ana.client.get(f"/api/v1/queries/{query_id}")).json()
    given = await judge(ana, query_id, reason="confere")
    assert given.status_code == 200, given.text
    pair = given.json()["pair"]
    assert (pair["question"], pair["sql"], pair["state"]) == (TOTAL, query["sql"], "proposed")
    again = (await judge(ana, query_id)).json()["pair"]
    assert again["id"] == pair["id"]


async def test_thumb_down_proposes_nothing_and_takes_a_proposal_back(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query_id = await ask(ana, await ready_agent(app, ana))
    await judge(ana, query_id)
    down = (await judge(ana, query_id, "down", reason="faltou um filtro")).json()
    assert (down["pair"], down["reason"]) == (None, "faltou um filtro")
    assert await states(ana) == []


async def test_corrected_statement_that_runs_is_proposed_even_for_a_question_without_an_answer(
    app: FastAPI, people: People
) -> None:
    ana = await people.normal()
    query_id = await ask(ana, await ready_agent(app, ana), "me diga algo de Saturno")
    given = await judge(ana, query_id, "down", corrected_sql=CORRECTED)
    assert given.json()["pair"]["state"] == "proposed"
    assert "regiao" in given.json()["pair"]["sql"]


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("DROP TABLE vendas", "refused_by_policy"),
        ("SELECT nada FROM vendas", "sql_invalid"),
        ("SELECT 1;SELECT 2", None),
    ],
)
async def test_corrected_statement_takes_the_gate(app: FastAPI, people: People, sql: str, code: str | None) -> None:
    ana = await people.normal()
    query_id = await ask(ana, await ready_agent(app, ana))
    refused = await judge(ana, query_id, corrected_sql=sql)
    assert refused.status_code == 422
    assert refused.json()["code"] == (code or refused.json()["code"])
    assert await states(ana) == []


async def test_follow_up_proposes_no_pair_because_it_says_too_little_alone(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    session_id = await begin(ana, await ready_agent(app, ana))
    await say(ana, session_id, "soma de valor por regiao")
    followed = (await say(ana, session_id, "e por produto?")).json()["query"]
    assert (await judge(ana, followed["id"])).json()["pair"] is None


async def test_model_is_shown_verified_pairs_alone(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL)
    query_id = await ask(ana, agent_id)
    pair = (await judge(ana, query_id, corrected_sql=CORRECTED)).json()["pair"]
    await ask(ana, agent_id, ALIKE)
    assert "<examples>" not in str(providers.requests[-1])
    await ana.client.put(f"/api/v1/pairs/{pair['id']}/verify")
    await ask(ana, agent_id, ALIKE)
    shown = str(providers.requests[-1])
    assert "<examples>" in shown
    assert f"Question: {TOTAL}" in shown
    assert "'Sul'" in pair["sql"]


async def test_pairs_of_other_sources_are_not_shown(app: FastAPI, people: People, providers: FakeProviders) -> None:
    ana = await people.normal()
    await verified(ana, await ready_agent(app, ana))
    await ask(ana, await ready_agent(app, ana, model=MODEL), ALIKE)
    assert "<examples>" not in str(providers.requests[-1])


async def test_another_schema_makes_pairs_stale_until_they_are_verified_again(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, model=MODEL)
    pair_id = await verified(ana, agent_id)
    file_id = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()["source_ids"][0]
    other = ("CREATE TABLE vendas (valor REAL, quantidade INTEGER)", "INSERT INTO vendas VALUES (1, 2)")
    await ready_file(app, ana, statements=other, file_id=file_id, number=2)
    await ask(ana, agent_id, ALIKE)
    assert "<examples>" not in str(providers.requests[-1])
    assert await states(ana, agent_id=agent_id) == ["stale"]
    await ana.client.put(f"/api/v1/pairs/{pair_id}/verify")
    assert await states(ana, state="verified") == ["verified"]


async def test_pairs_leave_and_come_as_json_lines(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.normal()
    agent_id = await ready_agent(app, ana)
    await verified(ana, agent_id, corrected_sql=CORRECTED)
    exported = await ana.client.get("/api/v1/pairs/export", params={"agent_id": agent_id})
    assert exported.headers["content-type"].startswith(NDJSON)
    lines = exported.content + b'not json\n{"question": "x", "sql": "DROP TABLE vendas"}\n'
    wanted = {"params": {"agent_id": await ready_agent(app, bob)}, "headers": {"Content-Type": NDJSON}}
    imported = await bob.client.post("/api/v1/pairs/import", content=lines, **wanted)  # type: ignore[arg-type]
    assert imported.json() == {"added": 1, "rejected": [2, 3]}
    assert await states(bob) == ["proposed"]


async def test_master_verifies_the_pairs_of_its_users_and_of_nobody_else(app: FastAPI, people: People) -> None:
    master, stranger = await people.master(), await people.master()
    ana = await member(people, master)
    agent_id = await ready_agent(app, ana)
    pair_id = (await judge(ana, await ask(ana, agent_id))).json()["pair"]["id"]
    path, of_ana = f"/api/v1/pairs/{pair_id}/verify", {"user_id": str(ana.id)}
    assert (await stranger.client.put(path)).status_code == 404
    assert (await stranger.client.get("/api/v1/pairs/", params=of_ana)).status_code == 404
    assert await states(master, **of_ana) == ["proposed"]
    verified_by_master = await master.client.put(path)
    assert (verified_by_master.status_code, verified_by_master.json()["state"]) == (200, "verified")
    assert await states(ana, agent_id=agent_id) == await states(master, agent_id=agent_id, **of_ana) == ["verified"]
    assert await states(master) == []


async def test_everything_of_another_users_pair_is_404(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    agent_id = await ready_agent(app, ana)
    query_id = await ask(ana, agent_id)
    pair_id = (await judge(ana, query_id)).json()["pair"]["id"]
    assert (await judge(bob, query_id)).status_code == 404
    assert (await bob.client.put(f"/api/v1/pairs/{pair_id}/verify")).status_code == 404
    assert (await bob.client.delete(f"/api/v1/pairs/{pair_id}")).status_code == 404
    assert (await bob.client.get("/api/v1/pairs/export", params={"agent_id": agent_id})).status_code == 404
    assert (await bob.client.post("/api/v1/pairs/import", params={"agent_id": agent_id})).status_code == 404
    assert await states(bob) == []
    assert (await ana.client.delete(f"/api/v1/pairs/{pair_id}")).status_code == 204
    assert await states(ana) == []
