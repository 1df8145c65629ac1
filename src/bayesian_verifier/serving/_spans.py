"""How does a request show in an OpenTelemetry trace?

One span for the request, and for each posterior one below it for the wait and one for the inference. They are made
when the request is answered, with the times that were noted, so that nothing is in an answer's way. Attributes are
OpenTelemetry's own for HTTP servers, and `bv.…` for what only this service knows; none says what a person chose.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from bayesian_verifier.tracing import RANDOM, SAMPLED, TraceContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from opentelemetry.context import Context
    from opentelemetry.trace import Tracer

    from bayesian_verifier.serving._taken import Turn
    from bayesian_verifier.serving._witness import Seen

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
OTHER = "_OTHER"
SERVICE_NAME = "bayesian-verifier"
TIMEOUTS = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
SEND_SECONDS = 2
_FAULT = 500


class Spans:
    """Records the spans of requests with a tracer."""

    def __init__(self, tracer: Tracer) -> None:
        from opentelemetry import trace  # noqa: PLC0415 an extra brings it

        self._tracer = tracer
        self._api = trace

    def record(self, seen: Seen) -> TraceContext | None:
        """Record a request that is answered. Its span, where it is recorded; else the caller's."""
        api = self._api
        method = seen.method if seen.method in METHODS else OTHER
        began = seen.ended_ns - round(1e9 * seen.seconds)
        span = self._tracer.start_span(
            f"{'HTTP' if method == OTHER else method} {seen.route}",
            context=self._context(seen.parent),
            kind=api.SpanKind.SERVER,
            attributes=_attributes(seen, method),
            start_time=began,
        )
        if not span.is_recording():
            return seen.parent
        if seen.status >= _FAULT:
            span.set_status(api.StatusCode.ERROR)
        inside = api.set_span_in_context(span)
        for turn in seen.turns:
            self._turn(turn, inside, began)
        span.end(seen.ended_ns)
        own = span.get_span_context()
        flags = int(own.trace_flags) & (SAMPLED | RANDOM)
        return TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", flags)

    def _context(self, parent: TraceContext | None) -> Context:
        """The caller's span as one that lives elsewhere; with none, an empty context: a trace of our own."""
        from opentelemetry.context import Context  # noqa: PLC0415 as above

        if parent is None:
            return Context()
        api = self._api
        remote = api.SpanContext(
            int(parent.trace_id, 16),
            int(parent.span_id, 16),
            is_remote=True,
            trace_flags=api.TraceFlags(parent.flags),
        )
        return api.set_span_in_context(api.NonRecordingSpan(remote), Context())

    def _turn(self, turn: Turn, inside: Context, began: int) -> None:
        taken, answered = (began + round(1e9 * seconds) for seconds in (turn.taken, turn.answered))
        waited = self._tracer.start_span(
            "queue", context=inside, start_time=taken - round(1e9 * turn.queue_seconds)
        )
        waited.end(taken)
        inferred = self._tracer.start_span(
            "inference",
            context=inside,
            start_time=taken,
            attributes={
                "bv.evidence.judgments": turn.judgments,
                "bv.trustworthy": turn.trustworthy,
                "bv.network.duration": turn.network_seconds,
            },
        )
        inferred.end(answered)


def otlp_tracer(environ: Mapping[str, str]) -> Tracer:
    """A tracer that sends spans to a collector by OTLP over HTTP, in a thread of its own.

    Where to and how much of it is told by OpenTelemetry's own variables, OTEL_EXPORTER_OTLP_ENDPOINT and the others.
    environ: tells whether one of them limits the time to send; else that is 2 s, since a process that is told to leave
    waits for it.
    Raises ModuleNotFoundError without the extra `otel`.
    """
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 as above
    from opentelemetry.sdk.resources import SERVICE_NAME as NAME  # noqa: PLC0415
    from opentelemetry.sdk.resources import SERVICE_VERSION as VERSION  # noqa: PLC0415
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    limit = None if any(name in environ for name in TIMEOUTS) else SEND_SECONDS
    own = Resource.create({NAME: SERVICE_NAME, VERSION: version(SERVICE_NAME)})
    provider = TracerProvider(resource=own.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=limit)))
    tracer: Tracer = provider.get_tracer(SERVICE_NAME, version(SERVICE_NAME))
    return tracer


def _attributes(seen: Seen, method: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "http.request.method": method,
        "http.route": seen.route,
        "http.response.status_code": seen.status,
        "url.scheme": seen.scheme,
        "bv.request_id": seen.request_id,
    }
    if seen.status >= _FAULT:
        told["error.type"] = seen.fault or seen.reason or str(seen.status)
    elif seen.reason is not None:
        told["bv.refusal"] = seen.reason
    if seen.model_version is not None:
        told["bv.model.version"] = seen.model_version
    if len(seen.turns) == 1:
        told["bv.evidence.judgments"] = seen.turns[0].judgments
        told["bv.trustworthy"] = seen.turns[0].trustworthy
    return told
