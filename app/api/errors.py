"""The one mapping of errors to responses: the product's own, refused input, unknown routes."""

from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.api.middleware import body_limit_of
from app.api.problems import language_of, problem_response
from app.api.validation import field_problems
from app.core.errors import (
    AgentGraphError,
    Forbidden,
    Internal,
    MethodNotAllowed,
    NotFound,
    TooLarge,
    Unauthenticated,
    ValidationFailed,
)
from app.core.i18n import Text

UNREADABLE: Final = Text(en="The body cannot be read.", pt="O corpo da requisição não pode ser lido.")
BY_STATUS: Final[dict[int, type[AgentGraphError]]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
}
"""What the framework raises by status alone."""


def install_error_handlers(app: FastAPI) -> None:
    """Answers every error of `app` with a problem document; what nobody expected is caught by the middleware."""
    app.add_exception_handler(AgentGraphError, _on_product_error)
    app.add_exception_handler(RequestValidationError, _on_refused_input)
    app.add_exception_handler(HTTPException, _on_framework_error)


async def _on_product_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, AgentGraphError):
        raise error
    return problem_response(request.scope, error)


async def _on_refused_input(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    fields = field_problems(error.errors(), language_of(request.scope))
    return problem_response(request.scope, ValidationFailed(), errors=fields)


async def _on_framework_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    return problem_response(request.scope, _from_status(request, error.status_code), headers=error.headers)


def _from_status(request: Request, status: int) -> AgentGraphError:
    if status == 413:
        return TooLarge(limit_bytes=body_limit_of(request.scope))
    if status in BY_STATUS:
        return BY_STATUS[status]()
    return ValidationFailed(UNREADABLE) if status < 500 else Internal()
