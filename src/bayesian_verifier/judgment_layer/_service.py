"""Where is the verifier, how is it addressed, and what does this process have open to it?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._breaker import Breaker, BreakerPolicy
from bayesian_verifier.judgment_layer._call import Question
from bayesian_verifier.judgment_layer._endpoint import Endpoint
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.judgment_layer._pool import Pool
from bayesian_verifier.judgment_layer._resolver import Lookup, Resolver
from bayesian_verifier.judgment_layer._spans import RequestSpan, Spans, opentelemetry
from bayesian_verifier.judgment_layer._states import States
from bayesian_verifier.judgment_layer._understood import Understood
from bayesian_verifier.tracing import HEADER as TRACE_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.trace import Tracer


class Part(NamedTuple):
    """What belongs to one process."""

    pool: Pool
    resolver: Resolver
    breaker: Breaker
    states: States
    understood: Understood


class Service:
    """One verifier: see the clients for what each argument means. Raises CallerError.

    The lease of a probe outlives the longest call, so that no second probe goes while the first is under way.
    """

    def __init__(
        self,
        url: str,
        timeout: float,
        token: str | None,
        breaker: BreakerPolicy,
        keep_alive: float,
        most_states: int,
        *,
        clock: Callable[[], float],
        lookup: Lookup,
        tracer: Tracer | None,
    ) -> None:
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token and token):
            raise CallerError("a token is printable ASCII without spaces")
        self._endpoint = Endpoint.of(url)
        self.spans = Spans(self._endpoint.host or self._endpoint.socket_path, tracer, opentelemetry())
        policy = replace(breaker, lease=max(breaker.lease, 2 * timeout))
        self._fixed = [
            ("Host", self._endpoint.authority),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("User-Agent", "bayesian-verifier"),
        ]
        if token is not None:
            self._fixed.append(("Authorization", f"Bearer {token}"))
        self._parts = PerProcess(
            lambda: Part(
                Pool(keep_alive, clock),
                Resolver(self._endpoint, lookup),
                Breaker(policy, clock),
                States(most_states),
                Understood(),
            ),
            lambda inherited: inherited.pool.close(),
        )

    def part(self) -> Part:
        """This process's connections, breaker and states."""
        return self._parts.here()

    def question(self, route: str, body: bytes, span: RequestSpan, max_reply_bytes: int) -> Question:
        """A request of this service."""

        def headers(left: float) -> list[tuple[str, str]]:
            """With the time that is left, and the request's place in its trace."""
            return [
                *self._fixed,
                ("Content-Length", str(len(body))),
                ("X-Request-Id", span.request_id),
                ("X-Request-Timeout-Ms", f"{left * 1e3:.3f}"),
                (TRACE_HEADER, span.context.format()),
            ]

        return Question(self._endpoint.base + route, headers, body, max_reply_bytes)
