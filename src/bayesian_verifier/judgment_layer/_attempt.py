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
    from collections.abc import Sequence

    from bayesian_verifier.judgment_layer._connection import NotHttpError, Reply
    from bayesian_verifier.judgment_layer._deadline import Deadline
    from bayesian_verifier.judgment_layer._outcome import Meaning
    from bayesian_verifier.judgment_layer._service import Named, Service
    from bayesian_verifier.judgment_layer._stream import Stream


class Attempt:
    """A request about one person, or about a list of them; every attempt must be closed.

    max_reply_bytes: for each of them.
    """

    def __init__(
        self,
        service: Service,
        streams: Sequence[Stream],
        deadline: Deadline,
        named: Named,
        max_reply_bytes: int,
        *,
        is_list: bool,
    ) -> None:
        self._service = service
        self._part = service.part()
        self._streams = streams
        self._deadline = deadline
        self._named = named
        self._max_reply_bytes = max_reply_bytes
        self._is_list = is_list
        self._meanings: Sequence[Meaning] = ()
        self._decision = self._part.breaker.ask()
        if not self._decision.allowed:
            self._note([NOT_ASKED] * len(streams))

    @property
    def is_allowed(self) -> bool:
        """Whether the breaker lets it through."""
        return self._decision.allowed

    def steps(self) -> Steps:
        """What to wait for."""
        bodies = [stream.body for stream in self._streams]
        route, body = "/v1/posterior", bodies[0]
        if self._is_list:
            route, body = "/v1/posteriors", b"[" + b",".join(bodies) + b"]"
        question = self._service.question(route, body, self._named, self._max_reply_bytes * len(bodies))
        return post(question, self._part.pool, self._part.resolver, self._deadline)

    def replied(self, reply: Reply) -> None:
        """Note the reply."""
        request_id = self._named.request_id
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
        failures = sum(meaning.failed for meaning in self._meanings)
        failed = 2 * failures >= len(self._meanings) if self._meanings else None
        self._part.breaker.end(self._decision, failed=failed)
