"""Every route says who may call it, and what it accepts and returns hides nothing and takes nothing unexpected."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.api.openapi import PUBLIC_ROUTES, SIGNED_IN_ROUTES, Operation, iter_operations
from app.core.config import Settings
from app.core.permissions import BY_KIND, Permission, UserKind
from app.main import create_app
from tests.conftest import JWT_SECRET

SECRET_FIELD = re.compile(r"password|secret|hash|api_?key|credential|token", re.IGNORECASE)
PERMITTED_FIELDS = {
    "TokensRead.access_token",
    "TokensRead.refresh_token",
    "TokensRead.token_type",
}
"""Fields with such a name that a response must have; counts of model tokens are numbers and are not looked at."""


@pytest.fixture(scope="module")
def plain_app() -> FastAPI:
    """The application, never started: its routes are all that counts here."""
    return create_app(Settings(_env_file=None, jwt_secret=JWT_SECRET))


def _documented(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): entry
        for path, entries in document["paths"].items()
        for method, entry in entries.items()
    }


def test_walk_sees_the_same_operations_as_the_openapi_document(plain_app: FastAPI) -> None:
    walked = Counter((operation.method, operation.path) for operation in iter_operations(plain_app))
    documented = _documented(plain_app.openapi())
    assert len(walked) > 20
    assert walked == Counter(documented.keys())


def test_every_route_declares_a_permission_or_is_listed(plain_app: FastAPI) -> None:
    listed = PUBLIC_ROUTES | SIGNED_IN_ROUTES
    silent = {
        (operation.method, operation.path) for operation in iter_operations(plain_app) if operation.permission is None
    }
    assert silent == listed


def test_document_shows_each_routes_permission(plain_app: FastAPI) -> None:
    documented = _documented(plain_app.openapi())
    for operation in iter_operations(plain_app):
        shown = documented[operation.method, operation.path].get("x-permission")
        assert shown == (operation.permission and operation.permission.value)


def test_every_permission_is_asked_for_by_a_route_and_granted_to_a_kind(plain_app: FastAPI) -> None:
    asked = {operation.permission for operation in iter_operations(plain_app)} - {None}
    assert asked == set(Permission)
    assert frozenset().union(*BY_KIND.values()) == set(Permission)


def test_no_kind_holds_more_than_an_administrator() -> None:
    assert all(held <= BY_KIND[UserKind.ADMIN] for held in BY_KIND.values())


def test_every_route_documents_its_errors_as_problems(plain_app: FastAPI) -> None:
    for (method, path), entry in _documented(plain_app.openapi()).items():
        refused = {int(status): response for status, response in entry["responses"].items() if int(status) >= 400}
        assert {500, 503} <= refused.keys(), (method, path)
        assert 401 in refused or (method, path) in PUBLIC_ROUTES, (method, path)
        assert all("application/problem+json" in response["content"] for response in refused.values()), (method, path)


def test_request_bodies_refuse_unknown_fields(plain_app: FastAPI) -> None:
    document = plain_app.openapi()
    bodies = [entry["requestBody"] for entry in _documented(document).values() if "requestBody" in entry]
    assert bodies
    for body in bodies:
        for name, schema in _objects(body, document["components"]["schemas"]):
            assert schema.get("additionalProperties") is False, name


def test_responses_have_no_field_that_sounds_secret(plain_app: FastAPI) -> None:
    document = plain_app.openapi()
    found = set()
    for entry in _documented(document).values():
        for name, schema in _objects(entry["responses"], document["components"]["schemas"]):
            found |= {f"{name}.{field}" for field, kind in schema["properties"].items() if _is_secret(field, kind)}
    assert found == PERMITTED_FIELDS


def _is_secret(field: str, kind: dict[str, Any]) -> bool:
    kinds = {each.get("type") for each in kind.get("anyOf", [kind])}
    return SECRET_FIELD.search(field) is not None and not kinds <= {"integer", "number", "null"}


def _objects(node: Any, schemas: dict[str, Any], seen: set[str] | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object schema with fields that `node` leads to, by name."""
    seen = set() if seen is None else seen
    if isinstance(node, list):
        for item in node:
            yield from _objects(item, schemas, seen)
    if not isinstance(node, dict):
        return
    if isinstance(node.get("properties"), dict):
        yield str(node.get("title", "inline")), node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        yield from _objects(schemas[reference.rpartition("/")[2]], schemas, seen)
    for value in node.values():
        yield from _objects(value, schemas, seen)


def _guarded(app: FastAPI) -> list[Operation]:
    return [operation for operation in iter_operations(app) if not operation.is_open]


@pytest.mark.anyio
async def test_nobody_enters_a_guarded_route_without_a_sign_in(client: httpx.AsyncClient, app: FastAPI) -> None:
    guarded = _guarded(app)
    assert len(guarded) > 15
    for operation in guarded:
        path = re.sub(r"\{[^}]*\}", "019300a1-7b8d-7c3e-9b1a-2f4d5e6f7a8b", operation.path)
        answer = await client.request(operation.method, path, json={})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), operation
