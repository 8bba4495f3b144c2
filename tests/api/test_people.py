"""Managing other people's accounts: who may make, change, suspend and remove whom, and what they may give."""

import httpx
import pytest
from sqlalchemy import select

from app.core.db import Database
from app.models import AuditEvent
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

USERS = "/api/v1/users/"
ROLES = "/api/v1/roles/"
LOGIN = "/api/v1/auth/login"


async def _employ(people: People, manager: Person, **fields: object) -> Person:
    """A new NORMAL user that `manager` makes, signed in."""
    email = f"own{people.next_number()}@example.com"
    body = {"email": email, "name": "Own", "password": PASSWORD, **fields}
    made = await manager.client.post(USERS, json=body)
    assert made.status_code == 201, made.text
    return await people.sign_in_by_id(made.json()["id"])


async def _role(owner: Person, *permissions: str, name: str = "Readers") -> str:
    made = await owner.client.post(ROLES, json={"name": name, "permissions": permissions})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def _code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_master_manages_its_own_users_and_sees_no_others(people: People) -> None:
    master, other, stranger = await people.master(), await people.master(), await people.normal()
    own, foreign = await _employ(people, master), await _employ(people, other)
    listed = (await master.client.get(USERS)).json()["items"]
    assert [item["id"] for item in listed] == [str(own.id)]
    for hidden in (foreign, other, stranger, await people.admin()):
        assert (await master.client.get(f"{USERS}{hidden.id}")).status_code == 404
        assert (await master.client.put(f"{USERS}{hidden.id}", json={"is_active": False})).status_code == 404
        assert (await master.client.delete(f"{USERS}{hidden.id}")).status_code == 404
        assert (await master.client.get(f"{USERS}{hidden.id}/permissions")).status_code == 404
        empty: dict[str, list[str]] = {"granted": [], "denied": []}
        assert (await master.client.put(f"{USERS}{hidden.id}/permissions", json=empty)).status_code == 404
        assert (await master.client.put(f"{USERS}{hidden.id}/role", json={"role_id": None})).status_code == 404


async def test_master_makes_normal_users_alone(people: People) -> None:
    master = await people.master()
    for kind in ("ADMIN", "MASTER"):
        body = {"email": "up@example.com", "name": "Up", "password": PASSWORD, "kind": kind}
        assert _code(await master.client.post(USERS, json=body)) == (403, "above_own_kind")
    own = await _employ(people, master)
    assert _code(await master.client.put(f"{USERS}{own.id}", json={"kind": "MASTER"})) == (403, "above_own_kind")
    assert _code(await master.client.put(f"{USERS}{own.id}", json={"manager_id": None})) == (403, "above_own_kind")


async def test_nobody_changes_their_own_rights(people: People) -> None:
    for person in (await people.master(), await people.admin()):
        path = f"{USERS}{person.id}"
        assert _code(await person.client.put(path, json={"kind": "ADMIN"})) == (403, "own_account")
        assert _code(await person.client.delete(path)) == (403, "own_account")
        assert _code(await person.client.put(f"{path}/role", json={"role_id": None})) == (403, "own_account")
        body = {"granted": ["audit:read"], "denied": []}
        assert _code(await person.client.put(f"{path}/permissions", json=body)) == (403, "own_account")


async def test_normal_user_manages_nobody(people: People) -> None:
    person = await people.normal()
    assert _code(await person.client.get(USERS)) == (403, "permission_denied")
    assert _code(await person.client.get(ROLES)) == (403, "permission_denied")


async def test_master_gives_only_what_it_holds(people: People) -> None:
    admin, master = await people.admin(), await people.master()
    own = await _employ(people, master)
    denied = {"granted": [], "denied": ["audit:read"]}
    assert (await admin.client.put(f"{USERS}{master.id}/permissions", json=denied)).status_code == 200
    grant = {"granted": ["audit:read"], "denied": []}
    assert _code(await master.client.put(f"{USERS}{own.id}/permissions", json=grant)) == (403, "cannot_grant")
    role = {"name": "Auditors", "permissions": ["audit:read"]}
    assert _code(await master.client.post(ROLES, json=role)) == (403, "cannot_grant")
    of_all = await _role(admin, "audit:read", name="Auditors of all")
    given = await master.client.put(f"{USERS}{own.id}/role", json={"role_id": of_all})
    assert _code(given) == (403, "cannot_grant")


async def test_no_grant_makes_a_normal_user_manage_people(people: People) -> None:
    admin, person = await people.admin(), await people.normal()
    body = {"granted": ["users:create"], "denied": []}
    assert _code(await admin.client.put(f"{USERS}{person.id}/permissions", json=body)) == (403, "cannot_grant")


async def test_change_of_role_and_denial_count_on_the_next_request(people: People) -> None:
    master = await people.master()
    own = await _employ(people, master)
    assert (await own.client.get("/api/v1/files/")).status_code == 200
    role = await _role(master, "profile:read", "agents:read")
    given = await master.client.put(f"{USERS}{own.id}/role", json={"role_id": role})
    assert (given.status_code, given.json()["role_id"]) == (200, role)
    assert _code(await own.client.get("/api/v1/files/")) == (403, "permission_denied")
    grant = {"granted": ["files:read"], "denied": ["agents:read"]}
    assert (await master.client.put(f"{USERS}{own.id}/permissions", json=grant)).status_code == 200
    assert (await own.client.get("/api/v1/files/")).status_code == 200
    assert _code(await own.client.get("/api/v1/agents/")) == (403, "permission_denied")
    profile = (await own.client.get("/api/v1/users/me")).json()
    assert profile["permissions"] == ["files:read", "profile:read"]
    assert profile["role"] == {"id": role, "name": "Readers"}


async def test_permissions_say_what_each_follows_from(people: People) -> None:
    master = await people.master()
    own = await _employ(people, master, role_id=await _role(master, "profile:read", "agents:read"))
    body = {"granted": ["files:read"], "denied": ["agents:read"]}
    await master.client.put(f"{USERS}{own.id}/permissions", json=body)
    response = await master.client.get(f"{USERS}{own.id}/permissions", headers={"Accept-Language": "pt-BR"})
    items = {item["permission"]: item for item in response.json()["items"]}
    assert (items["profile:read"]["origin"], items["profile:read"]["is_held"]) == ("role", True)
    assert (items["files:read"]["origin"], items["files:read"]["is_held"]) == ("grant", True)
    assert (items["agents:read"]["limited_by"], items["agents:read"]["is_held"]) == ("denial", False)
    assert items["files:read"]["allows"] == "ver arquivos e sua prévia"


async def test_suspended_user_is_out_at_once(people: People, client: httpx.AsyncClient) -> None:
    master = await people.master()
    own = await _employ(people, master)
    assert (await master.client.put(f"{USERS}{own.id}", json={"is_active": False})).status_code == 200
    assert (await own.client.get("/api/v1/users/me")).status_code == 401
    assert (await client.post(LOGIN, json={"email": own.email, "password": PASSWORD})).status_code == 401
    assert (await master.client.put(f"{USERS}{own.id}", json={"is_active": True})).status_code == 200
    assert (await client.post(LOGIN, json={"email": own.email, "password": PASSWORD})).status_code == 200


async def test_deleted_user_is_gone(people: People) -> None:
    master = await people.master()
    own = await _employ(people, master)
    assert (await master.client.delete(f"{USERS}{own.id}")).status_code == 202
    assert (await own.client.get("/api/v1/users/me")).status_code == 401
    assert (await master.client.get(f"{USERS}{own.id}")).status_code == 404
    assert (await master.client.delete(f"{USERS}{own.id}")).status_code == 404


async def test_master_with_users_is_removed_with_a_successor_alone(people: People) -> None:
    admin, master, successor = await people.admin(), await people.master(), await people.master()
    own = await _employ(people, master)
    role = await _role(master, "files:read")
    refused = await admin.client.delete(f"{USERS}{master.id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_manages")
    assert (refused.json()["users"], refused.json()["roles"]) == (1, 1)
    itself = await admin.client.delete(f"{USERS}{master.id}", params={"reassign_to": str(master.id)})
    assert itself.status_code == 422
    done = await admin.client.delete(f"{USERS}{master.id}", params={"reassign_to": str(successor.id)})
    assert done.status_code == 202
    assert (await successor.client.get(f"{USERS}{own.id}")).json()["manager_id"] == str(successor.id)
    assert (await successor.client.get(f"{ROLES}{role}")).json()["owner_id"] == str(successor.id)


async def test_what_a_master_gave_ends_with_what_it_holds_and_comes_back(people: People) -> None:
    admin, master = await people.admin(), await people.master()
    own = await _employ(people, master)
    body = {"granted": ["audit:read"], "denied": []}
    assert (await master.client.put(f"{USERS}{own.id}/permissions", json=body)).status_code == 200
    audit = "/api/v1/admin/audit-logs"
    assert (await own.client.get(audit)).status_code == 200
    await admin.client.put(f"{USERS}{master.id}/permissions", json={"granted": [], "denied": ["audit:read"]})
    assert _code(await own.client.get(audit)) == (403, "permission_denied")
    await admin.client.put(f"{USERS}{master.id}/permissions", json={"granted": [], "denied": []})
    assert (await own.client.get(audit)).status_code == 200


async def test_master_does_not_lift_what_an_administrator_denied(people: People) -> None:
    admin, master = await people.admin(), await people.master()
    own = await _employ(people, master)
    await admin.client.put(f"{USERS}{own.id}/permissions", json={"granted": [], "denied": ["files:read"]})
    lifted = await master.client.put(f"{USERS}{own.id}/permissions", json={"granted": [], "denied": []})
    assert _code(lifted) == (403, "not_yours")


async def test_role_in_use_vanishes_only_with_another_one(people: People) -> None:
    master = await people.master()
    role = await _role(master, "files:read", "profile:read")
    other = await _role(master, "profile:read", name="Fewer")
    own = await _employ(people, master, role_id=role)
    refused = await master.client.delete(f"{ROLES}{role}")
    assert (refused.status_code, refused.json()["code"], refused.json()["users"]) == (409, "role_in_use", 1)
    assert (await master.client.delete(f"{ROLES}{role}", params={"reassign_to": other})).status_code == 204
    assert _code(await own.client.get("/api/v1/files/")) == (403, "permission_denied")
    assert (await master.client.get(f"{ROLES}{role}")).status_code == 404


async def test_roles_of_others_are_invisible_and_the_installations_are_fixed(people: People) -> None:
    admin, master, other = await people.admin(), await people.master(), await people.master()
    foreign, common = await _role(other, "files:read"), await _role(admin, "files:read", name="Common")
    body = {"name": "Mine now", "permissions": ["files:read"]}
    assert (await master.client.put(f"{ROLES}{foreign}", json=body)).status_code == 404
    assert (await master.client.get(f"{ROLES}{foreign}/permissions")).status_code == 404
    assert _code(await master.client.put(f"{ROLES}{common}", json=body)) == (403, "not_yours")
    assert _code(await master.client.delete(f"{ROLES}{common}")) == (403, "not_yours")
    assert [item["id"] for item in (await master.client.get(ROLES)).json()["items"]] == [common]
    own = await _employ(people, master)
    assert (await master.client.put(f"{USERS}{own.id}/role", json={"role_id": foreign})).status_code == 422
    elsewhere = await admin.client.put(f"{USERS}{own.id}/role", json={"role_id": foreign})
    assert _code(elsewhere) == (409, "role_elsewhere")


async def test_lost_update_of_a_role_is_refused(people: People) -> None:
    master = await people.master()
    role = await _role(master, "files:read")
    tag = (await master.client.get(f"{ROLES}{role}")).headers["ETag"]
    body = {"name": "Readers", "permissions": ["files:read", "agents:read"]}
    changed = await master.client.put(f"{ROLES}{role}", json=body, headers={"If-Match": tag})
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)
    late = await master.client.put(f"{ROLES}{role}", json=body, headers={"If-Match": tag})
    assert _code(late) == (412, "precondition_failed")
    assert (await master.client.delete(f"{ROLES}{role}", headers={"If-Match": tag})).status_code == 412


async def test_two_roles_of_one_owner_differ_in_name(people: People) -> None:
    master, other = await people.master(), await people.master()
    await _role(master, "files:read")
    again = await master.client.post(ROLES, json={"name": "READERS", "permissions": []})
    assert _code(again) == (409, "role_name_taken")
    await _role(other, "files:read")


async def test_last_administrator_stays(people: People) -> None:
    admin, second = await people.admin(), await people.admin()
    assert (await admin.client.put(f"{USERS}{second.id}", json={"kind": "NORMAL"})).status_code == 200
    assert _code(await second.client.put(f"{USERS}{admin.id}", json={"is_active": False})) == (403, "permission_denied")
    gone = await admin.client.request("DELETE", "/api/v1/users/me", json={"password": PASSWORD})
    assert _code(gone) == (409, "last_admin")


async def test_every_change_is_in_the_audit_log_before_and_after(people: People, database: Database) -> None:
    master = await people.master()
    role = await _role(master, "files:read")
    own = await _employ(people, master)
    await master.client.put(f"{USERS}{own.id}/role", json={"role_id": role})
    await master.client.put(f"{USERS}{own.id}/permissions", json={"granted": [], "denied": ["files:read"]})
    await master.client.put(f"{USERS}{own.id}", json={"is_active": False})
    await master.client.delete(f"{USERS}{own.id}")
    async with database.read() as session:
        mine = select(AuditEvent).where(AuditEvent.actor_id == master.id).order_by(AuditEvent.id)
        events = (await session.scalars(mine)).all()
    assert [event.action for event in events] == [
        "role.created",
        "user.created",
        "user.role_changed",
        "user.permissions_changed",
        "user.updated",
        "user.deleted",
    ]
    _, created, moved, denied, suspended, _ = events
    assert created.after is not None
    assert "Own" not in str(created.after)
    assert (moved.before["role_id"], moved.after["role_id"]) == (None, role)  # type: ignore[index]
    assert (denied.before["denied"], denied.after["denied"]) == ([], ["files:read"])  # type: ignore[index]
    assert (suspended.before["is_active"], suspended.after["is_active"]) == (True, False)  # type: ignore[index]
