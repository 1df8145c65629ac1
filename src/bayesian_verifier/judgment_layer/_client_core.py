"""What do the blocking and the asynchronous client have in common? Everything but how they wait."""

from __future__ import annotations

import math
import os
import re
import secrets
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

from pydantic import TypeAdapter

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import MOST_ANSWERED
from bayesian_verifier.judgment import Judgment
from bayesian_verifier.judgment_layer._breaker import Breaker, BreakerPolicy, Decision
from bayesian_verifier.judgment_layer._call import Question, Steps, post
from bayesian_verifier.judgment_layer._deadline import Deadline
from bayesian_verifier.judgment_layer._endpoint import Endpoint
from bayesian_verifier.judgment_layer._outcome import Meaning, meaning_of_fault, meaning_of_reply
from bayesian_verifier.judgment_layer._per_process import PerProcess
from bayesian_verifier.judgment_layer._pool import Pool
from bayesian_verifier.judgment_layer._resolver import Lookup, Resolver
from bayesian_verifier.judgment_layer._values import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.judgment_layer._connection import NotHttpError, Reply
    from bayesian_verifier.judgment_layer._values import Phase

_JUDGMENTS = TypeAdapter(list[Judgment])
# what the posterior depends on: who the person is stays here
_SENT: dict[str, set[str]] = {"__all__": {"wealth", "options", "chosen", "feedback", "reward", "verdict"}}
_TRACE_ID = re.compile("[0-9a-f]{32}")


class _Part(NamedTuple):
    """What belongs to one process."""

    pool: Pool
    resolver: Resolver
    breaker: Breaker


class Attempt:
    """One call of the verifier from the question to its outcome."""

    def __init__(self, core: ClientCore, judgments: Sequence[Judgment], trace_id: str | None) -> None:
        self.deadline = Deadline(core.timeout, core.clock)
        self.trace_id = secrets.token_hex(16) if trace_id is None else trace_id
        if not _TRACE_ID.fullmatch(self.trace_id):
            raise CallerError(f"expected a trace id of 32 lower-case hexadecimal digits, got {trace_id!r}")
        self._core = core
        self._part = core.part()
        self._judgments = judgments[-MOST_ANSWERED:]
        self._decision: Decision = self._part.breaker.ask()
        self._meaning: Meaning | None = None

    @property
    def is_allowed(self) -> bool:
        """Whether the breaker lets it through."""
        return self._decision.allowed

    def steps(self) -> Steps:
        """What to wait for."""
        core = self._core
        body = (
            b'{"judgments":'
            + _JUDGMENTS.dump_json(list(self._judgments), include=_SENT, exclude_none=True, warnings="error")
            + b"}"
        )
        question = Question(core.target, lambda left: core.headers(self.trace_id, len(body), left), body)
        return post(question, self._part.pool, self._part.resolver, self.deadline, core.max_reply_bytes)

    def replied(self, reply: Reply) -> None:
        """Note the reply."""
        self._meaning = meaning_of_reply(reply, request_id=self.trace_id, judgments=len(self._judgments))

    def failed(self, fault: OSError | NotHttpError) -> None:
        """Note that none came."""
        self._meaning = meaning_of_fault(fault)

    def close(self) -> None:
        """Tell the breaker, whatever happened: a call that was given up says nothing about the service."""
        if self._decision.allowed:
            self._part.breaker.end(self._decision, failed=self._meaning.failed if self._meaning else None)

    def outcome(self) -> Outcome:
        """What it came to, after it was closed."""
        refused = Meaning(None, "circuit_open", "too many calls have failed lately", failed=False)
        meaning = self._meaning or refused
        return Outcome(
            posterior=meaning.posterior,
            reason=meaning.reason,
            detail=meaning.detail,
            breaker=self._part.breaker.phase,
            elapsed_ms=self.deadline.elapsed_ms(),
            trace_id=self.trace_id,
        )


class ClientCore:
    """Where to ask and how: see the clients for what each argument means."""

    def __init__(
        self,
        url: str,
        timeout: float,
        token: str | None,
        breaker: BreakerPolicy,
        keep_alive: float,
        max_reply_bytes: int,
        clock: Callable[[], float] = time.monotonic,
        lookup: Lookup = socket.getaddrinfo,
    ) -> None:
        if not (timeout > 0 and math.isfinite(timeout)):
            raise CallerError(f"expected a timeout in seconds above 0, got {timeout!r}")
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token and token):
            raise CallerError("a token is printable ASCII without spaces")
        self.endpoint = Endpoint.of(url)
        self.timeout = timeout
        self.clock = clock
        self.max_reply_bytes = max_reply_bytes
        self.target = self.endpoint.base + "/v1/posterior"
        self._fixed = [
            ("Host", self.endpoint.authority),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("User-Agent", "bayesian-verifier"),
        ]
        if token is not None:
            self._fixed.append(("Authorization", f"Bearer {token}"))
        self._parts = PerProcess(
            lambda: _Part(Pool(keep_alive, clock), Resolver(self.endpoint, lookup), Breaker(breaker, clock))
        )

    def part(self) -> _Part:
        """This process's connections and breaker."""
        return self._parts.here()

    @property
    def breaker(self) -> Phase:
        """Phase of the circuit breaker."""
        return self.part().breaker.phase

    def headers(self, trace_id: str, length: int, left: float) -> list[tuple[str, str]]:
        """Headers of a request; traceparent as in W3C Trace Context, with a new span."""
        return [
            *self._fixed,
            ("Content-Length", str(length)),
            ("X-Request-Id", trace_id),
            ("X-Request-Timeout-Ms", f"{left * 1e3:.3f}"),
            ("traceparent", f"00-{trace_id}-{os.urandom(8).hex()}-01"),
        ]

    def close(self) -> None:
        """Close idle connections."""
        self.part().pool.close()
