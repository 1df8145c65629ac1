"""How is the verifier asked, from a thread that may block?"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Self

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
from bayesian_verifier.judgment_layer._call import Came, Connect, Find, Send, Step, drive
from bayesian_verifier.judgment_layer._client_core import ClientCore
from bayesian_verifier.judgment_layer._connection import NotHttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from opentelemetry.trace import Tracer

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._attempt import Attempt
    from bayesian_verifier.judgment_layer._resolver import Lookup
    from bayesian_verifier.judgment_layer._values import Outcome, Phase


class VerifierClient:
    """Asks the verifier for posteriors, and has an outcome by the deadline whatever the verifier does.

    url: http://host:port or http+unix:///path/to.sock.   timeout: seconds for a call in all, from name to
    reply.   token: sent as a bearer token.   breaker: when to stop asking.
    keep_alive: seconds an idle connection is kept; the service must keep its end longer.
    max_reply_bytes: of a body, for each person it is about; a longer reply is invalid.
    keep_state: keep what the verifier has summed of a subject, and send only what is new; see `posterior`.
    tracer: of OpenTelemetry, to record requests; by default its global one, where it is installed.
    most_states: subjects for which that is kept, at most 32 KiB each; those longest not asked about go first.
    Safe among threads; a forked child has connections, a breaker and states of its own.
    Raises CallerError for a URL, time limit or token that cannot be used.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8080",
        timeout: float = 0.050,
        token: str | None = None,
        *,
        breaker: BreakerPolicy = BreakerPolicy(),  # noqa: B008 a frozen value
        keep_alive: float = 30.0,
        max_reply_bytes: int = 1 << 16,
        keep_state: bool = False,
        most_states: int = 1000,
        clock: Callable[[], float] = time.monotonic,
        lookup: Lookup = socket.getaddrinfo,
        tracer: Tracer | None = None,
    ) -> None:
        if most_states < 1:
            raise CallerError(f"expected most_states of 1 or more, got {most_states!r}")
        self._core = ClientCore(
            url,
            timeout,
            token,
            breaker,
            keep_alive,
            max_reply_bytes,
            most_states=most_states if keep_state else 0,
            clock=clock,
            lookup=lookup,
            tracer=tracer,
        )

    def posterior(
        self,
        judgments: Sequence[Judgment],
        *,
        subject: str | None = None,
        marks: Sequence[bytes] | None = None,
        trace_id: str | None = None,
    ) -> Outcome:
        """What the verifier says of a person with these judgments, oldest first; the newest 512 count.

        subject: whose they are, which is never sent; where states are kept only what is new of this subject is.
        marks: `History.marks` where the judgments are a journal's; else they are made, at the cost of them all.
        trace_id: 32 lower-case hexadecimal digits, else a new one. Never raises for what the verifier does.
        """
        asking = self._core.about_one(judgments, subject, marks, trace_id)
        for attempt in asking.attempts():
            _carry_out(attempt)
        return asking.outcomes()[0]

    def posteriors(
        self,
        many: Sequence[Sequence[Judgment]],
        *,
        subjects: Sequence[str | None] | None = None,
        marks: Sequence[Sequence[bytes] | None] | None = None,
        trace_id: str | None = None,
    ) -> list[Outcome]:
        """What the verifier says of each of many people, in order, all within the time of one call.

        subjects, marks: one for each, as `posterior` takes them. 64 people go into a request; those whose turn
        does not come in time have the outcome "timeout". Never raises for what the verifier does.
        Raises CallerError where there are not as many subjects or marks as lists.
        """
        asking = self._core.about_many(many, subjects, marks, trace_id)
        for attempt in asking.attempts():
            _carry_out(attempt)
        return asking.outcomes()

    @property
    def keeps_state(self) -> bool:
        """Whether it goes on from what the verifier has summed of a subject."""
        return self._core.keeps_state

    def forget(self, subject: str) -> None:
        """Drop what is kept of a subject."""
        self._core.forget(subject)

    @property
    def breaker(self) -> Phase:
        """Phase of the circuit breaker."""
        return self._core.breaker

    @property
    def timeout(self) -> float:
        """Seconds for a call in all."""
        return self._core.timeout

    def close(self) -> None:
        """Close idle connections; the client may be used again."""
        self._core.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _carry_out(attempt: Attempt) -> None:
    """Make a request, if it may be made, and note what came of it."""
    try:
        if attempt.is_allowed:
            attempt.replied(drive(attempt.steps(), _wait))
    except (OSError, NotHttpError) as exc:
        attempt.failed(exc)
    finally:
        attempt.close()


def _wait(step: Step) -> Came:
    """Do one step, blocking no longer than it may. Raises OSError, TimeoutError."""
    if isinstance(step, Find):
        return step.addresses.wait(step.seconds)
    step.socket.settimeout(step.seconds)
    if isinstance(step, Connect):
        step.socket.connect(step.where)
        return None
    if isinstance(step, Send):
        step.socket.sendall(step.data)
        return None
    return step.socket.recv(step.most)
