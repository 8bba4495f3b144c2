"""A receiver of traces on loopback: what OTLP over HTTP brings, as spans that tests can walk."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

Plain = str | int | float | bool


@dataclass(frozen=True)
class GotSpan:
    """One span as it came."""

    trace_id: str
    id: str
    parent_id: str
    name: str
    service: str
    attributes: dict[str, Plain]
    started_ns: int
    ended_ns: int
    is_failed: bool


@dataclass
class Collector:
    """A running receiver and what it got."""

    url: str
    token: str = "collector-canary"
    spans: list[GotSpan] = field(default_factory=list)
    refused: int = 0
    """Requests without the token."""
    ways: set[tuple[str, str | None]] = field(default_factory=set)
    """Path and project of LangSmith of what came."""
    raw: bytes = b""
    """All bodies, to look for what must not be in them."""
    _came: threading.Condition = field(default_factory=threading.Condition)

    def trace(self, trace_id: str) -> dict[str, GotSpan]:
        """The spans of one trace by id."""
        return {span.id: span for span in list(self.spans) if span.trace_id == trace_id}

    def wait_for(self, trace_id: str, *names: str) -> None:
        """Blocks until spans of these names have come for a trace: a minute at the most."""
        with self._came:
            there = self._came.wait_for(lambda: set(names) <= {s.name for s in self.trace(trace_id).values()}, 60)
        assert there, sorted(span.name for span in self.trace(trace_id).values())

    def take(self, body: bytes) -> None:
        """Reads one request."""
        with self._came:
            self._read(body)
            self._came.notify_all()

    def _read(self, body: bytes) -> None:
        self.raw += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = {item.key: _plain(item.value) for item in resource.resource.attributes}["service.name"]
            for scope in resource.scope_spans:
                self.spans += [
                    GotSpan(
                        trace_id=span.trace_id.hex(),
                        id=span.span_id.hex(),
                        parent_id=span.parent_span_id.hex(),
                        name=span.name,
                        service=str(service),
                        attributes={item.key: _plain(item.value) for item in span.attributes},
                        started_ns=span.start_time_unix_nano,
                        ended_ns=span.end_time_unix_nano,
                        is_failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    )
                    for span in scope.spans
                ]


@contextmanager
def collecting() -> Iterator[Collector]:
    """Receives on a free loopback port until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    collector = server.collector = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces")
    thread = threading.Thread(target=server.serve_forever, name="collector")
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    collector: Collector


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Takes one export."""
        assert isinstance(self.server, _Server)
        collector = self.server.collector
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        given = (self.headers.get("authorization"), self.headers.get("x-api-key"))
        is_known = f"Bearer {collector.token}" in given or collector.token in given
        collector.ways.add((self.path, self.headers.get("langsmith-project")))
        collector.refused += not is_known
        if is_known:
            collector.take(body)
        self.send_response(200 if is_known else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class calls it so)
        """Says nothing: `raw` has what came."""
        del format, args


def _plain(value: AnyValue) -> Plain:
    kind = value.WhichOneof("value")
    found: Plain = getattr(value, kind) if kind else ""
    return found
