"""Agents over HTTP."""

import pytest
from fastapi import FastAPI

from tests.askable import ready_agent, ready_file
from tests.people import People

pytestmark = pytest.mark.anyio

AGENTS = "/api/v1/agents/"


async def test_agent_is_created_read_and_listed_with_its_etag(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    file_id = await ready_file(app, ana)
    created = await ana.client.post(AGENTS, json={"name": "Vendas", "source_ids": [str(file_id)], "max_rows": 50})
    assert created.status_code == 201, created.text
    assert created.headers["ETag"] == '"1"'
    agent = created.json()
    assert created.headers["Location"] == f"{AGENTS}{agent['id']}"
    read = await ana.client.get(f"{AGENTS}{agent['id']}")
    assert read.json() == agent
    assert (agent["source_ids"], agent["max_rows"], agent["version"]) == ([str(file_id)], 50, 1)
    assert (await ana.client.get(AGENTS)).json() == {"items": [agent], "next_cursor": None}


async def test_update_replaces_the_configuration_and_raises_the_version(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, instructions="breve")
    other = await ready_file(app, ana, name="outra.csv")
    body = {"name": "Outro", "source_ids": [str(other)], "charts_enabled": False}
    updated = await ana.client.put(f"{AGENTS}{agent_id}", json=body, headers={"If-Match": '"1"'})
    assert updated.status_code == 200, updated.text
    agent = updated.json()
    assert (agent["version"], agent["instructions"], agent["charts_enabled"]) == (2, "", False)
    assert agent["source_ids"] == [str(other)]
    assert updated.headers["ETag"] == '"2"'


async def test_change_based_on_an_old_version_is_refused(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    first = await ana.client.put(f"{AGENTS}{agent_id}", json={"name": "A"}, headers={"If-Match": '"1"'})
    second = await ana.client.put(f"{AGENTS}{agent_id}", json={"name": "B"}, headers={"If-Match": '"1"'})
    removal = await ana.client.delete(f"{AGENTS}{agent_id}", headers={"If-Match": '"1"'})
    assert [first.status_code, second.status_code, removal.status_code] == [200, 412, 412]
    assert second.json()["code"] == "precondition_failed"


async def test_deleted_agent_is_gone(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana)
    assert (await ana.client.delete(f"{AGENTS}{agent_id}")).status_code == 204
    assert (await ana.client.get(f"{AGENTS}{agent_id}")).status_code == 404
    assert (await ana.client.get(AGENTS)).json()["items"] == []


async def test_clone_has_the_same_options_and_sources_under_another_name(app: FastAPI, people: People) -> None:
    ana = await people.normal()
    agent_id = await ready_agent(app, ana, max_rows=7)
    cloned = await ana.client.post(f"{AGENTS}{agent_id}/clone", headers={"Accept-Language": "pt-BR"})
    assert cloned.status_code == 201, cloned.text
    original = (await ana.client.get(f"{AGENTS}{agent_id}")).json()
    assert cloned.json()["name"] == "Vendas (cópia)"
    assert cloned.json()["source_ids"] == original["source_ids"]
    assert cloned.json()["max_rows"] == 7
    named = await ana.client.post(f"{AGENTS}{agent_id}/clone", json={"name": "B"})
    assert named.json()["name"] == "B"


async def test_template_gives_what_is_not_sent(people: People) -> None:
    ana = await people.normal()
    templates = (await ana.client.get(f"{AGENTS}templates")).json()["items"]
    assert {t["id"] for t in templates} == {
        f"{kind}-{language}" for kind in ("general", "sales", "finance") for language in ("pt", "en")
    }
    sales = next(t for t in templates if t["id"] == "sales-pt")
    created = await ana.client.post(AGENTS, json={"template": "sales-pt", "max_rows": 5})
    assert created.status_code == 201, created.text
    assert created.json()["name"] == sales["name"]
    assert created.json()["instructions"] == sales["instructions"]
    assert created.json()["max_rows"] == 5
    unknown = await ana.client.post(AGENTS, json={"template": "none"})
    assert unknown.status_code == 422
    assert unknown.json()["errors"][0]["pointer"] == "/template"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "A", "model": "GPT-9000"}, "unknown_model"),
        ({"name": "A", "model": "openai:gpt-4o"}, "model_not_configured"),
        ({"name": "A", "max_rows": 0}, "validation_failed"),
        ({"name": "A", "max_rows": 10_001}, "validation_failed"),
        ({"name": "A", "colour": "red"}, "validation_failed"),
        ({}, "validation_failed"),
        ({"name": "A", "source_ids": ["0193a5a0-0000-7000-8000-000000000000"]}, "validation_failed"),
    ],
)
async def test_agent_that_could_not_work_is_refused(people: People, body: dict[str, object], code: str) -> None:
    ana = await people.normal()
    refused = await ana.client.post(AGENTS, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["code"] == code


async def test_agent_and_files_of_another_user_do_not_exist(app: FastAPI, people: People) -> None:
    ana, bob = await people.normal(), await people.admin()
    agent_id = await ready_agent(app, ana)
    file_id = (await ana.client.get(f"{AGENTS}{agent_id}")).json()["source_ids"][0]
    path = f"{AGENTS}{agent_id}"
    assert (await bob.client.get(path)).status_code == 404
    assert (await bob.client.put(path, json={"name": "x"})).status_code == 404
    assert (await bob.client.delete(path)).status_code == 404
    assert (await bob.client.post(f"{path}/clone")).status_code == 404
    borrowed = await bob.client.post(AGENTS, json={"name": "x", "source_ids": [file_id]})
    assert borrowed.status_code == 422


async def test_list_is_paged_by_cursor_newest_first(people: People) -> None:
    ana = await people.normal()
    names = [str(number) for number in range(5)]
    for name in names:
        await ana.client.post(AGENTS, json={"name": name})
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = (await ana.client.get(f"{AGENTS}?limit=2&cursor={cursor}" if cursor else f"{AGENTS}?limit=2")).json()
        seen += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == names[::-1]


async def test_models_say_which_setting_they_lack(people: People) -> None:
    ana = await people.normal()
    listed = (await ana.client.get("/api/v1/models")).json()
    assert listed["default"] is None
    assert {m["missing_setting"] for m in listed["items"]} == {
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GOOGLE_API_KEY",
        "HF_TOKEN",
    }
