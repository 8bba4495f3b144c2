"""Questions over HTTP, answered by the built-in planner on real rows."""

import io
from uuid import uuid4

import httpx
import pyarrow.parquet as pq
import pytest
from fastapi import FastAPI

from app.models import QueryState
from app.repositories import queries as query_rows
from app.services.engine.engine import Engine
from tests.askable import ready_agent, ready_file
from tests.conftest import RecordingPublisher
from tests.people import People, Person

pytestmark = pytest.mark.anyio

QUERIES = "/api/v1/queries"
TOTAL = "qual a soma de valor?"
BY_REGION = "soma de valor por regiao"


async def ask(person: Person, agent_id: str, question: str, **headers: str) -> httpx.Response:
    body = {"agent_id": agent_id, "question": question}
    return await person.client.post(f"{QUERIES}/execute", json=body, headers=headers)


async def test_question_is_answered_with_rows_sql_and_sentence(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    answered = await ask(ana, await ready_agent(app, ana), BY_REGION)
    assert answered.status_code == 200, answered.text
    query = answered.json()
    assert (query["state"], query["outcome"], query["answered_by"]) == ("succeeded", "answered", "planner")
    assert {tuple(row) for row in query["result"]["rows"]} == {("Sul", 250), ("Norte", 100.5), ("Leste", 75.25)}
    assert (query["result"]["total"], query["result"]["truncated"]) == (3, False)
    assert "SUM" in query["sql"].upper()
    assert query["answer"]
    assert (query["tokens_in"], query["cost_usd"]) == (0, "0")
    assert answered.headers["Location"] == f"{QUERIES}/{query['id']}"


async def test_finished_question_can_be_read_again_in_every_form(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = (await ask(ana, await ready_agent(app, ana), BY_REGION)).json()
    path = f"{QUERIES}/{query['id']}"
    detail = (await ana.client.get(path)).json()
    assert detail == {name: query[name] for name in detail}
    status = (await ana.client.get(f"{path}/status")).json()
    assert (status["state"], status["cancel_requested"]) == ("succeeded", False)
    page = (await ana.client.get(f"{path}/result", params={"limit": 2, "offset": 1})).json()
    assert page["rows"] == query["result"]["rows"][1:3]
    assert (page["total"], page["limit"], page["offset"]) == (3, 2, 1)
    history = (await ana.client.get(f"{QUERIES}/history")).json()
    assert [item["id"] for item in history["items"]] == [query["id"]]


async def test_csv_export_disarms_formulas_and_keeps_numbers(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = (await ask(ana, await ready_agent(app, ana), "soma de valor por produto")).json()
    exported = await ana.client.get(f"{QUERIES}/{query['id']}/result", headers={"Accept": "text/csv"})
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert exported.headers["content-disposition"] == f'attachment; filename="query-{query["id"]}.csv"'
    lines = exported.text.splitlines()
    assert "'=SOMA(A1),75.25" in lines
    assert "Mesa,300.5" in lines


async def test_parquet_export_keeps_types_and_text_as_it_is(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = (await ask(ana, await ready_agent(app, ana), "soma de valor por produto")).json()
    parquet = "application/vnd.apache.parquet"
    exported = await ana.client.get(f"{QUERIES}/{query['id']}/result", headers={"Accept": parquet})
    assert exported.headers["content-type"] == parquet
    assert exported.headers["content-disposition"] == f'attachment; filename="query-{query["id"]}.parquet"'
    rows = pq.read_table(io.BytesIO(exported.content)).to_pylist()
    names = [column["name"] for column in query["result"]["columns"]]
    assert [[row[name] for name in names] for row in rows] == query["result"]["rows"]
    assert "=SOMA(A1)" in {row["produto"] for row in rows}


async def test_question_without_an_answer_is_a_problem_that_names_the_query(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    refused = await ask(ana, await ready_agent(app, ana), "qual a temperatura média em Saturno?")
    problem = refused.json()
    assert refused.status_code == 422, problem
    assert problem["code"] in {"not_answerable", "ambiguous"}
    assert refused.headers["content-type"] == "application/problem+json"
    stored = (await ana.client.get(f"{QUERIES}/{problem['query_id']}")).json()
    assert (stored["state"], stored["error"]["code"]) == ("failed", problem["code"])
    assert (await ana.client.get(f"{QUERIES}/{problem['query_id']}/result")).json()["code"] == problem["code"]


async def test_same_question_again_comes_from_the_cache_and_costs_nothing(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    first = (await ask(ana, agent_id, TOTAL)).json()
    again = (await ask(ana, agent_id, f"  {TOTAL.upper()} ")).json()
    assert (first["answered_by"], again["answered_by"]) == ("planner", "cache")
    assert again["result"] == first["result"]
    assert again["details"]["cache_age_s"] >= 0
    assert again["id"] != first["id"]


async def test_another_users_cache_is_not_shared(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.normal()
    await ask(ana, await ready_agent(app, ana), TOTAL)
    answered = (await ask(bob, await ready_agent(app, bob), TOTAL)).json()
    assert answered["answered_by"] == "planner"


async def test_changed_agent_does_not_answer_from_the_old_cache(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    await ask(ana, agent_id, TOTAL)
    agent = (await ana.client.get(f"/api/v1/agents/{agent_id}")).json()
    await ana.client.put(f"/api/v1/agents/{agent_id}", json={"name": "x", "source_ids": agent["source_ids"]})
    assert (await ask(ana, agent_id, TOTAL)).json()["answered_by"] == "planner"


async def test_several_files_are_joined(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    cities = ("CREATE TABLE cidades (nome TEXT, estado_id INTEGER)", "INSERT INTO cidades VALUES ('A', 1), ('B', 1)")
    states = ("CREATE TABLE estados (estado_id INTEGER, uf TEXT)", "INSERT INTO estados VALUES (1, 'SP'), (2, 'RJ')")
    sources = [
        str(await ready_file(app, ana, statements=cities, name="cidades.csv")),
        str(await ready_file(app, ana, statements=states, name="estados.csv")),
    ]
    created = await ana.client.post("/api/v1/agents/", json={"name": "x", "source_ids": sources})
    answered = await ask(ana, created.json()["id"], "quantas cidades por uf?")
    assert answered.status_code == 200, answered.text
    assert ["SP", 2] in answered.json()["result"]["rows"]


async def test_agent_without_a_readable_source_is_told_so(people: People) -> None:
    ana = await people.normal()
    agent = (await ana.client.post("/api/v1/agents/", json={"name": "x"})).json()
    refused = await ask(ana, agent["id"], TOTAL)
    assert (refused.status_code, refused.json()["code"]) == (422, "source_missing")


async def test_question_that_is_too_long_is_refused(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    refused = await ask(ana, await ready_agent(app, ana), "a" * 4001)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/question")


async def test_everything_of_another_users_query_is_404(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    agent_id = await ready_agent(app, ana)
    query = (await ask(ana, agent_id, TOTAL)).json()
    path = f"{QUERIES}/{query['id']}"
    for suffix in ("", "/status", "/result", "/chart", "/chart/types", "/events"):
        assert (await bob.client.get(path + suffix)).status_code == 404, suffix
    assert (await bob.client.post(f"{path}/cancel")).status_code == 404
    assert (await ask(bob, agent_id, TOTAL)).status_code == 404
    assert (await bob.client.get(f"{QUERIES}/{uuid4()}")).status_code == 404
    assert (await bob.client.get(f"{QUERIES}/history")).json()["items"] == []


async def test_asynchronous_question_is_recorded_before_the_answer_and_hinted_after(
    app: FastAPI, people: People, publisher: RecordingPublisher
) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": TOTAL}
    accepted = await ana.client.post(f"{QUERIES}/execute-async", json=body)
    assert accepted.status_code == 202, accepted.text
    path = accepted.headers["Location"]
    assert path == f"{QUERIES}/{accepted.json()['id']}"
    assert (await ana.client.get(f"{path}/status")).json()["state"] == "queued"
    early = await ana.client.get(f"{path}/result")
    assert (early.status_code, early.json()["code"]) == (409, "not_ready")
    await app.state.engine.close(grace_s=0)
    assert [kind.value for kind, _ in publisher.published] == ["run_query"]


async def test_waiting_question_is_cancelled_at_once_and_only_once(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    body = {"agent_id": await ready_agent(app, ana), "question": TOTAL}
    path = (await ana.client.post(f"{QUERIES}/execute-async", json=body)).headers["Location"]
    cancelled = await ana.client.post(f"{path}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (202, "cancelled")
    again = await ana.client.post(f"{path}/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "already_finished")
    assert (await ana.client.get(f"{path}/result")).status_code == 409


async def test_history_filters_by_agent_and_state(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    one, two = await ready_agent(app, ana), await ready_agent(app, ana)
    first = (await ask(ana, one, TOTAL)).json()["id"]
    second = (await ask(ana, two, TOTAL)).json()["id"]
    body = {"agent_id": one, "question": TOTAL}
    waiting = (await ana.client.post(f"{QUERIES}/execute-async", json=body)).json()["id"]

    async def ids(**filters: str) -> list[str]:
        listed = (await ana.client.get(f"{QUERIES}/history", params=filters)).json()
        return [item["id"] for item in listed["items"]]

    assert await ids() == [waiting, second, first]
    assert await ids(agent_id=one) == [waiting, first]
    assert await ids(state="queued") == [waiting]
    assert await ids(agent_id=two, state="succeeded") == [second]


async def test_large_integers_and_dates_survive_json(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    statements = (
        "CREATE TABLE t (codigo TEXT, n INTEGER, dia DATE)",
        "INSERT INTO t VALUES ('007', 9223372036854775807, '2024-12-31')",
    )
    file_id = await ready_file(app, ana, statements=statements, name="t.csv")
    created = await ana.client.post("/api/v1/agents/", json={"name": "x", "source_ids": [str(file_id)]})
    query = (await ask(ana, created.json()["id"], "qual o maior n?")).json()
    assert query["result"]["rows"] == [["9223372036854775807"]]


async def test_query_row_is_final_when_the_answer_arrives(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    query = (await ask(ana, await ready_agent(app, ana), TOTAL)).json()
    engine: Engine = app.state.engine
    async with engine.platform.database.read() as session:
        stored = await query_rows.get(session, ana.id, query["id"])
    assert stored is not None
    assert stored.state == QueryState.SUCCEEDED
