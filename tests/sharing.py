"""Shared sources for tests: people of one circle, and a file or database that one of them shares."""

from typing import Any
from uuid import UUID

from httpx import Response

from tests.people import People, Person

API = "/api/v1"


async def share(owner: Person, kind: str, source_id: UUID | str, **receiver: object) -> Response:
    """The answer to `owner`, who lets a `user_id`, `email` or `role_id` read a source of `kind` files or databases."""
    body = {name: str(value) for name, value in receiver.items()}
    return await owner.client.post(f"{API}/{kind}/{source_id}/shares", json=body)


async def shared(owner: Person, kind: str, source_id: UUID | str, **receiver: object) -> str:
    """Id of a share that came about."""
    made = await share(owner, kind, source_id, **receiver)
    assert made.status_code == 201, made.text
    share_id: str = made.json()["id"]
    return share_id


async def revoke(owner: Person, kind: str, source_id: UUID | str, share_id: str) -> None:
    """Takes a share back."""
    gone = await owner.client.delete(f"{API}/{kind}/{source_id}/shares/{share_id}")
    assert gone.status_code == 204, gone.text


async def agent_over(reader: Person, *source_ids: UUID | str, **options: object) -> str:
    """Id of an agent of `reader` that reads the sources."""
    body = {"name": "A", "source_ids": [str(source_id) for source_id in source_ids], **options}
    created = await reader.client.post(f"{API}/agents/", json=body)
    assert created.status_code == 201, created.text
    agent_id: str = created.json()["id"]
    return agent_id


async def ask(reader: Person, agent_id: str, question: str, **headers: str) -> Response:
    """The answer to a question."""
    body = {"agent_id": agent_id, "question": question}
    return await reader.client.post(f"{API}/queries/execute", json=body, headers=headers)


async def member(people: People, master: Person, **fields: Any) -> Person:
    """A new NORMAL user of `master`."""
    email = f"member{people.next_number()}@example.com"
    body = {"email": email, "name": "Member", "password": "correct horse battery", **fields}
    made = await master.client.post(f"{API}/users/", json=body)
    assert made.status_code == 201, made.text
    return await people.sign_in_by_id(made.json()["id"])
