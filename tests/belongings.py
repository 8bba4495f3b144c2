"""One object of every sort that a path of the API names, made through the API as far as it makes them."""

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from fastapi import FastAPI

from app.core.db import Database
from app.models import Pair
from tests.askable import ready_agent
from tests.connecting import fields_of, ready_database
from tests.people import PASSWORD, People, Person
from tests.sharing import API

SCHEDULE: Final = {"name": "Some", "questions": ["qual a soma de valor?"], "cron": "0 8 * * *"}


async def belongings(
    app: FastAPI, owner: Person, manager: Person, database: Database, sales_url: str
) -> dict[str, str]:
    """One object of every sort by the name of its path parameter: the manager's people and roles, else the owner's.

    Parts of a thing are named after both, as `file_id/share_id`.
    """
    agent_id = await ready_agent(app, owner)
    agent = (await owner.client.get(f"{API}/agents/{agent_id}")).json()
    question = {"agent_id": agent_id, "question": "qual a soma de valor?"}
    upload_id = str(uuid4())
    form = {"upload_id": upload_id, "chunk_index": "0", "total_chunks": "2"}
    chunk = {"file": ("a.csv", b"a,b\n")}
    user = {"email": f"{uuid4()}@example.com", "name": "U", "password": PASSWORD}
    leaving = await _made(manager, "/users/", {**user, "email": f"{uuid4()}@example.com"})
    left = await manager.client.delete(f"{API}/users/{leaving}")
    key = {"name": "k", "scopes": ["files:read"]}
    async with database.transaction() as session:
        pair = Pair(owner_id=owner.id, sources="0" * 64, schema_digest="0" * 64, question="q", sql="SELECT 1")
        session.add(pair)
    assert (await owner.client.post(f"{API}/files/upload", data=form, files=chunk)).status_code < 300
    user_id = await _made(manager, "/users/", user)
    budget = {"scope": "user", "subject_id": user_id, "unit": "usd", "period": "day", "amount": "1"}
    receiver = {"user_id": user_id if owner is manager else str((await People(app).normal()).id)}
    file_id, database_id = agent["source_ids"][0], await ready_database(app, owner, fields_of(sales_url))
    session_id = await _made(owner, "/sessions/", {"agent_id": agent_id})
    return {
        "agent_id": agent_id,
        "file_id": file_id,
        "file_id/rules_id": await _rules_of(owner, f"/files/{file_id}"),
        "file_id/share_id": await _made(owner, f"/files/{file_id}/shares", receiver),
        "upload_id": upload_id,
        "database_id": database_id,
        "database_id/rules_id": await _rules_of(owner, f"/databases/{database_id}"),
        "database_id/share_id": await _made(owner, f"/databases/{database_id}/shares", receiver),
        "query_id": await _made(owner, "/queries/execute", question),
        "session_id": session_id,
        "session_id/share_id": await _made(owner, f"/sessions/{session_id}/shares", receiver),
        "batch_id": await _made(owner, "/batches", {"agent_id": agent_id, "questions": ["qual a soma de valor?"]}),
        "schedule_id": await _made(owner, "/schedules", {**SCHEDULE, "agent_id": agent_id}),
        "webhook_id": await _made(owner, "/webhooks", {"url": "https://127.0.0.1/x"}),
        "pair_id": str(pair.id),
        "key_id": await _made(owner, "/auth/api-keys", key),
        "sign_in_id": await _other_sign_in(app, owner),
        "user_id": user_id,
        "budget_id": await _made(manager, "/admin/budgets", budget),
        "export_id": await _made(owner, "/users/me/export", {}),
        "erasure_id": left.json()["id"],
        "role_id": await _made(manager, "/roles/", {"name": str(uuid4()), "permissions": ["files:read"]}),
    }


async def _rules_of(owner: Person, source: str) -> str:
    body = {"tables": [{"table": "vendas", "hidden": ["data"]}]}
    made = await owner.client.put(f"{API}{source}/rules", json=body)
    assert made.status_code == 200, made.text
    return str(made.json()["id"])


async def _made(person: Person, path: str, body: Mapping[str, object]) -> str:
    made = await person.client.post(f"{API}{path}", json=body)
    assert made.status_code < 300, made.text
    return str(made.json()["id"])


async def _other_sign_in(app: FastAPI, owner: Person) -> str:
    """A sign-in beside the one that the owner's client uses."""
    await People(app).sign_in_by_id(str(owner.id))
    return str((await owner.client.get(f"{API}/auth/sign-ins")).json()["items"][0]["id"])
