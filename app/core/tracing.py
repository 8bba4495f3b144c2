"""One trace of a piece of work through every process that takes part, in the words of OpenTelemetry.

The context of a trace is always there, as the `traceparent` of W3C Trace Context: it goes with a request, with the job
that the request leaves in the queue of record, and with the hint to the broker, so that log lines and answers carry one
trace id everywhere. Spans are made, and the SDK is imported, only when they are sent somewhere.

Attributes name what was done, never with what: no question, statement, row, prompt, answer or secret.
"""

import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from app.core.config import Settings

if TYPE_CHECKING:
    from opentelemetry import trace
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

Attribute = str | bool | int | float

TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
"""W3C Trace Context, level 1: version, trace id, parent id, flags."""
EXPORT_TIMEOUT_S: Final = 10
SCOPE: Final = "agentgraph"
_current: ContextVar[str] = ContextVar("traceparent", default="")


class Kind(Enum):
    """What a span is to those around it; the values of OpenTelemetry's SpanKind."""

    INTERNAL = 0
    SERVER = 1
    CLIENT = 2
    PRODUCER = 3
    CONSUMER = 4


@dataclass(frozen=True, slots=True)
class Span:
    """What is told of one piece of work; forgotten where nothing is sent."""

    made: "trace.Span | None" = None

    def name(self, name: str) -> None:
        """Gives the span another name, once it is known better."""
        if self.made is not None:
            self.made.update_name(name)

    def note(self, attributes: Mapping[str, Attribute | None]) -> None:
        """Adds attributes; those that are None are left out."""
        if self.made is not None:
            self.made.set_attributes({name: value for name, value in attributes.items() if value is not None})

    def traceparent(self) -> str:
        """The context of what comes below it."""
        if self.made is None:
            return _current.get()
        context = self.made.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def end(self) -> None:
        """Ends it; `span` does so by itself."""
        if self.made is not None:
            self.made.end()

    def fail(self, kind: str) -> None:
        """Marks that it failed, by the kind of error, never its text."""
        if self.made is not None:
            from opentelemetry.trace import StatusCode

            self.made.set_attribute("error.type", kind)
            self.made.set_status(StatusCode.ERROR)


_NOT_SENT: Final = Span()


@dataclass(slots=True)
class Tracing:
    """Sends the spans of this process; whoever started it closes it, in a thread."""

    provider: "TracerProvider"
    tracer: "trace.Tracer"

    def close(self) -> None:
        """Sends what is left, and stops."""
        global _sending  # noqa: PLW0603  (one exporter a process, as the tracer of a request is not handed around)
        if _sending is self:
            _sending = None
        self.provider.shutdown()


_sending: Tracing | None = None


def start_tracing(settings: Settings, part: str) -> Tracing | None:
    """Sends the spans of this process, a `part` of the installation, to their receiver; None when there is none."""
    global _sending  # noqa: PLW0603  (see Tracing.close)
    receiver = receiver_of(settings)
    if receiver is None:
        return None
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

    resource = Resource.create(
        {
            "service.name": f"agentgraph-{part}",
            "service.namespace": "agentgraph",
            "service.version": version("agentgraph"),
            "deployment.environment.name": settings.environment,
        }
    )
    # By the trace id alone: all processes decide alike, and nobody outside decides for them.
    provider = TracerProvider(sampler=TraceIdRatioBased(settings.traces_share), resource=resource)
    url, headers = receiver
    exporter = OTLPSpanExporter(endpoint=url, headers=headers, timeout=EXPORT_TIMEOUT_S)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    _sending = Tracing(provider, provider.get_tracer(SCOPE))
    return _sending


def receiver_of(settings: Settings) -> tuple[str, dict[str, str]] | None:
    """Address and headers of whoever gets the spans; None when nobody does.

    A key for LangSmith is enough for it: its way in for OTLP is known.
    """
    if settings.traces_url is not None:
        return settings.traces_url, {name: one.get_secret_value() for name, one in settings.traces_headers.items()}
    if settings.langsmith_api_key is None:
        return None
    headers = {
        "x-api-key": settings.langsmith_api_key.get_secret_value(),
        "Langsmith-Project": settings.langsmith_project,
    }
    return f"{settings.langsmith_endpoint.rstrip('/')}/otel/v1/traces", headers


def is_sent() -> bool:
    """Whether spans of this process are sent somewhere."""
    return _sending is not None


def traceparent() -> str:
    """The context of the present work, for whatever goes on with it elsewhere; empty where nothing is traced."""
    return _current.get()


def trace_id() -> str | None:
    """The trace of the present work, 32 hexadecimal digits; None where none has begun."""
    found = TRACEPARENT.fullmatch(_current.get())
    return found.group(1) if found else None


@contextmanager
def traced_request(given: str) -> Iterator[Span]:
    """The block is a request that came with the header `traceparent` (or none): part of that trace, or a new one."""
    known = TRACEPARENT.fullmatch(given) is not None
    if _sending is None and not known:
        given = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    token = _current.set(given if known or _sending is None else "")
    try:
        with span("request", Kind.SERVER) as made:
            yield made
    finally:
        _current.reset(token)


@contextmanager
def continued(context: str | None) -> Iterator[None]:
    """The block goes on with the trace of `context`, a traceparent; with the present one when there is none."""
    if not context or TRACEPARENT.fullmatch(context) is None:
        yield
        return
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def begin_anew() -> None:
    """What the present task does from here on belongs to no trace that was begun before."""
    _current.set("")


def span(
    name: str, kind: Kind = Kind.INTERNAL, attributes: Mapping[str, Attribute] | None = None
) -> AbstractContextManager[Span]:
    """The block as a span below the present one. What leaves it by an error is marked by the error's class."""
    return nullcontext(_NOT_SENT) if _sending is None else _span(name, kind, attributes)


@contextmanager
def _span(name: str, kind: Kind, attributes: Mapping[str, Attribute] | None) -> Iterator[Span]:
    made = begin(name, kind, attributes)
    token = _current.set(made.traceparent())
    try:
        yield made
    except BaseException as error:
        made.fail(type(error).__name__)
        raise
    finally:
        _current.reset(token)
        made.end()


def begin(name: str, kind: Kind, attributes: Mapping[str, Attribute] | None = None) -> Span:
    """A span below the present one, which its maker ends; nothing else comes below it."""
    if _sending is None:
        return _NOT_SENT
    from opentelemetry.trace import SpanKind

    return Span(
        _sending.tracer.start_span(
            name, context=_parent(), kind=SpanKind(kind.value), attributes=attributes, record_exception=False
        )
    )


def _parent() -> "Context":
    from opentelemetry import trace
    from opentelemetry.context import Context

    found = TRACEPARENT.fullmatch(_current.get())
    if found is None:
        return Context()
    trace_id, span_id, flags = (int(part, 16) for part in found.groups())
    known = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=trace.TraceFlags(flags))
    return trace.set_span_in_context(trace.NonRecordingSpan(known), Context())
