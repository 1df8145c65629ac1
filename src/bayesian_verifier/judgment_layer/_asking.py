"""Which requests does one call of the client take, and what do they come to?

One request for a person; for many one after the other, of as many people as a request may hold. Whoever's
state the verifier cannot go on from is asked about once more, without it, if time is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._attempt import Attempt
from bayesian_verifier.judgment_layer._outcome import OUT_OF_TIME
from bayesian_verifier.judgment_layer._service import Named
from bayesian_verifier.judgment_layer._values import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bayesian_verifier.judgment_layer._deadline import Deadline
    from bayesian_verifier.judgment_layer._service import Service
    from bayesian_verifier.judgment_layer._stream import Stream

MOST_PEOPLE = 64
MOST_BYTES = 8 * 1024 * 1024

_ROUNDS = 2  # with the state, then without it


class Asking:
    """One call of the client: its attempts, to be carried out in turn, and the outcomes when all are done."""

    def __init__(
        self,
        service: Service,
        streams: Sequence[Stream],
        deadline: Deadline,
        trace_id: str,
        max_reply_bytes: int,
        *,
        is_list: bool,
    ) -> None:
        self._service = service
        self._streams = streams
        self._deadline = deadline
        self._trace_id = trace_id
        self._max_reply_bytes = max_reply_bytes
        self._is_list = is_list
        self._requests = 0

    def attempts(self) -> Iterator[Attempt]:
        """What is left to do; each is to be carried out before the next is asked for."""
        for _ in range(_ROUNDS):
            for streams in _chunks([stream for stream in self._streams if stream.meaning is None]):
                if self._is_late():
                    return
                yield Attempt(
                    self._service,
                    streams,
                    self._deadline,
                    self._next_name(),
                    self._max_reply_bytes,
                    is_list=self._is_list,
                )

    def _is_late(self) -> bool:
        try:
            self._deadline.left()
        except TimeoutError:
            return True
        return False

    def _next_name(self) -> Named:
        """A name of its own for each request of a list, since a reply names its elements by it."""
        self._requests += 1
        own = f"-{self._requests}" if self._is_list else ""
        return Named(self._trace_id + own, self._trace_id)

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
                trace_id=self._trace_id,
            )
            for meaning in meanings
        ]


def _chunks(streams: Sequence[Stream]) -> Iterator[list[Stream]]:
    """In order, as many together as one request may hold, in people and in bytes."""
    chunk: list[Stream] = []
    size = 2
    for stream in streams:
        own = len(stream.body) + 1
        if chunk and (len(chunk) == MOST_PEOPLE or size + own > MOST_BYTES):
            yield chunk
            chunk, size = [], 2
        chunk.append(stream)
        size += own
    if chunk:
        yield chunk
