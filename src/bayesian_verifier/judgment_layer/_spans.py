"""Whose trace does a call belong to, and who else is told of it?

The caller's own trace where it gave one, or where OpenTelemetry is installed and has a span open; else a new one.
Each request is a span of it, sent along in `traceparent`, and recorded by OpenTelemetry where that is set up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.tracing import TraceContext, begin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from opentelemetry.trace import Span, Tracer

    from bayesian_verifier.judgment_layer._values import Failure

_NAME = "bayesian_verifier.client"


class RequestSpan(NamedTuple):
    """One request's place in its trace.

    recorded: OpenTelemetry's span, None where that records nothing.
    """

    context: TraceContext
    recorded: Span | None

    @property
    def request_id(self) -> str:
        """A name that no other request has, of this call or of any other in the same trace."""
        return f"{self.context.trace_id}-{self.context.span_id}"

    def end(self, reasons: Sequence[Failure | None]) -> None:
        """Say what came of it, for each person it was about; none where it was given up."""
        if self.recorded is None:
            return
        from opentelemetry.trace import Status, StatusCode  # noqa: PLC0415 - optional

        worst = next((reason for reason in reasons if reason is not None), None if reasons else "given_up")
        if worst is not None:
            self.recorded.set_attribute("error.type", worst)
            self.recorded.set_status(Status(StatusCode.ERROR))
        self.recorded.end()


def opentelemetry() -> ModuleType | None:
    """Its module of traces, where it is installed."""
    try:
        from opentelemetry import trace  # noqa: PLC0415 - optional
    except ImportError:
        return None
    found: ModuleType = trace
    return found


class Spans:
    """Begins spans.

    address: of the service.   tracer: of OpenTelemetry; None for that of its global provider.
    otel: its module of traces, None for spans of our own alone.
    """

    def __init__(self, address: str, tracer: Tracer | None, otel: ModuleType | None) -> None:
        self._address = address
        self._tracer = tracer
        self._otel = otel

    def call(self, trace_id: str | None) -> TraceContext:
        """What the requests of a call belong under. trace_id: the caller's, 32 lower-case hexadecimal digits."""
        if trace_id is None and self._otel is not None:
            current = self._otel.get_current_span().get_span_context()
            if current.is_valid:
                return TraceContext(
                    f"{current.trace_id:032x}", f"{current.span_id:016x}", int(current.trace_flags)
                )
        return begin(trace_id)

    def request(self, above: TraceContext, route: str) -> RequestSpan:
        """A request under such a span, begun now."""
        if self._otel is None:
            return RequestSpan(above.child(), None)
        trace = self._otel
        parent = trace.SpanContext(
            int(above.trace_id, 16),
            int(above.span_id, 16),
            is_remote=True,
            trace_flags=trace.TraceFlags(above.flags),
        )
        span = (self._tracer or trace.get_tracer(_NAME)).start_span(
            f"POST {route}",
            trace.set_span_in_context(trace.NonRecordingSpan(parent)),
            kind=trace.SpanKind.CLIENT,
            attributes={
                "http.request.method": "POST",
                "url.path": route,
                "server.address": self._address,
            },
        )
        if not span.is_recording():
            return RequestSpan(above.child(), None)
        own = span.get_span_context()
        context = TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", int(own.trace_flags))
        return RequestSpan(context, span)
