"""Which requests does one call of the client take, and what do they come to?

One request for a person; for many one after the other, of as many people as a request may hold. Whoever's
state the verifier cannot go on from is asked about once more, without it, if time is left.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._attempt import Attempt
from bayesian_verifier.judgment_layer._outcome import OUT_OF_TIME
from bayesian_verifier.judgment_layer._values import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bayesian_verifier.judgment_layer._deadline import Deadline
    from bayesian_verifier.judgment_layer._service import Service
    from bayesian_verifier.judgment_layer._stream import Stream
    from bayesian_verifier.tracing import TraceContext

_ROUNDS = 2  # with the state, then without it


class Asking:
    """One call of the client: its attempts, to be carried out in turn, and the outcomes when all are done.

    trace: the span that the requests of this call belong under.
    """

    def __init__(
        self,
        service: Service,
        streams: Sequence[Stream],
        deadline: Deadline,
        trace: TraceContext,
        max_reply_bytes: int,
        *,
        is_list: bool,
    ) -> None:
        self._service = service
        self._streams = streams
        self._deadline = deadline
        self._trace = trace
        self._max_reply_bytes = max_reply_bytes
        self._is_list = is_list

    def attempts(self) -> Iterator[Attempt]:
        """What is left to do; each is to be carried out before the next is asked for."""
        for _ in range(_ROUNDS):
            waiting = deque(stream for stream in self._streams if stream.meaning is None)
            while waiting and not self._deadline.is_over:
                yield Attempt(
                    self._service,
                    waiting,
                    self._deadline,
                    self._trace,
                    self._max_reply_bytes,
                    is_list=self._is_list,
                )

    def outcomes(self) -> list[Outcome]:
        """What it came to for each person, in order."""
        breaker, elapsed_ms = self._service.part().breaker.phase, self._deadline.elapsed_ms()
        meanings = [stream.meaning or OUT_OF_TIME for stream in self._streams]
        return [
            Outcome(
                posterior=meaning.posterior,
                reason=meaning.reason,
                detail=meaning.detail,
                breaker=breaker,
                elapsed_ms=elapsed_ms,
                trace_id=self._trace.trace_id,
            )
            for meaning in meanings
        ]
