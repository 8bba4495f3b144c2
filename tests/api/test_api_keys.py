"""API keys: shown once, bounded by scopes and by their owner, ended at once."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from app.core import clock
from app.core.db import Database
from app.core.permissions import UserKind
from app.models import ApiKey, AuditEvent, User
from tests.people import PASSWORD, People, Person

pytestmark = pytest.mark.anyio

KEYS = "/api/v1/auth/api-keys"
ME = "/api/v1/users/me"
AGENTS = "/api/v1/agents/"
LOGS = "/api/v1/admin/audit-logs"


async def make(owner: Person, *scopes: str, **more: object) -> dict[str, Any]:
    answer = await owner.client.post(KEYS, json={"name": "script", "scopes": list(scopes), **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def call(client: httpx.AsyncClient, key: str, path: str = ME) -> int:
    return (await client.get(path, headers={"Authorization": f"Bearer {key}"})).status_code


async def test_key_works_by_both_headers_and_only_within_its_scopes(client: httpx.AsyncClient, people: People) -> None:
    ana = await people.normal()
    key = (await make(ana, "profile:read"))["key"]
    assert key.startswith("ag_")
    assert await call(client, key) == 200
    assert (await client.get(ME, headers={"X-API-Key": key})).json()["id"] == str(ana.id)
    assert await call(client, key, AGENTS) == 403


async def test_key_is_shown_once_and_kept_as_a_hash(people: People, database: Database) -> None:
    ana = await people.normal()
    made = await make(ana, "profile:read")
    listed = (await ana.client.get(KEYS)).json()["items"]
    assert [item["prefix"] for item in listed] == [made["key"][:11]]
    assert made["key"] not in str(listed)
    async with database.read() as session:
        stored = await session.get_one(ApiKey, made["id"])
    assert len(stored.key_hash) == 32
    assert made["key"].encode() not in stored.key_hash


async def test_scope_that_the_owner_lacks_is_refused(people: People) -> None:
    ana = await people.normal()
    answer = await ana.client.post(KEYS, json={"name": "x", "scopes": ["profile:read", "audit:read"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_held")
    assert answer.json()["errors"][0]["pointer"] == "/scopes/1"


async def test_key_cannot_make_a_key_that_may_do_more(client: httpx.AsyncClient, people: People) -> None:
    ana = await people.normal()
    key = (await make(ana, "api_keys:create"))["key"]
    body = {"name": "more", "scopes": ["queries:execute"]}
    answer = await client.post(KEYS, json=body, headers={"X-API-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (403, "scope_not_held")


async def test_key_loses_what_its_owner_loses_on_the_next_request(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    admin = await people.admin()
    key = (await make(admin, "audit:read", "profile:read"))["key"]
    assert await call(client, key, LOGS) == 200
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == admin.id).values(kind=UserKind.NORMAL))
    assert await call(client, key, LOGS) == 403
    assert await call(client, key) == 200


async def test_revoked_expired_and_orphaned_keys_are_refused(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    ana, gone = await people.normal(), await people.normal()
    revoked, expired, orphaned = (
        await make(ana, "profile:read"),
        await make(ana, "profile:read", expires_at=(clock.now() + timedelta(hours=1)).isoformat()),
        await make(gone, "profile:read"),
    )
    assert [await call(client, key["key"]) for key in (revoked, expired, orphaned)] == [200, 200, 200]
    assert (await ana.client.delete(f"{KEYS}/{revoked['id']}")).status_code == 204
    async with database.transaction() as session:
        past = func.now() - timedelta(seconds=1)
        await session.execute(update(ApiKey).where(ApiKey.id == expired["id"]).values(expires_at=past))
    assert (await gone.client.request("DELETE", ME, json={"password": PASSWORD})).status_code == 202
    assert [await call(client, key["key"]) for key in (revoked, expired, orphaned)] == [401, 401, 401]
    assert await call(client, "ag_" + "x" * 43) == await call(client, "ag_" + "x" * 20_000) == 401


async def test_key_of_somebody_else_is_not_there(client: httpx.AsyncClient, people: People) -> None:
    ana, eve = await people.normal(), await people.normal()
    made = await make(ana, "profile:read")
    assert (await eve.client.delete(f"{KEYS}/{made['id']}")).status_code == 404
    assert (await eve.client.get(KEYS)).json()["items"] == []
    assert await call(client, made["key"]) == 200


async def test_key_that_would_have_expired_already_is_refused(people: People) -> None:
    ana = await people.normal()
    body = {"name": "x", "scopes": ["profile:read"], "expires_at": (clock.now() - timedelta(days=1)).isoformat()}
    answer = await ana.client.post(KEYS, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_at")


async def test_use_is_noted_once_a_minute_and_stands_in_the_audit_log(
    client: httpx.AsyncClient, people: People, database: Database
) -> None:
    made = await make(await people.normal(), "profile:read")
    for _ in range(3):
        await call(client, made["key"])
    async with database.read() as session:
        used = (await session.scalars(select(AuditEvent).where(AuditEvent.action == "api_key.used"))).all()
        assert (await session.get_one(ApiKey, made["id"])).last_used_at is not None
    assert [event.via for event in used] == [f"api_key:{made['id']}"]
