"""Problem documents (RFC 9457): how an error becomes a response, outside and inside of the framework."""

from collections.abc import Mapping, Sequence

from fastapi.encoders import jsonable_encoder
from starlette.responses import JSONResponse
from starlette.types import Scope

from app.core.errors import AgentGraphError, Unavailable
from app.core.i18n import Language, negotiate

MEDIA_TYPE = "application/problem+json"
DEFAULT_RETRY_AFTER_S = 1


def type_of(code: str) -> str:
    """The problem type of a code: a name that never changes and needs no server to mean something."""
    return f"urn:agentgraph:error:{code}"


def language_of(scope: Scope) -> Language:
    """The language that the request's reader wants."""
    for name, value in scope["headers"]:
        if name == b"accept-language":
            return negotiate(value.decode("latin-1"))
    return Language.EN


def problem_response(
    scope: Scope,
    error: AgentGraphError,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """The problem document of `error` for the request of `scope`; `errors` are the fields at fault."""
    language = language_of(scope)
    detail = error.sentence(language)
    if error.pointer is not None and not errors:
        errors = [{"pointer": error.pointer, "location": "body", "code": error.code, "detail": detail}]
    body = {
        **jsonable_encoder(error.fields),
        "type": type_of(error.code),
        "title": error.title.to(language),
        "status": error.status,
        "detail": detail,
        "instance": scope["path"],
        "code": error.code,
        "trace_id": scope.get("state", {}).get("trace_id", ""),
        "errors": list(errors),
    }
    all_headers = {**_headers_of(error, language), **(headers or {})}
    return JSONResponse(body, status_code=error.status, media_type=MEDIA_TYPE, headers=all_headers)


def _headers_of(error: AgentGraphError, language: Language) -> dict[str, str]:
    headers = {"Content-Language": language.value}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after_s = error.fields.get("retry_after_s")
    if retry_after_s is None and type(error).status == Unavailable.status:
        retry_after_s = DEFAULT_RETRY_AFTER_S
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    return headers
