"""Structured logs: one line an event, with the request's ids, and nothing secret in them."""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.config import Settings

HANDLER: Final = "agentgraph"
REDACTED: Final = "[redacted]"
SECRET_KEYS: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|authorization|cookie|api_?key|credential|private_?key", re.IGNORECASE
)
COUNTS: Final = frozenset({"tokens_in", "tokens_out", "tokens_cached", "max_tokens"})
"""Fields about tokens of models, which are counts and no secrets."""
SECRET_VALUES: Final = re.compile(
    r"(?<=://)[^/\s:@]*:[^@\s]+(?=@)"
    r"|(?<=Bearer )[\w.~+/=-]+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|\b(?:sk|pk|hf|agr|agp|ag)[-_][\w-]{12,}"
    r"|(?<=[?&]key=)[^&\s]+|(?<=[?&]token=)[^&\s]+"
)
"""Credentials in addresses, bearer tokens, JWTs, and keys by the prefixes of providers and of this product."""


TALKATIVE: Final = ("httpx", "alembic.runtime", "celery.worker.strategy", "celery.app.trace")
"""Loggers of libraries that report each call at INFO: what they say, this product's own lines say better."""


def configure_logging(settings: Settings) -> None:
    """Sends structlog and the standard library's logging to standard error, in the chosen format.

    Colours only where a person's terminal reads them.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # As plain text and before `redact`: the console's own rendering would print local variables.
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.name = HANDLER
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [*(other for other in root.handlers if other.name != HANDLER), handler]
    root.setLevel(settings.log_level.upper())
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replaces secret values: by the name of their field, and by their shape anywhere in a text or traceback."""
    return without_secrets(event)


def without_secrets(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with what is secret in them replaced, at any depth."""
    return {key: _clean(key, value) for key, value in values.items()}


def _clean(key: str, value: Any) -> Any:
    if key in COUNTS or key.startswith("_"):
        return value
    if SECRET_KEYS.search(key) and value is not None:
        return REDACTED
    if isinstance(value, str):
        return SECRET_VALUES.sub(REDACTED, value)
    if isinstance(value, Mapping):
        return {name: _clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean("", inner) for inner in value]
    return value
