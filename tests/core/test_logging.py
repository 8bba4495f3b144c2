"""Logs keep no secret, whatever way it comes in."""

import pytest
import structlog

from app.core.config import Settings
from app.core.logging import REDACTED, configure_logging, redact

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "event",
    [
        {"password": "canary"},
        {"body": {"new_password": "canary"}},
        {"headers": [{"Authorization": "canary"}]},
        {"event": "cannot reach postgresql://agentgraph:canary@db:5432/x"},
        {"event": "GET https://host/v1?key=canary&x=1"},
        {"exception": "Traceback …\nValueError: Bearer canary"},
        {"event": "used sk-canary1234567890"},
        {"api_key": "canary", "event": "x"},
    ],
)
def test_secret_is_replaced(event: dict[str, object]) -> None:
    cleaned = redact(None, "info", event)
    assert "canary" not in str(cleaned)
    assert REDACTED in str(cleaned)


def test_token_of_ours_is_replaced_in_a_text() -> None:
    assert JWT not in str(redact(None, "info", {"event": f"token {JWT} was refused"}))


def test_counts_of_model_tokens_stay() -> None:
    assert redact(None, "info", {"tokens_in": 12, "tokens_out": 3}) == {"tokens_in": 12, "tokens_out": 3}


def test_error_is_logged_with_its_traceback_and_without_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(_env_file=None, log_format="json"))
    local = "canary-in-a-variable"
    try:
        raise RuntimeError("cannot reach redis://:canary-in-url@host/0")
    except RuntimeError:
        structlog.get_logger("test").exception("failed", size=len(local))
    written = capsys.readouterr().err
    assert "RuntimeError" in written
    assert "canary" not in written
