"""Quotas of single users and of roles: the person's before the role's, and that before the installation's."""

from typing import Any

import pytest
from fastapi import FastAPI

from tests.askable import ready_agent
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

USERS = "/api/v1/users/"
ROLES = "/api/v1/roles/"
PERMISSIONS = ["queries:execute", "agents:create", "files:upload", "profile:read"]


async def _employ(people: People, manager: Person, **quota: int) -> tuple[Person, str]:
    """A user of the manager's with a role that has `quota`; and the role's id."""
    number = people.next_number()
    body = {"email": f"own{number}@example.com", "name": "Own", "password": PASSWORD}
    made = (await manager.client.post(USERS, json=body)).json()["id"]
    role = (await manager.client.post(ROLES, json={"name": f"R{number}", "permissions": PERMISSIONS})).json()["id"]
    assert (await manager.client.put(f"{USERS}{made}/role", json={"role_id": role})).status_code == 200
    assert (await manager.client.put(f"{ROLES}{role}/quota", json=quota)).status_code == 200
    return await people.sign_in_by_id(made), role


async def _ask(person: Person, agent_id: str) -> tuple[int, Any]:
    body = {"agent_id": agent_id, "question": "qual a soma de valor?"}
    answer = await person.client.post("/api/v1/queries/execute", json=body)
    return answer.status_code, answer.json().get("quota")


async def test_the_persons_quota_goes_before_the_roles(app: FastAPI, people: People) -> None:
    master = await people.master()
    own, role = await _employ(people, master, questions_per_day=1)
    agent_id = await ready_agent(app, own)
    assert await _ask(own, agent_id) == (200, None)
    assert await _ask(own, agent_id) == (429, "user_questions")
    assert (await master.client.put(f"{USERS}{own.id}/quota", json={"questions_per_day": 2})).status_code == 200
    assert await _ask(own, agent_id) == (200, None)
    assert await _ask(own, agent_id) == (429, "user_questions")
    used = (await own.client.get("/api/v1/users/me/quota")).json()
    assert (used["questions_per_day"], used["questions_today"]) == (2, 2)
    assert (await master.client.put(f"{USERS}{own.id}/quota", json={})).status_code == 200
    assert (await master.client.put(f"{ROLES}{role}/quota", json={})).status_code == 200
    assert await _ask(own, agent_id) == (200, None), "the installation sets no limit"


async def test_storage_of_a_role_holds_for_uploads(people: People) -> None:
    own, _ = await _employ(people, await people.master(), storage_bytes=10)
    small, large = {"file": ("a.csv", b"a,b\n1,2\n")}, {"file": ("b.csv", b"a,b\n1,2\n3,4\n")}
    refused = await own.client.post("/api/v1/files/upload", files=large)
    assert refused.json()["code"] == "storage_quota_exceeded"
    assert (await own.client.post("/api/v1/files/upload", files=small)).status_code == 202
    assert (await own.client.post("/api/v1/files/upload", files=small)).json()["code"] == "storage_quota_exceeded"


async def test_nobody_gives_more_than_they_have(people: People) -> None:
    admin, master = await people.admin(), await people.master()
    own, role = await _employ(people, master)
    mine = {"questions_per_day": 10}
    assert (await admin.client.put(f"{USERS}{master.id}/quota", json=mine)).status_code == 200
    for path in (f"{USERS}{own.id}/quota", f"{ROLES}{role}/quota"):
        for given in (11, 0):
            refused = await master.client.put(path, json={"questions_per_day": given})
            assert (refused.status_code, refused.json()["code"]) == (403, "above_own_quota")
        assert (await master.client.put(path, json=mine)).status_code == 200
        assert (await master.client.get(path)).json() == {**mine, "tokens_per_day": None, "storage_bytes": None}
        assert (await admin.client.put(path, json={"questions_per_day": 0})).status_code == 200
    assert (await master.client.put(f"{USERS}{master.id}/quota", json={})).json()["code"] == "own_account"
