"""What is told of a request once it is answered: to Prometheus, to the log, to whoever follows its trace?

Everything is told afterwards, so that an answer waits for none of it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.serving._request_log import RequestLog
from bayesian_verifier.serving._taken import MARK
from bayesian_verifier.tracing import HEADER, TraceContext, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from bayesian_verifier.serving._metrics import Metrics
    from bayesian_verifier.serving._spans import Spans
    from bayesian_verifier.serving._taken import Turn

_TRACEPARENT = HEADER.encode()


class Seen(NamedTuple):
    """One request, answered.

    route: its name, never its path.   ended_ns: since the epoch.   seconds: from its headers to its answer.
    reason: the kind of its problem.   parent: the caller's span.   turns: its turns in the inference thread.
    fault: the type of an exception that is our own fault.
    """

    method: str
    route: str
    status: int
    seconds: float
    ended_ns: int
    request_id: str
    reason: str | None
    model_version: str | None
    parent: TraceContext | None
    turns: tuple[Turn, ...]
    scheme: str
    fault: str | None


class Witness:
    """Tells of the requests of one service.

    route_name: under which name a path is counted.   spans: records traces, where anybody wants them.
    clock: seconds, monotonic.   wall_ns: nanoseconds since the epoch.
    """

    def __init__(
        self,
        metrics: Metrics,
        *,
        route_name: Callable[[str], str],
        spans: Spans | None,
        clock: Callable[[], float],
        wall_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._metrics = metrics
        self._route_name = route_name
        self._spans = spans
        self._log = RequestLog(clock)
        self._clock = clock
        self._wall_ns = wall_ns

    def begins(self, scope: Scope) -> None:
        """A request has come; its state holds its id, its headers and when it arrived."""
        self._metrics.in_flight.inc()
        if self._spans is not None:
            scope["state"]["turns"] = []

    def ends(self, scope: Scope, status: int) -> None:
        """It is answered with this status, or with none: 0."""
        self._metrics.in_flight.dec()
        if not status:
            return
        state = scope["state"]
        route = self._route_name(scope["path"])
        seconds = self._clock() - state["arrived"]
        reason = state.get("reason")
        self._metrics.observe_request(route, status, seconds)
        if reason is not None:
            self._metrics.observe_refusal(reason)
        # most requests end here: nobody traces them, and they went well
        if self._spans is None and not self._log.wants(status):
            return
        seen = self._seen(scope, route, status, seconds, reason)
        span = seen.parent if self._spans is None else self._spans.record(seen)
        fields = ids_of(seen.request_id, span) | {"method": seen.method, "model_version": seen.model_version}
        self._log.tell(status, seconds, route, reason, fields)

    def _seen(self, scope: Scope, route: str, status: int, seconds: float, reason: str | None) -> Seen:
        state = scope["state"]
        return Seen(
            method=scope["method"],
            route=route,
            status=status,
            seconds=seconds,
            ended_ns=self._wall_ns(),
            request_id=state["request_id"],
            reason=reason,
            model_version=state.get(MARK),
            parent=parent_of(scope),
            turns=tuple(state.get("turns") or ()),
            scheme=scope.get("scheme", "http"),
            fault=state.get("fault"),
        )


def parent_of(scope: Scope) -> TraceContext | None:
    """The caller's span, from the headers in a request's state."""
    return parse(scope["state"]["headers"].get(_TRACEPARENT))


def ids_of(request_id: str, span: TraceContext | None) -> dict[str, Any]:
    """The fields by which a line of the log is found. span: ours where it is recorded, else the caller's."""
    if span is None:
        return {"request_id": request_id}
    return {"request_id": request_id, "trace_id": span.trace_id, "span_id": span.span_id}
