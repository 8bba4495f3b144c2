"""Rules on rows and columns of shared sources: what they hide is hidden at every door."""

from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from app.core.config import Settings
from tests.askable import ready_file
from tests.connecting import fields_of, ready_database
from tests.fakes.script import Script
from tests.fakes.server import FakeProviders, serve
from tests.fakes.settings import with_models
from tests.people import People, Person
from tests.sharing import API, agent_over, ask, member, revoke, shared

pytestmark = pytest.mark.anyio

QUESTION: Final = "qual a soma de valor por regiao?"
HIDDEN_ROWS: Final = ("Norte", "Leste", "100.5", "75.25", "2024-03-01")
"""What stands only in rows of other regions than Sul."""
HIDDEN_COLUMN: Final = ("produto", "Mesa", "Cadeira", "SOMA")
CANARIES: Final = (*HIDDEN_ROWS, *HIDDEN_COLUMN)
ONLY_SOUTH: Final = {"table": "vendas", "filter": "regiao = :region", "hidden": ["produto"]}
MODEL: Final = "openai:gpt-4o-mini"
WITH_MODEL: Final = "quanto vendemos?"


@pytest.fixture
async def providers() -> AsyncIterator[FakeProviders]:
    """A model that asks for everything."""
    async with serve(Script.of(table={WITH_MODEL: "SELECT * FROM vendas"})) as running:
        yield running


@pytest.fixture
def settings(settings: Settings, providers: FakeProviders) -> Settings:
    """Models on the fake providers."""
    return with_models(settings, providers)


async def test_what_rules_hide_is_hidden_at_every_door_of_a_file(
    app: FastAPI, people: People, providers: FakeProviders
) -> None:
    owner, reader, file_id = await _south(app, people)
    agent_id = await agent_over(reader, file_id)
    answered = await ask(reader, agent_id, QUESTION)
    assert answered.json()["result"]["rows"] == [["Sul", 250.0]], answered.text
    query = f"{API}/queries/{answered.json()['id']}"
    by_day = await ask(reader, agent_id, "qual a soma de quantidade por data?")
    assert len(by_day.json()["result"]["rows"]) == 2, by_day.text
    exported = await reader.client.get(f"{query}/result", headers={"Accept": "text/csv"})
    doors = [
        answered,
        exported,
        await ask(reader, agent_id, QUESTION),
        await reader.client.get(query),
        await reader.client.get(f"{API}/queries/{by_day.json()['id']}/chart"),
        await reader.client.get(f"{query}/events"),
        await reader.client.get(f"{API}/files/{file_id}"),
        await reader.client.get(f"{API}/files/"),
        await reader.client.get(f"{API}/files/{file_id}/status"),
        await reader.client.get(f"{API}/files/{file_id}/preview"),
        await ask(reader, await agent_over(reader, file_id, model=MODEL), WITH_MODEL),
    ]
    for door in doors:
        assert (door.status_code, _seen(door)) == (200, []), (str(door.url), door.text)
    assert _seen(str(providers.requests)) == []
    assert providers.calls["openai"] > 0
    preview = doors[9].json()
    assert ([column["name"] for column in preview["columns"]], len(preview["rows"]), preview["rows_total"]) == (
        ["regiao", "valor", "quantidade", "data"],
        2,
        None,
    )
    assert doors[6].json()["rows"] is None
    of_owner = await owner.client.get(f"{API}/files/{file_id}/preview")
    assert set(CANARIES) - set(_seen(of_owner)) == set()


async def test_statements_of_a_reader_meet_the_rules(app: FastAPI, people: People) -> None:
    _, reader, file_id = await _south(app, people)
    answered = await ask(reader, await agent_over(reader, file_id), QUESTION)
    address = f"{API}/queries/{answered.json()['id']}/feedback"
    for sql in ("SELECT produto FROM vendas", "SELECT v.produto FROM (SELECT * FROM vendas) AS v"):
        refused = await reader.client.post(address, json={"verdict": "down", "corrected_sql": sql})
        assert (refused.status_code, refused.json()["code"], "Mesa" in refused.text) == (422, "sql_invalid", False)
    sql = "SELECT count(*) AS n FROM vendas"
    taken = await reader.client.post(address, json={"verdict": "down", "corrected_sql": sql})
    assert (taken.status_code, "region" in taken.text, "Sul" in taken.text) == (200, False, False), taken.text
    pair = taken.json()["pair"]
    assert (await reader.client.put(f"{API}/pairs/{pair['id']}/verify")).status_code == 200
    listed = await reader.client.get(f"{API}/pairs/")
    assert _seen(listed) == []


async def test_values_and_columns_that_are_hidden_are_not_offered_to_the_planner(app: FastAPI, people: People) -> None:
    owner, reader, file_id = await _south(app, people)
    of_owner, of_reader = await agent_over(owner, file_id), await agent_over(reader, file_id)
    for question in ("qual a soma de valor em Norte?", "qual a soma de valor por produto?"):
        assert (await ask(owner, of_owner, question)).status_code == 200
        refused = await ask(reader, of_reader, question)
        assert [canary for canary in _seen(refused) if canary not in question] == []
        if refused.status_code == 200:
            assert refused.json()["result"]["rows"] in ([], [[None]]), refused.text


async def test_what_rules_hide_is_hidden_at_every_door_of_a_database(
    app: FastAPI, people: People, sales: asyncpg.Connection, sales_url: str
) -> None:
    owner, reader = await people.normal(), await people.normal()
    database_id = await ready_database(app, owner, fields_of(sales_url))
    await shared(owner, "databases", database_id, user_id=reader.id)
    tables: list[dict[str, Any]] = [
        {"table": "vendas", "filter": "regiao = 'Sul'", "hidden": ["pago"]},
        {"table": "produtos", "left_out": True},
    ]
    await _ruled(owner, "databases", database_id, tables)
    agent_id = await agent_over(reader, database_id)
    answered = await ask(reader, agent_id, QUESTION)
    doors = [
        answered,
        await reader.client.get(f"{API}/databases/{database_id}"),
        await reader.client.get(f"{API}/databases/{database_id}/tables"),
        await reader.client.get(f"{API}/databases/{database_id}/schema"),
    ]
    for door in doors:
        assert (door.status_code, _seen(door, "Norte", "Leste", "Mesa", "produtos", '"pago"')) == (200, []), door.text
    assert "Sul" in answered.text
    assert [table["name"] for table in doors[2].json()["items"]] == ["vendas"]
    address = f"{API}/queries/{answered.json()['id']}/feedback"
    for sql, code in (("SELECT * FROM produtos", "refused_by_policy"), ("SELECT pago FROM vendas", "sql_invalid")):
        refused = await reader.client.post(address, json={"verdict": "down", "corrected_sql": sql})
        assert (refused.status_code, refused.json()["code"]) == (422, code), refused.text


async def test_a_change_of_rules_or_attributes_holds_at_once_and_hides_earlier_answers(
    app: FastAPI, people: People
) -> None:
    admin = await people.admin()
    owner, reader, file_id = await _south(app, people)
    agent_id = await agent_over(reader, file_id)
    south = await ask(reader, agent_id, QUESTION)
    await _attributes(admin, reader, region="Norte")
    assert (await reader.client.get(f"{API}/queries/{south.json()['id']}")).status_code == 404
    north = await ask(reader, agent_id, QUESTION)
    assert (north.json()["result"]["rows"], north.json()["answered_by"]) == ([["Norte", 100.5]], "planner")
    rules = await _ruled(owner, "files", file_id, [{"table": "vendas", "hidden": ["quantidade"]}])
    assert (await reader.client.get(f"{API}/queries/{north.json()['id']}/result")).status_code == 404
    everything = await ask(reader, agent_id, QUESTION)
    assert len(everything.json()["result"]["rows"]) == 3
    removed = await owner.client.delete(f"{API}/files/{file_id}/rules/{rules['id']}")
    assert removed.status_code == 204
    assert (await reader.client.get(f"{API}/queries/{everything.json()['id']}")).status_code == 404
    await _attributes(admin, reader, region="Sul")
    await _ruled(owner, "files", file_id, [ONLY_SOUTH])
    assert (await ask(reader, agent_id, QUESTION)).json()["result"]["rows"] == [["Sul", 250.0]]


async def test_without_the_attribute_that_a_rule_needs_nothing_is_seen(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    await _ruled(owner, "files", file_id, [ONLY_SOUTH])
    for refused in (
        await reader.client.get(f"{API}/files/{file_id}/preview"),
        await ask(reader, await agent_over(reader, file_id), QUESTION),
    ):
        assert (refused.status_code, refused.json()["code"], _seen(refused)) == (422, "refused_by_policy", [])


async def test_rules_for_a_role_go_before_those_for_everybody(app: FastAPI, people: People) -> None:
    master = await people.master()
    role = {"name": "south", "permissions": ["files:read", "agents:create", "queries:execute"]}
    role_id = (await master.client.post(f"{API}/roles/", json=role)).json()["id"]
    owner, colleague = await member(people, master), await member(people, master)
    southerner = await member(people, master, role_id=role_id)
    file_id = await ready_file(app, owner)
    for person in (colleague, southerner):
        await shared(owner, "files", file_id, user_id=person.id)
    await _ruled(master, "files", file_id, [{"table": "vendas", "filter": "regiao = 'Norte'"}])
    await _ruled(master, "files", file_id, [{"table": "vendas", "filter": "regiao = 'Sul'"}], role_id=role_id)
    regions = [
        {row[0] for row in (await person.client.get(f"{API}/files/{file_id}/preview")).json()["rows"]}
        for person in (owner, colleague, southerner)
    ]
    assert regions == [{"Norte", "Sul", "Leste"}, {"Norte"}, {"Sul"}]


async def test_rules_are_judged_when_they_are_written(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    wrong: list[dict[str, Any]] = [
        {"table": "outra"},
        {"table": "vendas", "hidden": ["nada"]},
        {"table": "vendas", "filter": "nada = 1"},
        {"table": "vendas", "filter": "valor > (SELECT 1)"},
        {"table": "vendas", "filter": "1; DROP TABLE vendas"},
        {"table": "vendas", "left_out": True},
        {"table": "vendas", "hidden": ["regiao", "produto", "valor", "quantidade", "data"]},
    ]
    for table in wrong:
        refused = await owner.client.put(f"{API}/files/{file_id}/rules", json={"tables": [table]})
        assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid"), refused.text
    assert (await owner.client.get(f"{API}/files/{file_id}/rules")).json()["items"] == []
    for method, address in (("GET", "rules"), ("PUT", "rules"), ("DELETE", f"rules/{file_id}")):
        body = {"tables": [ONLY_SOUTH]} if method == "PUT" else None
        refused = await reader.client.request(method, f"{API}/files/{file_id}/{address}", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")


async def test_a_column_that_got_another_name_is_not_shown_under_it(app: FastAPI, people: People) -> None:
    owner, reader, file_id = await _south(app, people)
    renamed = (
        "CREATE TABLE vendas (regiao TEXT, artigo TEXT, valor REAL)",
        "INSERT INTO vendas VALUES ('Sul', 'Mesa', 1)",
    )
    await ready_file(app, owner, statements=renamed, file_id=file_id, number=2)
    refused = await reader.client.get(f"{API}/files/{file_id}/preview")
    assert (refused.status_code, refused.json()["code"], "Mesa" in refused.text) == (422, "refused_by_policy", False)


async def test_several_files_are_read_each_under_its_own_rules(app: FastAPI, people: People) -> None:
    owner, reader, file_id = await _south(app, people)
    goals = (
        "CREATE TABLE vendas (regiao TEXT, meta REAL)",
        "INSERT INTO vendas VALUES ('Norte', 9001), ('Sul', 300)",
    )
    other_id = await ready_file(app, owner, statements=goals, name="metas.csv")
    share_id = await shared(owner, "files", other_id, user_id=reader.id)
    await _ruled(owner, "files", other_id, [{"table": "vendas", "filter": "regiao = 'Sul'"}])
    agent_id = await agent_over(reader, file_id, other_id)
    answered = await ask(reader, agent_id, QUESTION)
    assert (answered.status_code, _seen(answered, "Norte", "9001")) == (200, []), answered.text
    goal = await ask(reader, agent_id, "qual a soma de meta?")
    assert (goal.status_code, "9001" in goal.text, "9301" in goal.text) == (200, False, False), goal.text
    await revoke(owner, "files", other_id, share_id)
    assert (await ask(reader, agent_id, "qual a soma de meta?")).status_code == 422


async def test_a_file_and_a_database_are_read_together_each_under_its_own_rules(
    app: FastAPI, people: People, sales_url: str
) -> None:
    owner, reader, file_id = await _south(app, people)
    database_id = await ready_database(app, owner, fields_of(sales_url))
    await shared(owner, "databases", database_id, user_id=reader.id)
    await _ruled(owner, "databases", database_id, [{"table": "produtos", "filter": "categoria = 'Papelaria'"}])
    agent_id = await agent_over(reader, file_id, database_id)
    products = await ask(reader, agent_id, "liste nome e categoria dos produtos")
    assert products.status_code == 200, products.text
    assert (_seen(products, "Mesa", "Cadeira"), "Lápis" in products.text) == ([], True), products.text
    details = products.json()["details"]
    assert details["limited_tables"] == ["produtos"] or details["limited_tables"] == ["public.produtos"]
    both = await ask(reader, agent_id, "liste regiao e valor das vendas e nome dos produtos")
    assert _seen(both, "Mesa", "Cadeira") == [], both.text


async def _south(app: FastAPI, people: People) -> tuple[Person, Person, UUID]:
    """A file of sales whose reader, of the region Sul, sees that region's rows, and no product."""
    admin, owner, reader = await people.admin(), await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    await _attributes(admin, reader, region="Sul")
    await _ruled(owner, "files", file_id, [ONLY_SOUTH])
    return owner, reader, file_id


async def _ruled(
    owner: Person, kind: str, source_id: object, tables: list[dict[str, Any]], **role: object
) -> dict[str, Any]:
    body = {"tables": tables, **role}
    kept = await owner.client.put(f"{API}/{kind}/{source_id}/rules", json=body)
    assert kept.status_code == 200, kept.text
    rules: dict[str, Any] = kept.json()
    return rules


async def _attributes(admin: Person, person: Person, **attributes: object) -> None:
    body = {"attributes": attributes}
    assert (await admin.client.put(f"{API}/users/{person.id}", json=body)).status_code == 200


def _seen(response: httpx.Response | str, *canaries: str) -> list[str]:
    """Which of `canaries` (else CANARIES) stand in a response."""
    text = response if isinstance(response, str) else response.text
    return [canary for canary in canaries or CANARIES if canary in text]
