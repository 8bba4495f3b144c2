"""What went wrong in a model call, in our own words, and whether and when it is worth trying again.

Nothing of the provider's text is kept: it may hold keys, prompts or internal addresses.
"""

import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

FIRST_WAIT_S = 0.5
MAX_WAIT_S = 20.0
"""Bounds of the exponential back-off between tries, in seconds, when the provider names no time itself."""

_OVERLOADED = 529
"""Anthropic's own status for "overloaded" (its API errors page)."""
_RETRIED_STATUS = frozenset({408, 409, 429, _OVERLOADED})
_CONNECTION_ERRORS = frozenset({"APIConnectionError", "TransportError", "ConnectionError", "OSError"})
_NEVER_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout", "ConnectionRefusedError"})
"""Before there was a connection to send anything over."""
_TIMEOUTS = frozenset({"APITimeoutError", "TimeoutException", "TimeoutError", "InferenceTimeoutError"})
_UNREACHED = "the connection to the provider failed"
TOO_LONG = "the question with its context is longer than the model reads"
_TOO_LONG_WORDS = (
    "context_length_exceeded",
    "maximum context length",
    "prompt is too long",
    "input token count",
    "`inputs` tokens",
)
"""Of OpenAI and compatible servers, vLLM, Anthropic, Google, and text-generation endpoints."""
_REASONS = {
    HTTPStatus.UNAUTHORIZED: "the provider refused the key",
    HTTPStatus.FORBIDDEN: "the provider refused the key",
    HTTPStatus.NOT_FOUND: "the provider does not have this model",
    HTTPStatus.TOO_MANY_REQUESTS: "rate limited by the provider",
    _OVERLOADED: "the provider is overloaded",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request was too large",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A failed call."""

    reason: str
    """A few words for people."""
    is_transient: bool
    is_timeout: bool = False
    is_outage: bool = False
    """Whether it says that the provider is not working, rather than that it did not like this call."""
    is_unbilled: bool = False
    """Whether the provider refused to work or was not reached, so that nothing is paid; else that is not known."""
    is_lost: bool = False
    """Whether nothing was heard that tells how the provider took it."""
    retry_after_s: float | None = None
    """How long the provider asks to wait."""


def fault_of(error: Exception) -> Fault:
    """What `error` of any provider's SDK means. What is not known counts as an unreadable answer, worth another try."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    status = _status(error)
    if status is not None:
        return _status_fault(status, error)
    lost = Fault(_UNREACHED, is_transient=True, is_outage=True, is_unbilled=_never_sent(error), is_lost=True)
    if kinds & _TIMEOUTS:
        return replace(lost, reason="it took too long", is_timeout=True)
    if kinds & _CONNECTION_ERRORS:
        return lost
    return Fault("its answer could not be read", is_transient=True)


def wait_s(attempt: int, fault: Fault) -> float:
    """Seconds to wait before try number `attempt` + 1: what the provider asked for, else doubling, with jitter."""
    if fault.retry_after_s is not None:
        return fault.retry_after_s
    longest: float = min(MAX_WAIT_S, FIRST_WAIT_S * 2.0**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, protects nothing)


def _status(error: Exception) -> int | None:
    for holder in (error, getattr(error, "response", None)):
        status = getattr(holder, "status_code", None)
        if isinstance(status, int):
            return status
    return None


def _status_fault(status: int, error: Exception) -> Fault:
    transient = status in _RETRIED_STATUS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    default = "the provider had an error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "the request was refused"
    readable = 200 <= status < 300
    if readable:
        return Fault("its answer could not be read", is_transient=True)
    reason = TOO_LONG if _is_too_long(status, error) else _REASONS.get(status, default)
    return Fault(
        reason,
        is_transient=transient,
        is_outage=status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        is_unbilled=True,
        retry_after_s=_retry_after(error),
    )


def _is_too_long(status: int, error: Exception) -> bool:
    """Whether a refusal is about the length of the prompt: each provider says it in words of its own."""
    if status not in {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return False
    body = getattr(getattr(error, "response", None), "text", "")
    said = f"{error} {body if isinstance(body, str) else ''}".casefold()
    return any(words in said for words in _TOO_LONG_WORDS)


def _never_sent(error: BaseException | None) -> bool:
    """Whether the request cannot have reached the provider: an SDK's own error tells by what it was raised from."""
    while error is not None:
        if _NEVER_SENT & {kind.__name__ for kind in type(error).__mro__}:
            return True
        error = error.__cause__
    return False


def _retry_after(error: Exception) -> float | None:
    """Seconds from the Retry-After header (RFC 9110, 10.2.3), which holds a number or a date."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        return _seconds_until(value)


def _seconds_until(moment: str) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(moment) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
