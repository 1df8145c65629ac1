"""What is one request of the verifier, from the breaker's leave to what the reply means?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._call import Steps, post
from bayesian_verifier.judgment_layer._outcome import (
    NOT_ASKED,
    meaning_of_fault,
    meaning_of_reply,
    meanings_of_list,
)

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Sequence

    from bayesian_verifier.judgment_layer._connection import NotHttpError, Reply
    from bayesian_verifier.judgment_layer._deadline import Deadline
    from bayesian_verifier.judgment_layer._outcome import Meaning
    from bayesian_verifier.judgment_layer._service import Service
    from bayesian_verifier.judgment_layer._spans import RequestSpan
    from bayesian_verifier.judgment_layer._stream import Stream
    from bayesian_verifier.tracing import TraceContext

MOST_PEOPLE = 64
MOST_BYTES = 8 * 1024 * 1024


class Attempt:
    """A request about the first of those who wait, as many as it may hold; every attempt must be closed.

    The breaker is asked before anything is made ready: an open one costs next to nothing, however much there is
    to ask about, and settles all who wait.
    max_reply_bytes: for each person.   is_list: whether they are asked about as a list.
    """

    def __init__(
        self,
        service: Service,
        waiting: deque[Stream],
        deadline: Deadline,
        trace: TraceContext,
        max_reply_bytes: int,
        *,
        is_list: bool,
    ) -> None:
        self._service = service
        self._part = service.part()
        self._waiting = waiting
        self._deadline = deadline
        self._trace = trace
        self._max_reply_bytes = max_reply_bytes
        self._is_list = is_list
        self._streams: Sequence[Stream] = ()
        self._meanings: Sequence[Meaning] = ()
        self._span: RequestSpan | None = None
        self._decision = self._part.breaker.ask()
        if not self._decision.allowed:
            self._streams = tuple(waiting)
            waiting.clear()
            self._note([NOT_ASKED] * len(self._streams))

    @property
    def is_allowed(self) -> bool:
        """Whether the breaker lets it through."""
        return self._decision.allowed

    def steps(self) -> Steps:
        """What to wait for. Raises TimeoutError if time is over before the request is written."""
        streams, bodies = self._taken()
        self._streams = streams
        route, body = "/v1/posterior", bodies[0]
        if self._is_list:
            route, body = "/v1/posteriors", b"".join((b"[", b",".join(bodies), b"]"))
        self._span = self._service.spans.request(self._trace, route)
        question = self._service.question(route, body, self._span, self._max_reply_bytes * len(bodies))
        return post(question, self._part.pool, self._part.resolver, self._deadline)

    def _taken(self) -> tuple[list[Stream], list[bytes]]:
        """Those this request is about, in order, as many together as one may hold, in people and in bytes."""
        streams: list[Stream] = []
        bodies: list[bytes] = []
        size = 2
        while self._waiting and len(streams) < MOST_PEOPLE:
            body = self._waiting[0].body(self._deadline.left)
            size += len(body) + 1
            if streams and size > MOST_BYTES:
                break
            streams.append(self._waiting.popleft())
            bodies.append(body)
        return streams, bodies

    def replied(self, reply: Reply) -> None:
        """Note the reply."""
        assert self._span is not None  # noqa: S101 a reply follows its request
        request_id = self._span.request_id
        if not self._is_list:
            self._note([meaning_of_reply(reply, self._streams[0].expected(request_id))])
            return
        expected = [stream.expected(f"{request_id}.{index}") for index, stream in enumerate(self._streams)]
        self._note(meanings_of_list(reply, request_id, expected))

    def failed(self, fault: OSError | NotHttpError) -> None:
        """Note that none came."""
        self._note([meaning_of_fault(fault)] * len(self._streams))

    def _note(self, meanings: Sequence[Meaning]) -> None:
        self._meanings = meanings
        for stream, meaning in zip(self._streams, meanings, strict=True):
            stream.settle(meaning)

    def close(self) -> None:
        """Tell the breaker, whatever happened: a call that was given up says nothing about the service.

        A request about several has failed if half of them have: one person must not stop the service for all.
        """
        if not self._decision.allowed:
            return
        said = [meaning.failed for meaning in self._meanings if meaning.failed is not None]
        failed = 2 * sum(said) >= len(said) if said else None
        self._part.breaker.end(self._decision, failed=failed)
        if self._span is not None:
            self._span.end([meaning.reason for meaning in self._meanings])
