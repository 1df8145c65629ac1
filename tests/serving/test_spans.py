"""A request in an OpenTelemetry trace, by the real SDK, over a real socket."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("opentelemetry.sdk.trace")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from opentelemetry.trace import SpanKind, StatusCode

from bayesian_verifier.serving import create_app
from bayesian_verifier.tracing import TraceContext
from serving.closed_form import VERSION, judgment
from serving.test_log import lines_of, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.trace import Span

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve

BODY = {"judgments": [judgment(0.5)] * 3}


class Recorder:
    """A tracer and the spans that it has recorded."""

    def __init__(self, sampler: Sampler = DEFAULT_ON) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(sampler=sampler)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    def spans(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def only(self, name: str) -> ReadableSpan:
        (span,) = self.spans(name)
        return span


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    return dict(span.attributes or {})


def traceparent(span: Span) -> dict[str, str]:
    """The header by which a client hands its span on."""
    own = span.get_span_context()
    return {
        "traceparent": TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", own.trace_flags).format()
    }


def test_client_and_server_share_one_trace(engine: Engine, serve: Serve) -> None:
    """A call > POST /v1/posterior > queue, inference: each within the time of the one above it."""
    recorder = Recorder()
    with serve(create_app(lambda: engine, tracer=recorder.tracer)) as (client, _):
        asking = recorder.tracer.start_span("ask", kind=SpanKind.CLIENT)
        headers = {"x-request-id": "r-1", **traceparent(asking)}
        assert client.post("/v1/posterior", json=BODY, headers=headers).status_code == 200
        asking.end()
    server = recorder.only("POST /v1/posterior")
    queue, inference = recorder.only("queue"), recorder.only("inference")
    outer = recorder.only("ask")
    assert server.kind == SpanKind.SERVER
    assert server.parent is not None
    assert server.parent.is_remote
    assert server.parent.span_id == outer.context.span_id
    assert {span.context.trace_id for span in (outer, server, queue, inference)} == {outer.context.trace_id}
    assert all(
        one.parent is not None and one.parent.span_id == server.context.span_id for one in (queue, inference)
    )
    assert outer.start_time <= server.start_time + 1_000_000
    assert server.start_time <= queue.start_time <= queue.end_time == inference.start_time
    assert inference.end_time <= server.end_time <= outer.end_time + 1_000_000
    told = attributes(server)
    assert told == {
        "http.request.method": "POST",
        "http.route": "/v1/posterior",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "bv.request_id": "r-1",
        "bv.model.version": VERSION,
        "bv.evidence.judgments": 3,
        "bv.trustworthy": True,
    }
    assert server.status.status_code == StatusCode.UNSET


def test_the_wait_in_the_queue_is_the_queues_span(engine: Engine, serve: Serve) -> None:
    """A request that waits for another's turn: its queue takes longer than its inference."""
    recorder, begun, go_on = Recorder(), threading.Event(), threading.Event()

    def held_seed() -> int:
        begun.set()
        go_on.wait(30)
        return 1

    app = create_app(lambda: engine, tracer=recorder.tracer, make_seed=held_seed)
    with serve(app) as (client, _), ThreadPoolExecutor(2) as pool:
        first = pool.submit(client.post, "/v1/posterior", json={"judgments": [], "draws": 1})
        assert begun.wait(60)
        second = pool.submit(client.post, "/v1/posterior", json=BODY)
        while client.get("/health").json()["queue"]["waiting"] < 2:
            pass
        threading.Timer(0.2, go_on.set).start()
        assert first.result(60).status_code == second.result(60).status_code == 200
    ahead, behind = sorted(recorder.spans("queue"), key=lambda span: span.start_time)
    assert ahead.end_time <= behind.start_time
    assert behind.end_time - behind.start_time > 0.15e9


def test_each_posterior_of_a_list_has_its_own_two_spans(engine: Engine, serve: Serve) -> None:
    """Below one request; one that is refused has none."""
    recorder = Recorder()
    with serve(create_app(lambda: engine, tracer=recorder.tracer)) as (client, _):
        client.post("/v1/posteriors", json=[BODY, {}, {"judgments": []}])
    assert [attributes(one)["bv.evidence.judgments"] for one in recorder.spans("inference")] == [3, 0]
    assert len(recorder.spans("queue")) == 2
    assert "bv.trustworthy" not in attributes(recorder.only("POST /v1/posteriors"))


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("POST", "/v1/posterior", 500, {"error.type": "RuntimeError"}),
        ("POST", "/v1/posteriors", 415, {"bv.refusal": "not-json-type"}),
        ("GET", "/no/such/path/ada", 404, {"http.route": "other"}),
        ("PROPFIND", "/v1/model", 405, {"http.request.method": "_OTHER"}),
    ],
)
def test_faults_and_refusals_are_said_as_the_conventions_have_it(
    engine: Engine, serve: Serve, method: str, path: str, status: int, told: dict[str, str]
) -> None:
    """A span is an error only where the server is at fault; names are of a bounded set."""
    recorder = Recorder()

    def broken_seed() -> int:
        raise RuntimeError("secret")

    with serve(create_app(lambda: engine, tracer=recorder.tracer, make_seed=broken_seed)) as (client, _):
        body = {"json": {"judgments": [], "draws": 1}} if status == 500 else {}
        assert client.request(method, path, **body).status_code == status
    (span,) = (one for one in recorder.exporter.get_finished_spans() if one.name != "GET /health/ready")
    assert attributes(span).items() >= {"http.response.status_code": status, **told}.items()
    assert (span.status.status_code == StatusCode.ERROR) == (status == 500)
    assert "ada" not in span.name
    assert "secret" not in str(span.to_json())


def test_a_caller_that_does_not_record_is_not_recorded(engine: Engine, serve: Serve) -> None:
    """By the flag of its header; one without a header, or with a bad one, begins a trace of its own."""
    recorder = Recorder()
    with serve(create_app(lambda: engine, tracer=recorder.tracer)) as (client, _):
        recorder.exporter.clear()
        quiet = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 0)
        client.get("/v1/model", headers={"traceparent": quiet.format()})
        assert recorder.spans("GET /v1/model") == []
        client.get("/v1/model", headers={"traceparent": "00-bad"})
        assert recorder.only("GET /v1/model").parent is None


def test_the_log_names_the_span_that_is_recorded(engine: Engine, serve: Serve) -> None:
    """And the caller's where none is."""
    parent = TraceContext("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", 1)
    for recorder in (Recorder(), Recorder(ALWAYS_OFF)):
        with written() as stream, serve(create_app(lambda: engine, tracer=recorder.tracer)) as (client, _):
            client.get("/v1/model", headers={"traceparent": parent.format(), "x-request-id": "r-9"})
        (line,) = [one for one in lines_of(stream, "request") if one["request_id"] == "r-9"]
        recorded = recorder.spans("GET /v1/model")
        expected = f"{recorded[0].context.span_id:016x}" if recorded else parent.span_id
        assert (line["trace_id"], line["span_id"]) == (parent.trace_id, expected)
