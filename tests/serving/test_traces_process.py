"""`BV_TRACES=otlp`: a real service, the real exporter, and a collector of our own on loopback."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.tracing import TraceContext
from serving.test_process import holt_laury, ready, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stalls import Stalls

PARENT = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1)


@pytest.fixture(scope="module")
def cache() -> Path:
    """Compiled functions, kept between test runs."""
    return Path(__file__).parents[2] / ".jax_cache"


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Takes what is sent to it; where it listens, and the bodies."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_spans_reach_the_collector_also_those_of_the_last_moment(cache: Path) -> None:
    """Under the name of the service, in the caller's trace; SIGTERM sends what waits."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    with collector() as (url, bodies):
        options = {
            "BV_TRACES": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "OTEL_BSP_SCHEDULE_DELAY": "60000",
        }
        with started(cache, **options) as (process, client, _):
            assert ready(client).status_code == 200
            headers = {"traceparent": PARENT.format()}
            body = {"judgments": holt_laury()}
            assert client.post("/v1/posterior", json=body, headers=headers).status_code == 200
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
    spans, names = [], set()
    for sent in bodies:
        for group in ExportTraceServiceRequest.FromString(sent).resource_spans:
            names |= {
                one.value.string_value for one in group.resource.attributes if one.key == "service.name"
            }
            spans += [span for scope in group.scope_spans for span in scope.spans]
    mine = [span for span in spans if span.trace_id.hex() == PARENT.trace_id]
    assert names == {"bayesian-verifier"}
    assert {span.name for span in mine} == {"POST /v1/posterior", "queue", "inference"}
    assert [span.parent_span_id.hex() for span in mine if span.name.startswith("POST")] == [PARENT.span_id]


def test_a_collector_that_is_not_there_costs_neither_answers_nor_the_way_out(
    cache: Path, stalls: Stalls
) -> None:
    """Nobody listens on port 9 of loopback; every answer comes, and the process leaves in a few seconds."""
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http")
    options = {
        "BV_TRACES": "otlp",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    with started(cache, **options) as (process, client, _):
        assert ready(client).status_code == 200
        for _count in range(20):
            assert client.post("/v1/posterior", json={"judgments": holt_laury()}).status_code == 200
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert time.monotonic() - began < 6 + stalls.lost(began)


def test_traces_without_their_extra_stop_the_start_and_say_what_is_missing(tmp_path: Path) -> None:
    """Exit code 3, and the extra."""
    program = (
        "import sys; sys.modules['opentelemetry.exporter'] = None; "
        "from bayesian_verifier.cli import main; main()"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, "serve"],
        env={"PATH": "", "PYTHONPATH": ":".join(filter(None, sys.path)), "BV_TRACES": "otlp", "BV_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 3, said.stderr
    assert "bayesian-verifier[otel]" in said.stderr
