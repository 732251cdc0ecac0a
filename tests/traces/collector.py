"""A collector that speaks OTLP over HTTP, keeps what it gets, and answers as it is told to."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Got(NamedTuple):
    """A span as it came over the wire."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start_ms: int
    end_ms: int
    kind: int
    failed: str
    attributes: dict[str, Any]


class Collector:
    """Listens while it is entered."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.requests = 0
        self.status = 200
        """What it answers; what it refuses it does not keep."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.requests += 1
                if collector.status == 200:
                    collector.got += _read(raw)
                self.send_response(collector.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _read(raw: bytes) -> Iterator[Got]:
    for each in ExportTraceServiceRequest.FromString(raw).resource_spans:
        service = {a.key: a.value.string_value for a in each.resource.attributes}["service.name"]
        for scope in each.scope_spans:
            for span in scope.spans:
                yield Got(
                    service,
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano // 1_000_000,
                    span.end_time_unix_nano // 1_000_000,
                    span.kind,
                    span.status.message if span.status.code == 2 else "",
                    {a.key: a.value.string_value or a.value.int_value for a in span.attributes},
                )
