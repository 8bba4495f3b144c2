"""The OpenAPI document: the permission and the errors of every route, read from the routes themselves."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.api.deps import PERMISSION_ATTRIBUTE
from app.api.idempotency import HEADER, takes_key
from app.api.problems import MEDIA_TYPE
from app.core.errors import (
    AgentGraphError,
    Internal,
    NotFound,
    PermissionDenied,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    ValidationFailed,
)
from app.core.errors.access import AnswerLost, IdempotencyKeyReused, RequestInProgress
from app.core.errors.accounts import TokenInvalid
from app.core.permissions import Permission
from app.schemas.common import Problem

PUBLIC_ROUTES: Final = frozenset(
    {
        ("GET", "/api/v1/notices"),
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh-token"),
        ("POST", "/api/v1/auth/forgot-password"),
        ("POST", "/api/v1/auth/reset-password"),
        ("POST", "/api/v1/erasures/receipt"),
        ("GET", "/livez"),
        ("GET", "/readyz"),
        ("GET", "/metrics"),
    }
)
"""The only routes without a permission; everything else declares one."""

SIGNED_IN_ROUTES: Final = frozenset({("POST", "/api/v1/auth/logout")})
"""Routes that need a sign-in and no right beyond it: nobody may be kept from leaving."""

VERSIONED: Final = "/api/"
"""Routes below it count against the limits on requests."""
KEY_PARAMETER: Final[dict[str, Any]] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "A text of the sender's choice: the same request with the same key is done once and answered alike, "
    "for a day.",
}
PROBLEM_SCHEMA: Final = "#/components/schemas/Problem"
METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Operation:
    """One documented route with one of its methods."""

    method: str
    path: str
    permission: Permission | None

    @property
    def is_open(self) -> bool:
        """Whether anybody may call it."""
        return (self.method, self.path) in PUBLIC_ROUTES


def problems(*errors: type[AgentGraphError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may end in `errors`; what every route shares is added by itself."""
    responses: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        _add(responses, error)
    return responses


def iter_operations(app: FastAPI) -> Iterator[Operation]:
    """Every route of `app` that the OpenAPI document lists, once for each method."""
    for context in iter_route_contexts(app.routes):
        if getattr(context, "include_in_schema", False) and context.path_format:
            for method in sorted((context.methods or set()) & METHODS):
                yield Operation(method, context.path_format, _permission_of(context.dependant))


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """The document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(_problem_schemas())
        schemas.pop("HTTPValidationError", None)
        schemas.pop("ValidationError", None)
        for operation in iter_operations(app):
            _complete(document["paths"][operation.path][operation.method.lower()], operation)
        app.openapi_schema = document
    return app.openapi_schema


def _complete(entry: dict[str, Any], operation: Operation) -> None:
    if operation.permission is not None:
        entry["x-permission"] = operation.permission.value
    if takes_key(operation.method, operation.path):
        entry.setdefault("parameters", []).append(KEY_PARAMETER)
    if _is_default_422(entry):
        del entry["responses"]["422"]
    for error in _shared_errors(entry, operation):
        _add(entry["responses"], error)


def _shared_errors(entry: dict[str, Any], operation: Operation) -> Iterator[type[AgentGraphError]]:
    if not operation.is_open:
        yield from (Unauthenticated, TokenInvalid)
    if operation.permission is not None:
        yield PermissionDenied
    if "{" in operation.path:
        yield NotFound
    if entry.get("parameters") or "requestBody" in entry:
        yield ValidationFailed
    if "requestBody" in entry:
        yield TooLarge
    if takes_key(operation.method, operation.path):
        yield from (IdempotencyKeyReused, RequestInProgress, AnswerLost)
    if operation.path.startswith(VERSIONED):
        yield RateLimited
    yield from (Internal, Unavailable)


def _is_default_422(entry: dict[str, Any]) -> bool:
    content = entry["responses"].get("422", {}).get("content", {})
    return "application/json" in content


def _add(responses: dict[Any, dict[str, Any]], error: type[AgentGraphError]) -> None:
    key = next((key for key in responses if str(key) == str(error.status)), str(error.status))
    response = responses.setdefault(key, {"description": "", "x-codes": []})
    codes = response.setdefault("x-codes", [])
    if error.code not in codes:
        codes.append(error.code)
    response["description"] = ", ".join(f"`{code}`" for code in codes)
    response["content"] = {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}}}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    nested: dict[str, Any] = schema.pop("$defs", {})
    return {"Problem": schema, **nested}


def _permission_of(dependant: Dependant) -> Permission | None:
    permission = getattr(dependant.call, PERMISSION_ATTRIBUTE, None)
    if isinstance(permission, Permission):
        return permission
    found = (_permission_of(inner) for inner in dependant.dependencies)
    return next((permission for permission in found if permission is not None), None)
