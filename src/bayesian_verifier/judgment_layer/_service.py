"""Where is the verifier, how is it addressed, and what does this process have open to it?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._breaker import Breaker, BreakerPolicy
from bayesian_verifier.judgment_layer._call import Question
from bayesian_verifier.judgment_layer._endpoint import Endpoint
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.judgment_layer._pool import Pool
from bayesian_verifier.judgment_layer._resolver import Lookup, Resolver
from bayesian_verifier.judgment_layer._states import States

if TYPE_CHECKING:
    from collections.abc import Callable


class Part(NamedTuple):
    """What belongs to one process."""

    pool: Pool
    resolver: Resolver
    breaker: Breaker
    states: States


class Named(NamedTuple):
    """A request's own name, and the trace it belongs to, 32 hexadecimal digits."""

    request_id: str
    trace_id: str


class Service:
    """One verifier: see the clients for what each argument means. Raises CallerError."""

    def __init__(
        self,
        url: str,
        token: str | None,
        breaker: BreakerPolicy,
        keep_alive: float,
        most_states: int,
        clock: Callable[[], float],
        lookup: Lookup,
    ) -> None:
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token and token):
            raise CallerError("a token is printable ASCII without spaces")
        self._endpoint = Endpoint.of(url)
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
                Breaker(breaker, clock),
                States(most_states),
            )
        )

    def part(self) -> Part:
        """This process's connections, breaker and states."""
        return self._parts.here()

    def question(self, route: str, body: bytes, named: Named, max_reply_bytes: int) -> Question:
        """A request of this service."""

        def headers(left: float) -> list[tuple[str, str]]:
            """With a traceparent as in W3C Trace Context, with a new span."""
            return [
                *self._fixed,
                ("Content-Length", str(len(body))),
                ("X-Request-Id", named.request_id),
                ("X-Request-Timeout-Ms", f"{left * 1e3:.3f}"),
                ("traceparent", f"00-{named.trace_id}-{os.urandom(8).hex()}-01"),
            ]

        return Question(self._endpoint.base + route, headers, body, max_reply_bytes)
