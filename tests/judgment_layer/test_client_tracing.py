"""Whose trace does a call belong to, and does OpenTelemetry, where it is there, hear of it?"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, answering, status
from people import safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._spans import Spans
from bayesian_verifier.tracing import parse

trace = pytest.importorskip("opentelemetry.trace")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.judgment_layer import Outcome

PEOPLE = safe_times(4)
SAMPLED = 0x01
GIVEN = trace.SpanContext(
    0x5EED << 100 | 7, 0xABC << 40 | 1, is_remote=False, trace_flags=trace.TraceFlags(SAMPLED)
)


class Recorded(trace.NonRecordingSpan):
    """A span that remembers what it is told."""

    def __init__(self, name: str, context: Any, parent: Any, attributes: dict[str, object]) -> None:  # noqa: ANN401
        super().__init__(context)
        self.name, self.parent = name, parent
        self.attributes = dict(attributes)
        self.status: Any = None
        self.ended = 0

    def is_recording(self) -> bool:
        """It does."""
        return True

    def set_attribute(self, key: str, value: object) -> None:
        """Remember."""
        self.attributes[key] = value

    def set_status(self, status: Any, *_: object) -> None:  # noqa: ANN401
        """Remember."""
        self.status = status.status_code

    def end(self, *_: object) -> None:
        """Remember."""
        self.ended += 1


class Recorder(trace.Tracer):
    """A tracer that keeps its spans. Only what a client may use of one is there."""

    def __init__(self) -> None:
        self.spans: list[Recorded] = []

    def start_span(self, name: str, context: Any = None, *, attributes: Any = None, **_: object) -> Recorded:  # type: ignore[override]  # noqa: ANN401
        """A child of the span in the context."""
        above = trace.get_current_span(context).get_span_context()
        own = trace.SpanContext(
            above.trace_id, 1000 + len(self.spans), is_remote=False, trace_flags=above.trace_flags
        )
        self.spans.append(Recorded(name, own, above, attributes))
        return self.spans[-1]

    def start_as_current_span(self, *_: object, **__: object) -> Any:  # noqa: ANN401
        """What is current is the program's own: no client may change it."""
        pytest.fail("a client made its span the current one")


def asked(url: str, *, in_a_loop: bool, tracer: Any = None, **more: Any) -> Outcome:  # noqa: ANN401
    """One call, within whatever span is current."""
    policy = BreakerPolicy(minimum_calls=10**9)
    if not in_a_loop:
        with VerifierClient(url, 2.0, breaker=policy, tracer=tracer) as client:
            return client.posterior(PEOPLE, **more)

    async def run() -> Outcome:
        async with aio.VerifierClient(url, 2.0, breaker=policy, tracer=tracer) as client:
            return await client.posterior(PEOPLE, **more)

    return asyncio.run(run())


@pytest.fixture(params=[False, True], ids=["blocking", "asyncio"])
def in_a_loop(request: pytest.FixtureRequest) -> Iterator[bool]:
    return request.param


def test_a_call_within_a_span_belongs_to_its_trace(in_a_loop: bool) -> None:
    """Even where nothing records: the service's spans and logs are found under the caller's trace."""
    with FaultyServer(answering()) as server, trace.use_span(trace.NonRecordingSpan(GIVEN)):
        outcome = asked(server.url, in_a_loop=in_a_loop)
        sent = parse(server.requests[0].headers["traceparent"])
    assert sent is not None
    assert sent.trace_id == outcome.trace_id == f"{GIVEN.trace_id:032x}"
    assert sent.span_id != f"{GIVEN.span_id:016x}"
    assert sent.sampled


def test_a_trace_the_caller_names_goes_before_the_current_one(in_a_loop: bool) -> None:
    """It was said on purpose."""
    own = "0123456789abcdef" * 2
    with FaultyServer(answering()) as server, trace.use_span(trace.NonRecordingSpan(GIVEN)):
        outcome = asked(server.url, in_a_loop=in_a_loop, trace_id=own)
        sent = parse(server.requests[0].headers["traceparent"])
    assert sent is not None
    assert sent.trace_id == outcome.trace_id == own


def test_each_call_without_a_trace_begins_one(in_a_loop: bool) -> None:
    """With ids that nobody else has."""
    with FaultyServer(answering()) as server:
        outcomes = [asked(server.url, in_a_loop=in_a_loop) for _ in range(3)]
        sent = [request.headers["traceparent"] for request in server.requests]
    assert len({outcome.trace_id for outcome in outcomes}) == 3
    for outcome, header in zip(outcomes, sent, strict=True):
        assert re.fullmatch(rf"00-{outcome.trace_id}-[0-9a-f]{{16}}-0[13]", header)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [(answering(), None), (status("500 No"), "server_error"), (status("429 No"), "overloaded")],
)
def test_a_recorded_span_is_the_one_that_is_sent(in_a_loop: bool, behaviour: Any, reason: str | None) -> None:  # noqa: ANN401
    """Named for the route, under the caller's, ended once, an error where the outcome was one."""
    recorder = Recorder()
    with FaultyServer(behaviour) as server, trace.use_span(trace.NonRecordingSpan(GIVEN)):
        outcome = asked(server.url, in_a_loop=in_a_loop, tracer=recorder)
        sent = parse(server.requests[0].headers["traceparent"])
    (span,) = recorder.spans
    assert outcome.reason == reason
    assert sent is not None
    assert (sent.trace_id, sent.span_id) == (f"{GIVEN.trace_id:032x}", f"{1000:016x}")
    assert (span.name, span.ended) == ("POST /v1/posterior", 1)
    assert (span.parent.trace_id, span.parent.span_id) == (GIVEN.trace_id, GIVEN.span_id)
    assert span.attributes["server.address"] == "127.0.0.1"
    assert span.attributes.get("error.type") == reason
    assert span.status == (None if reason is None else trace.StatusCode.ERROR)


def test_spans_without_opentelemetry_are_our_own() -> None:
    """As in an installation without it."""
    spans = Spans("127.0.0.1", None, None)
    call = spans.call(None)
    requests = [spans.request(call, "/v1/posterior") for _ in range(2)]
    assert {one.context.trace_id for one in requests} == {call.trace_id}
    assert len({one.request_id for one in requests} | {call.span_id}) == 3
    for one in requests:
        one.end([None])
