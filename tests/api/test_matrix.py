"""Every route, asked by everybody, about what is theirs, somebody else's or nobody's: the answers that must come."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from app.api.openapi import Operation, iter_operations
from app.core.db import Database
from app.core.permissions import BY_KIND, CEILING, Permission, UserKind
from tests.belongings import belongings
from tests.people import People, Person

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
SHARED: Final = ("file_id", "database_id", "session_id")
"""What can be shared."""
RECEIVED: Final = frozenset(
    {
        ("GET", "/files/{file_id}"),
        ("GET", "/files/{file_id}/status"),
        ("GET", "/files/{file_id}/preview"),
        ("GET", "/databases/{database_id}"),
        ("GET", "/databases/{database_id}/tables"),
        ("GET", "/databases/{database_id}/schema"),
        ("GET", "/sessions/{session_id}"),
        ("GET", "/sessions/{session_id}/messages"),
        ("GET", "/sessions/{session_id}/export"),
    }
)
"""What may be done with something that is shared; everything else is up to its owner."""
WITHOUT_MORE: Final = frozenset({("PUT", "/schedules/{schedule_id}"), ("DELETE", "/users/{user_id}/second-factor")})
"""What is answered 404 about one's own too: the agent that the body names, or the second factor, is not there."""
VARYING_HEADERS: Final = frozenset({"x-request-id", "x-trace-id", "ratelimit", "date", "server-timing", "traceparent"})


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


def absent(operation: Operation) -> Case:
    """The route, asked about something that does not exist."""
    return Case(operation, {name: str(uuid4()) for name in parameters(operation)})


def about(operation: Operation, objects: Mapping[str, str]) -> Case:
    """The route, asked about one of `objects`, or about a part of one."""
    names = parameters(operation)
    return Case(operation, {name: objects.get(f"{names[0]}/{name}") or objects[name] for name in names})


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


@pytest.mark.timeout(600)  # Some two thousand requests, which belong together for their number to be told.
async def test_each_route_answers_each_caller_about_each_object_as_declared(
    app: FastAPI, people: People, database: Database, sales_url: str
) -> None:
    operations = sorted(filter(parameters, guarded(app)), key=_destroys)
    cast = await _cast(app, people, database, sales_url)
    named = {name for operation in operations for name in parameters(operation)}
    assert named == {name.rpartition("/")[2] for name in cast.foreign}
    asked: Counter[tuple[str, Standing]] = Counter()
    wrong: list[str] = []
    for caller in cast.callers:
        for operation in operations:
            await caller.prepare(operation.permission)
            cases = cast.cases(caller, operation)
            answers = {standing: await case.ask(caller.client) for standing, case in cases.items()}
            asked.update((caller.name, standing) for standing in cases)
            wrong += _wrong(app, caller, cases, answers)
    print(_summary(operations, asked))  # noqa: T201  (shown by pytest -s)
    assert not wrong, "\n".join(wrong)


class Standing(StrEnum):
    """Whose the object is that a route is asked about."""

    OWN = "own"
    FOREIGN = "foreign"
    SHARED = "shared"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who asks all routes."""

    name: str
    client: httpx.AsyncClient
    kind: UserKind | None
    """None for whoever has no living account."""
    own: Mapping[str, str]
    role: "Role | None" = None

    async def prepare(self, permission: Permission | None) -> None:
        """Makes the role, if there is one, fit the next route."""
        if self.role is not None and permission is not None:
            await self.role.fit(permission)

    def holds(self, permission: Permission | None) -> bool:
        """Whether the caller may call a route of `permission`."""
        if self.kind is None or permission not in CEILING[self.kind]:
            return False
        return self.role.is_with if self.role is not None else permission in BY_KIND[self.kind]


@dataclass(slots=True)
class Role:
    """A role with one permission alone, or with all but one, of those that a NORMAL user can hold."""

    admin: Person
    id: str
    is_with: bool
    _fits: Permission | None = None

    async def fit(self, permission: Permission) -> None:
        """Turns to another permission."""
        if permission == self._fits:
            return
        only = CEILING[UserKind.NORMAL] & {permission}
        permissions = sorted(only if self.is_with else CEILING[UserKind.NORMAL] - only)
        body = {"name": f"role {self.id}", "permissions": permissions}
        changed = await self.admin.client.put(f"{API}/roles/{self.id}", json=body)
        assert changed.status_code == 200, changed.text
        self._fits = permission


@dataclass(frozen=True, slots=True)
class Cast:
    """All callers, and whatever is not their own."""

    callers: Sequence[Caller]
    foreign: Mapping[str, str]
    shared: Mapping[str, str]

    def cases(self, caller: Caller, operation: Operation) -> dict[Standing, Case]:
        """What a caller can ask of a route: nobody owns without an account, and not everything can be shared."""
        found = {Standing.FOREIGN: about(operation, self.foreign), Standing.ABSENT: absent(operation)}
        if parameters(operation)[0] in SHARED:
            found[Standing.SHARED] = about(operation, self.shared)
        if caller.own:
            found[Standing.OWN] = about(operation, caller.own)
        return found


def _destroys(operation: Operation) -> tuple[bool, int, str]:
    """The order of asking: what removes things comes last, parts before their whole."""
    return operation.method == "DELETE", -len(parameters(operation)), operation.path


async def _cast(app: FastAPI, people: People, database: Database, sales_url: str) -> Cast:
    async def things(owner: Person, manager: Person) -> dict[str, str]:
        return await belongings(app, owner, manager, database, sales_url)

    sharer, manager = await people.admin(), await people.master()
    shared, foreign = await things(sharer, sharer), await things(await people.normal(), manager)
    callers = [Caller("anonymous", _from(app, "198.51.100.1", {}), None, {})]
    for name, kind in (
        ("suspended", UserKind.NORMAL),
        ("deleted", UserKind.NORMAL),
        ("role without", UserKind.NORMAL),
        ("role with", UserKind.NORMAL),
        ("NORMAL", UserKind.NORMAL),
        ("MASTER", UserKind.MASTER),
        ("ADMIN", UserKind.ADMIN),
    ):
        person = await people.make(kind)
        living = None if name in {"suspended", "deleted"} else kind
        own = {} if living is None else await things(person, manager if kind is UserKind.NORMAL else person)
        receiver = {"user_id": str(person.id)}
        role = None
        if name.startswith("role"):
            role = Role(sharer, await _role(sharer, person), is_with=name == "role with")
            receiver = {"role_id": role.id}
        for parameter in SHARED:
            thing = f"{parameter.removesuffix('_id')}s/{shared[parameter]}"
            assert (await sharer.client.post(f"{API}/{thing}/shares", json=receiver)).status_code == 201
        client = person.client if living else _from(app, f"198.51.100.{len(callers) + 1}", person.headers)
        callers.append(Caller(name, client, living, own, role))
        if name == "suspended":
            assert (await sharer.client.put(f"{API}/users/{person.id}", json={"is_active": False})).status_code == 200
        if name == "deleted":
            assert (await sharer.client.delete(f"{API}/users/{person.id}")).status_code == 202
    return Cast(callers, foreign, shared)


def _from(app: FastAPI, address: str, headers: Mapping[str, str]) -> httpx.AsyncClient:
    """A client at an address of its own: what strangers ask is limited by address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://agentgraph.test", headers=headers)


async def _role(admin: Person, holder: Person) -> str:
    made = await admin.client.post(f"{API}/roles/", json={"name": str(uuid4()), "permissions": []})
    role_id = str(made.json()["id"])
    given = await admin.client.put(f"{API}/users/{holder.id}/role", json={"role_id": role_id})
    assert given.status_code == 200, given.text
    return role_id


def _wrong(
    app: FastAPI, caller: Caller, cases: Mapping[Standing, Case], answers: Mapping[Standing, httpx.Response]
) -> list[str]:
    """What is not as declared in the answers of one route to one caller."""
    found = []
    for standing, response in answers.items():
        operation, code = cases[standing].operation, _code(response)
        expected = _declared(app, caller, operation, standing)
        if (response.status_code, code) not in expected and (response.status_code, None) not in expected:
            found.append(f"{caller.name}: {operation.method} {operation.path} {standing}: {response.text[:200]}")
    alike = {Standing.FOREIGN, Standing.ABSENT}
    if not caller.holds(operation.permission):
        alike = set(Standing)
    elif caller.kind is UserKind.ADMIN and parameters(operation)[0] in MANAGED:
        alike = set()
    seen = {standing: comparable(answers[standing], cases[standing]) for standing in answers if standing in alike}
    if any(each != seen[Standing.ABSENT] for each in seen.values()):
        found.append(f"{caller.name}: {operation.method} {operation.path}: told apart: {seen}")
    return found


def _code(response: httpx.Response) -> str | None:
    is_problem = response.headers.get("content-type", "").startswith("application/problem+json")
    return str(response.json()["code"]) if is_problem else None


def _declared(app: FastAPI, caller: Caller, operation: Operation, standing: Standing) -> set[tuple[int, str | None]]:
    """The status that must come, with its code; one without a code stands for any."""
    if caller.kind is None:
        return {(401, None)}
    if not caller.holds(operation.permission):
        return {(403, "permission_denied")}
    if standing is Standing.SHARED:
        is_open = (operation.method, operation.path.removeprefix(API)) in RECEIVED
        return {(200, None)} if is_open else {(403, "not_yours")}
    is_everybodys = caller.kind is UserKind.ADMIN and parameters(operation)[0] in MANAGED
    if standing is Standing.ABSENT or (standing is Standing.FOREIGN and not is_everybodys):
        return {(404, "not_found")}
    if (operation.method, operation.path.removeprefix(API)) in WITHOUT_MORE:
        return {(404, "not_found")}
    documented = app.openapi()["paths"][operation.path][operation.method.lower()]["responses"]
    return {(int(status), None) for status in documented if status not in {"401", "403", "404", "500"}}


def _summary(operations: Sequence[Operation], asked: Counter[tuple[str, Standing]]) -> str:
    """How many cases there were, in a table."""
    names = list(dict.fromkeys(name for name, _ in asked))
    rows = [f"{'':14}" + "".join(f"{standing:>9}" for standing in Standing)]
    rows += [f"{name:14}" + "".join(f"{asked[name, standing]:9}" for standing in Standing) for name in names]
    return "\n".join([f"\n{sum(asked.values())} cases over {len(operations)} routes", *rows])
