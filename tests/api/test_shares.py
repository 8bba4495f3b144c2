"""Sources that are shared: who gives them to whom, what a receiver can do with them, what a revoke takes away."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.services.queries.query_taking import work_off
from tests.askable import ready_file
from tests.connecting import fields_of, ready_database
from tests.people import People, Person
from tests.sharing import API, agent_over, ask, member, revoke, share, shared

pytestmark = pytest.mark.anyio

QUESTION = "qual a soma de valor por regiao?"
CANARY = "Norte"


async def test_a_shared_file_is_listed_read_previewed_and_asked(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    listed = (await reader.client.get(f"{API}/files/")).json()["items"]
    assert [(item["id"], item["shared_by"]) for item in listed] == [
        (str(file_id), {"id": str(owner.id), "name": "Normal"})
    ]
    assert (await owner.client.get(f"{API}/files/{file_id}")).json()["shared_by"] is None
    preview = await reader.client.get(f"{API}/files/{file_id}/preview")
    assert (preview.status_code, len(preview.json()["rows"])) == (200, 4)
    answer = await ask(reader, await agent_over(reader, file_id), QUESTION)
    assert answer.status_code == 200, answer.text
    assert CANARY in str(answer.json()["result"]["rows"])


async def test_a_receiver_changes_nothing_of_a_shared_file(app: FastAPI, people: People) -> None:
    owner, reader, third = await people.normal(), await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    share_id = await shared(owner, "files", file_id, user_id=reader.id)
    client, address = reader.client, f"{API}/files/{file_id}"
    refused = [
        await client.put(address, json={"name": "mine.csv"}),
        await client.delete(address),
        await client.post(f"{address}/versions", files={"file": ("a.csv", b"a,b\n1,2\n")}),
        await client.post(f"{address}/versions/reread", json={"options": {}}),
        await client.get(f"{address}/versions"),
        await client.get(f"{address}/shares"),
        await client.post(f"{address}/shares", json={"user_id": str(third.id)}),
        await client.delete(f"{address}/shares/{share_id}"),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, "not_yours")] * 8
    assert (await owner.client.get(address)).json()["name"] == "vendas.csv"


async def test_credentials_of_a_shared_database_are_never_shown(app: FastAPI, people: People, sales_url: str) -> None:
    owner, reader = await people.normal(), await people.normal()
    fields = fields_of(sales_url)
    database_id = await ready_database(app, owner, fields)
    await shared(owner, "databases", database_id, user_id=reader.id)
    address = f"{API}/databases/{database_id}"
    shown = [await reader.client.get(path) for path in (address, f"{API}/databases/", f"{address}/schema")]
    for response in shown:
        assert response.status_code == 200, response.text
        for secret in ("password", "user", "host", "database"):
            assert f'"{fields[secret]}"' not in response.text
    assert shown[0].json() | {"host": None, "port": None, "user": None, "privileges": None} == shown[0].json()
    refused = [
        await reader.client.patch(address, json={"name": "mine"}),
        await reader.client.put(address, json=fields),
        await reader.client.delete(address),
        await reader.client.post(f"{address}/test"),
        await reader.client.post(f"{address}/refresh"),
    ]
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, "not_yours")] * 5
    answer = await ask(reader, await agent_over(reader, database_id), QUESTION)
    assert (answer.status_code, CANARY in answer.text) == (200, True), answer.text


async def test_a_revoke_takes_the_source_and_every_answer_that_rests_on_it(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    share_id = await shared(owner, "files", file_id, user_id=reader.id)
    agent_id = await agent_over(reader, file_id)
    first = await ask(reader, agent_id, QUESTION, **{"Idempotency-Key": "once"})
    cached = await ask(reader, agent_id, QUESTION)
    assert (first.status_code, cached.json()["answered_by"]) == (200, "cache")
    background = await _run_in_background(app, reader, agent_id)
    conversation = await _conversation(reader, agent_id)
    doors = [
        f"{API}/queries/{query_id}{door}"
        for query_id in (first.json()["id"], cached.json()["id"], background)
        for door in ("", "/status", "/result", "/chart", "/chart/types", "/events")
    ] + [f"{API}/files/{file_id}{door}" for door in ("", "/preview", "/status")]
    for door in doors:
        assert (await reader.client.get(door)).status_code == 200, door
    await revoke(owner, "files", file_id, share_id)
    for door in doors:
        assert (await reader.client.get(door)).status_code == 404, door
    again = await ask(reader, agent_id, QUESTION)
    assert (again.status_code, again.json()["code"]) == (422, "source_missing")
    replayed = await ask(reader, agent_id, QUESTION, **{"Idempotency-Key": "once"})
    assert (replayed.status_code, CANARY in replayed.text) == (202, False)
    assert (await reader.client.get(f"{API}/queries/history")).json()["items"] == []
    assert (await reader.client.get(f"{API}/files/")).json()["items"] == []
    for door in ("", "/messages", "/export"):
        told = await reader.client.get(f"{API}/sessions/{conversation}{door}")
        assert (told.status_code, CANARY in told.text, "SUM" in told.text) == (200, False, False), told.text
    context = await reader.client.get(f"{API}/context/{conversation}", params={"question": "e por regiao?"})
    assert (context.status_code, CANARY in context.text) == (200, False)
    await shared(owner, "files", file_id, user_id=reader.id)
    for door in doors:
        assert (await reader.client.get(door)).status_code == 200, door


async def test_a_question_that_waits_finds_nothing_after_a_revoke(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    share_id = await shared(owner, "files", file_id, user_id=reader.id)
    agent_id = await agent_over(reader, file_id)
    body = {"agent_id": agent_id, "question": QUESTION}
    accepted = await reader.client.post(f"{API}/queries/execute-async", json=body)
    await revoke(owner, "files", file_id, share_id)
    await work_off(app.state.engine)
    assert (await reader.client.get(f"{API}/queries/{accepted.json()['id']}")).status_code == 404
    await shared(owner, "files", file_id, user_id=reader.id)
    failed = (await reader.client.get(f"{API}/queries/{accepted.json()['id']}")).json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "source_missing")


async def test_a_share_with_a_role_reaches_whoever_has_it_now(app: FastAPI, people: People) -> None:
    master, other_master = await people.master(), await people.master()
    role = {"name": "readers", "permissions": ["files:read", "queries:read"]}
    role_id = (await master.client.post(f"{API}/roles/", json=role)).json()["id"]
    owner, reader = await member(people, master), await member(people, master, role_id=role_id)
    bystander, outsider = await member(people, master), await member(people, other_master)
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, role_id=role_id)
    address = f"{API}/files/{file_id}"
    got = [(await person.client.get(address)).status_code for person in (reader, bystander, outsider, other_master)]
    assert got == [200, 404, 404, 404]
    await master.client.put(f"{API}/users/{reader.id}/role", json={"role_id": None})
    await master.client.put(f"{API}/users/{bystander.id}/role", json={"role_id": role_id})
    got = [(await person.client.get(address)).status_code for person in (reader, bystander)]
    assert got == [404, 200]


async def test_sources_are_shared_within_a_circle_and_nobody_else_is_told_apart_from_nobody(
    app: FastAPI, people: People
) -> None:
    master, other_master, admin = await people.master(), await people.master(), await people.admin()
    owner, colleague, outsider = (
        await member(people, master),
        await member(people, master),
        await member(people, other_master),
    )
    file_id = await ready_file(app, owner)
    foreign_role = await other_master.client.post(f"{API}/roles/", json={"name": "r", "permissions": []})
    wrong = [
        await share(owner, "files", file_id, user_id=outsider.id),
        await share(owner, "files", file_id, user_id=other_master.id),
        await share(owner, "files", file_id, user_id=owner.id),
        await share(owner, "files", file_id, user_id=uuid4()),
    ]
    assert {(r.status_code, r.json()["detail"], r.json()["errors"][0]["pointer"]) for r in wrong} == {
        (422, wrong[0].json()["detail"], "/user_id")
    }
    by_mail = [await share(owner, "files", file_id, email=mail) for mail in (outsider.email, "nobody@example.com")]
    assert _told(by_mail[0]) == _told(by_mail[1])
    by_role = [await share(owner, "files", file_id, role_id=r) for r in (foreign_role.json()["id"], uuid4())]
    assert _told(by_role[0]) == _told(by_role[1])
    for receiver in (colleague, master):
        assert (await share(owner, "files", file_id, email=receiver.email)).status_code == 201
    of_admin = await ready_file(app, admin)
    assert (await share(admin, "files", of_admin, user_id=outsider.id)).status_code == 201
    assert (await outsider.client.get(f"{API}/files/{of_admin}")).status_code == 200


async def test_a_master_shares_for_its_users_and_for_nobody_else(app: FastAPI, people: People) -> None:
    master, other_master, admin = await people.master(), await people.master(), await people.admin()
    owner, reader = await member(people, master), await member(people, master)
    file_id = await ready_file(app, owner)
    share_id = await shared(master, "files", file_id, user_id=reader.id)
    given = (await owner.client.get(f"{API}/files/{file_id}/shares")).json()["items"]
    assert [(item["id"], item["given_by"], item["user"]["email"]) for item in given] == [
        (share_id, str(master.id), reader.email)
    ]
    for stranger in (other_master, admin, await people.normal()):
        assert (await share(stranger, "files", file_id, user_id=reader.id)).status_code == 404
    await revoke(master, "files", file_id, share_id)
    assert (await reader.client.get(f"{API}/files/{file_id}")).status_code == 404


async def test_whoever_leaves_the_circle_loses_what_was_shared(app: FastAPI, people: People) -> None:
    admin, master, other_master = await people.admin(), await people.master(), await people.master()
    owner, reader = await member(people, master), await member(people, master)
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    address, moved = f"{API}/files/{file_id}", f"{API}/users/{reader.id}"
    assert (await reader.client.get(address)).status_code == 200
    assert (await admin.client.put(moved, json={"manager_id": str(other_master.id)})).status_code == 200
    assert (await reader.client.get(address)).status_code == 404
    assert (await admin.client.put(moved, json={"manager_id": str(master.id)})).status_code == 200
    assert (await reader.client.get(address)).status_code == 200


async def test_an_owner_removes_a_file_that_only_others_ask(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    await shared(owner, "files", file_id, user_id=reader.id)
    agent_id = await agent_over(reader, file_id)
    answer = await ask(reader, agent_id, QUESTION)
    assert (await owner.client.delete(f"{API}/files/{file_id}")).status_code == 204
    assert (await ask(reader, agent_id, QUESTION)).json()["code"] == "source_missing"
    assert (await reader.client.get(f"{API}/queries/{answer.json()['id']}")).status_code == 404


async def test_sharing_twice_is_sharing_once(app: FastAPI, people: People) -> None:
    owner, reader = await people.normal(), await people.normal()
    file_id = await ready_file(app, owner)
    once = await shared(owner, "files", file_id, user_id=reader.id)
    assert await shared(owner, "files", file_id, email=reader.email) == once
    await revoke(owner, "files", file_id, once)
    assert (await owner.client.get(f"{API}/files/{file_id}/shares")).json()["items"] == []


def _told(response: httpx.Response) -> tuple[int, str, str]:
    problem = response.json()
    return response.status_code, problem["detail"], problem["errors"][0]["pointer"]


async def _conversation(reader: Person, agent_id: str) -> str:
    session_id: str = (await reader.client.post(f"{API}/sessions/", json={"agent_id": agent_id})).json()["id"]
    said = await reader.client.post(f"{API}/sessions/{session_id}/messages", json={"text": QUESTION})
    assert CANARY in said.text
    return session_id


async def _run_in_background(app: FastAPI, reader: Person, agent_id: str) -> str:
    body = {"agent_id": agent_id, "question": "qual a media de valor por regiao?"}
    accepted = await reader.client.post(f"{API}/queries/execute-async", json=body)
    await work_off(app.state.engine)
    query_id: str = accepted.json()["id"]
    return query_id
