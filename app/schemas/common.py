"""What all request and response shapes share, and the problem document of RFC 9457."""

from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

T = TypeVar("T")

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class RequestModel(BaseModel):
    """Base of what clients send: refuses unknown fields, and NUL characters, which PostgreSQL cannot store."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    @model_validator(mode="before")
    @classmethod
    def _refuse_nul(cls, data: Any) -> Any:
        if _has_nul(data):
            raise ValueError("the NUL character is not allowed")
        return data


class ResponseModel(BaseModel):
    """Base of what clients receive."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class PageRead(ResponseModel, Generic[T]):
    """One page of a list, newest first.

    Described by `Field`: for a docstring pydantic would search the whole stack at each `PageRead[...]`, 0.1 s a time.
    """

    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class FieldProblem(ResponseModel):
    """One field at fault."""

    pointer: str
    """JSON pointer into the body, or `/name` of a query, path or header parameter."""
    location: str
    """`body`, `query`, `path` or `header`."""
    code: str
    detail: str


class Problem(BaseModel):
    """A refused or failed request (RFC 9457)."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    type: str
    title: str
    status: int
    detail: str
    instance: str
    """Path of the request."""
    code: str
    """Stable code; all of them are in `docs/errors.md`."""
    trace_id: str
    """Quote it when you report the problem; the log has it too."""
    errors: list[FieldProblem] = Field(default_factory=list)


def _has_nul(data: Any) -> bool:
    if isinstance(data, str):
        return "\0" in data
    if isinstance(data, dict):
        return any(_has_nul(key) or _has_nul(value) for key, value in data.items())
    return isinstance(data, list) and any(_has_nul(item) for item in data)
