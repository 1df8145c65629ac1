"""How is the verifier asked, from a thread that may block?"""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Self

from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
from bayesian_verifier.judgment_layer._call import Came, Connect, Find, Send, Step, drive
from bayesian_verifier.judgment_layer._client_core import Attempt, ClientCore
from bayesian_verifier.judgment_layer._connection import NotHttpError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._resolver import Lookup
    from bayesian_verifier.judgment_layer._values import Outcome, Phase

_CHUNK = 1 << 16


class VerifierClient:
    """Asks the verifier for posteriors, and has an outcome by the deadline whatever the verifier does.

    url: http://host:port or http+unix:///path/to.sock.   timeout: seconds for a call in all, from name to
    reply.   token: sent as a bearer token.   breaker: when to stop asking.
    keep_alive: seconds an idle connection is kept; the service must keep its end longer.
    max_reply_bytes: of a body; a longer reply is invalid.
    Safe among threads; a forked child has connections and a breaker of its own.
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
        max_reply_bytes: int = 1 << 20,
        clock: Callable[[], float] = time.monotonic,
        lookup: Lookup = socket.getaddrinfo,
    ) -> None:
        self._core = ClientCore(url, timeout, token, breaker, keep_alive, max_reply_bytes, clock, lookup)

    def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        """What the verifier says of a person with these judgments, oldest first; the newest 512 are sent.

        trace_id: 32 lower-case hexadecimal digits, else a new one. Never raises for what the verifier does.
        """
        attempt = Attempt(self._core, judgments, trace_id)
        try:
            if attempt.is_allowed:
                attempt.replied(drive(attempt.steps(), _wait))
        except (OSError, NotHttpError) as exc:
            attempt.failed(exc)
        finally:
            attempt.close()
        return attempt.outcome()

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


def _wait(step: Step) -> Came:
    """Do one step, blocking no longer than it may. Raises OSError, TimeoutError."""
    if isinstance(step, Find):
        return step.addresses.result(step.seconds)
    step.socket.settimeout(step.seconds)
    if isinstance(step, Connect):
        step.socket.connect(step.where)
        return None
    if isinstance(step, Send):
        step.socket.sendall(step.data)
        return None
    return step.socket.recv(_CHUNK)
