"""Every route, asked by everybody, about what is theirs, somebody else's or nobody's: the answers that must come."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.api.openapi import Operation, iter_operations
from app.core.db import Database
from app.core.permissions import CEILING, Permission, UserKind
from app.models import Pair
from tests.askable import ready_agent
from tests.connecting import fields_of, ready_database
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

API: Final = "/api/v1"
CONNECTION: Final = {"name": "d", "engine": "postgresql", "host": "localhost", "database": "d", "user": "u"}
BODIES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("PUT", "/users/{user_id}"): {"json": {"name": "Somebody"}},
    ("PUT", "/users/{user_id}/quota"): {"json": {}},
    ("PUT", "/roles/{role_id}/quota"): {"json": {}},
    ("PUT", "/users/{user_id}/role"): {"json": {"role_id": None}},
    ("PUT", "/users/{user_id}/permissions"): {"json": {"granted": [], "denied": []}},
    ("PUT", "/roles/{role_id}"): {"json": {"name": "Some", "permissions": []}},
    ("PUT", "/agents/{agent_id}"): {"json": {"name": "Some"}},
    ("POST", "/agents/{agent_id}/clone"): {"json": {}},
    ("POST", "/files/{file_id}/versions"): {"files": {"file": ("a.csv", b"a,b\n1,2\n")}},
    ("POST", "/files/{file_id}/versions/reread"): {"json": {"options": {}}},
    ("PUT", "/files/{file_id}"): {"json": {"name": "some.csv"}},
    ("PUT", "/databases/{database_id}"): {"json": CONNECTION},
    ("PATCH", "/databases/{database_id}"): {"json": {"name": "Some"}},
    ("PUT", "/schedules/{schedule_id}"): {
        "json": {"name": "Some", "agent_id": str(uuid4()), "questions": ["?"], "cron": "0 8 * * *"}
    },
    ("POST", "/queries/{query_id}/feedback"): {"json": {"verdict": "up"}},
    ("PUT", "/admin/budgets/{budget_id}"): {"json": {"amount": "1"}},
    ("PUT", "/admin/budgets/{budget_id}/overdraft"): {"json": {"amount": "1"}},
    ("POST", "/queries/{query_id}/table"): {"json": {"name": "some"}},
    ("POST", "/queries/{query_id}/input"): {"json": {"option": 1}},
    ("POST", "/files/{file_id}/shares"): {"json": {"user_id": str(uuid4())}},
    ("POST", "/databases/{database_id}/shares"): {"json": {"user_id": str(uuid4())}},
    ("POST", "/sessions/{session_id}/shares"): {"json": {"user_id": str(uuid4())}},
    ("PUT", "/files/{file_id}/rules"): {"json": {"tables": [{"table": "t"}]}},
    ("PUT", "/databases/{database_id}/rules"): {"json": {"tables": [{"table": "t"}]}},
    ("PATCH", "/sessions/{session_id}"): {"json": {"title": "Some"}},
    ("POST", "/sessions/{session_id}/messages"): {"json": {"text": "qual a soma de valor?"}},
}
"""What a request needs to be well-formed; others need nothing."""
MANAGED: Final = frozenset({"user_id", "role_id", "erasure_id", "budget_id"})
"""Objects of those who manage people: an ADMIN sees all of them."""
SCHEDULE: Final = {"name": "Some", "questions": ["qual a soma de valor?"], "cron": "0 8 * * *"}
VARYING_HEADERS: Final = frozenset({"x-request-id", "ratelimit", "date", "server-timing", "traceparent"})


@dataclass(frozen=True, slots=True)
class Case:
    """A route, and what it is asked about by the name of its path parameter."""

    operation: Operation
    ids: dict[str, str]

    async def ask(self, client: httpx.AsyncClient) -> httpx.Response:
        """The answer that `client` gets."""
        method, path = self.operation.method, self.operation.path
        body = BODIES.get((method, path.removeprefix(API)), {})
        return await client.request(method, path.format_map(self.ids), **body)

    def __str__(self) -> str:
        return f"{self.operation.method} {self.operation.path}"


def guarded(app: FastAPI) -> list[Operation]:
    """The routes that demand a permission."""
    return [operation for operation in iter_operations(app) if operation.permission is not None]


def parameters(operation: Operation) -> list[str]:
    """Names of the path parameters; the first is what the others belong to."""
    return re.findall(r"\{(\w+)\}", operation.path)


def parameter(operation: Operation) -> str | None:
    """Name of the first path parameter, if there is one."""
    return next(iter(parameters(operation)), None)


def absent(operation: Operation) -> Case:
    """The route, asked about something that does not exist."""
    return Case(operation, {name: str(uuid4()) for name in parameters(operation)})


def about(operation: Operation, objects: Mapping[str, str]) -> Case:
    """The route, asked about one of `objects`."""
    return Case(operation, {name: objects[name] for name in parameters(operation)})


def comparable(response: httpx.Response, asked: Case) -> tuple[int, dict[str, str], str]:
    """What of a response could tell two objects apart, without the id that was sent and what every request has anew."""
    headers = {name: value for name, value in response.headers.items() if name not in VARYING_HEADERS}
    text = response.text
    if response.headers.get("content-type", "").startswith("application/problem+json"):
        text = text.replace(response.json()["trace_id"], "")
    for given in asked.ids.values():
        text = text.replace(given, "")
    return response.status_code, headers, text


async def test_nobody_without_a_living_account_gets_in(app: FastAPI, client: httpx.AsyncClient, people: People) -> None:
    admin, suspended, deleted = await people.admin(), await people.normal(), await people.normal()
    assert (await admin.client.put(f"{API}/users/{suspended.id}", json={"is_active": False})).status_code == 200
    assert (await admin.client.delete(f"{API}/users/{deleted.id}")).status_code == 202
    cases = [absent(operation) for operation in guarded(app)]
    for case in cases:
        for caller in (client, suspended.client, deleted.client):
            response = await case.ask(caller)
            assert (str(case), response.status_code) == (str(case), 401)
    print(f"{3 * len(cases)} cases")  # noqa: T201  (shown by pytest -s)


async def test_a_route_opens_with_its_permission_and_with_no_other(app: FastAPI, people: People) -> None:
    admin, master, normal = await people.admin(), await people.master(), await people.normal()
    cases = [absent(operation) for operation in guarded(app) if operation.path != f"{API}/users/me"]
    asked = 0
    for permission in sorted({case.operation.permission for case in cases if case.operation.permission is not None}):
        for person in (master, normal):
            for is_held in (False, True):
                wanted = permission in CEILING[person.kind] and is_held
                await _let_hold(admin, person, [permission] if wanted else sorted(set(Permission) - {permission}))
                for case in cases:
                    if case.operation.permission == permission:
                        _expect(case, await case.ask(person.client), permission, is_open=wanted)
                        asked += 1
    print(f"{asked} cases")  # noqa: T201  (shown by pytest -s)


async def _let_hold(admin: Person, person: Person, permissions: Sequence[Permission]) -> None:
    """Leaves a MASTER or a NORMAL user with `permissions`, as far as that kind can hold them."""
    held = set(permissions) & CEILING[person.kind]
    denied = sorted(CEILING[person.kind] - held)
    granted = sorted(held)
    body = {"granted": granted, "denied": denied}
    assert (await admin.client.put(f"{API}/users/{person.id}/permissions", json=body)).status_code == 200


def _expect(case: Case, response: httpx.Response, permission: Permission, *, is_open: bool) -> None:
    if is_open:
        assert response.status_code not in {401, 500}, (str(case), response.text)
        assert response.status_code != 403 or response.json()["code"] != "permission_denied", (str(case), permission)
        return
    problem = response.json()
    got = (response.status_code, problem["code"], problem["permission"])
    assert (str(case), *got) == (str(case), 403, "permission_denied", permission)


async def test_what_is_somebody_elses_looks_like_what_does_not_exist(
    app: FastAPI, people: People, database: Database, sales_url: str
) -> None:
    owner, manager = await people.normal(), await people.master()
    foreign = await _objects(app, owner, manager, database, sales_url)
    cases = [operation for operation in guarded(app) if parameter(operation) is not None]
    assert {name for operation in cases for name in parameters(operation)} == foreign.keys()
    asked = 0
    for caller in (await people.normal(), await people.master(), await people.admin()):
        for operation in cases:
            name = parameter(operation) or ""
            if operation.permission not in CEILING[caller.kind]:
                continue
            if caller.kind is UserKind.ADMIN and name in MANAGED:
                continue  # Nobody's and nothing is foreign to an ADMIN there.
            theirs, nothing = about(operation, foreign), absent(operation)
            hidden, missing = await theirs.ask(caller.client), await nothing.ask(caller.client)
            assert (str(theirs), missing.status_code) == (str(theirs), 404), missing.text
            assert comparable(hidden, theirs) == comparable(missing, nothing), str(theirs)
            asked += 2
    print(f"{asked} cases")  # noqa: T201  (shown by pytest -s)


async def test_the_owner_reads_what_is_hidden_from_others(
    app: FastAPI, people: People, database: Database, sales_url: str
) -> None:
    owner, manager = await people.normal(), await people.master()
    own = await _objects(app, owner, manager, database, sales_url)
    reads = [operation for operation in guarded(app) if operation.method == "GET" and parameter(operation)]
    for operation in reads:
        name = parameter(operation) or ""
        caller = manager if name in MANAGED else owner
        response = await about(operation, own).ask(caller.client)
        declared = app.openapi()["paths"][operation.path]["get"]["responses"]
        assert str(response.status_code) in declared, f"{operation.path} {response.text}"
        assert response.status_code not in {401, 403, 404}, f"{operation.path} {response.text}"
    print(f"{len(reads)} cases")  # noqa: T201  (shown by pytest -s)


async def _objects(app: FastAPI, owner: Person, manager: Person, database: Database, sales_url: str) -> dict[str, str]:
    """One object of every sort by the name of its path parameter: the manager's people and roles, else the owner's."""
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
    receiver = {"user_id": str((await People(app).normal()).id)}
    return {
        "agent_id": agent_id,
        "file_id": agent["source_ids"][0],
        "rules_id": await _rules_of(owner, agent["source_ids"][0]),
        "share_id": await _made(owner, f"/files/{agent['source_ids'][0]}/shares", receiver),
        "upload_id": upload_id,
        "database_id": await ready_database(app, owner, fields_of(sales_url)),
        "query_id": await _made(owner, "/queries/execute", question),
        "session_id": await _made(owner, "/sessions/", {"agent_id": agent_id}),
        "batch_id": await _made(owner, "/batches", {"agent_id": agent_id, "questions": ["qual a soma de valor?"]}),
        "schedule_id": await _made(owner, "/schedules", {**SCHEDULE, "agent_id": agent_id}),
        "webhook_id": await _made(owner, "/webhooks", {"url": "https://127.0.0.1/x"}),
        "pair_id": str(pair.id),
        "key_id": await _made(owner, "/auth/api-keys", key),
        "sign_in_id": (await owner.client.get(f"{API}/auth/sign-ins")).json()["items"][0]["id"],
        "user_id": user_id,
        "budget_id": await _made(manager, "/admin/budgets", budget),
        "export_id": await _made(owner, "/users/me/export", {}),
        "erasure_id": left.json()["id"],
        "role_id": await _made(manager, "/roles/", {"name": "r", "permissions": ["files:read"]}),
    }


async def _rules_of(owner: Person, file_id: str) -> str:
    body = {"tables": [{"table": "vendas", "hidden": ["data"]}]}
    return str((await owner.client.put(f"{API}/files/{file_id}/rules", json=body)).json()["id"])


async def _made(person: Person, path: str, body: Mapping[str, object]) -> str:
    made = await person.client.post(f"{API}{path}", json=body)
    assert made.status_code < 300, made.text
    return str(made.json()["id"])
