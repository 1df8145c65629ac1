"""What do the blocking and the asynchronous client have in common? Everything but how they wait."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer._asking import Asking
from bayesian_verifier.judgment_layer._deadline import Deadline
from bayesian_verifier.judgment_layer._service import Service
from bayesian_verifier.judgment_layer._stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.trace import Tracer

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer._breaker import BreakerPolicy
    from bayesian_verifier.judgment_layer._resolver import Lookup
    from bayesian_verifier.judgment_layer._values import Phase

    Person = tuple[Sequence[Judgment], str | None, Sequence[bytes] | None]

_TRACE_ID = re.compile("(?!0{32})[0-9a-f]{32}")
# What the system takes for a time limit, and nobody waits longer than.
_LONGEST = 86_400.0


class ClientCore:
    """See the clients for what each argument means; most_states is 0 where none are kept."""

    def __init__(
        self,
        url: str,
        timeout: float,
        token: str | None,
        breaker: BreakerPolicy,
        keep_alive: float,
        max_reply_bytes: int,
        *,
        most_states: int,
        clock: Callable[[], float],
        lookup: Lookup,
        tracer: Tracer | None,
    ) -> None:
        if not _is_a_time(timeout):
            raise CallerError(f"expected a timeout in seconds above 0 and at most a day, got {timeout!r}")
        if not keep_alive >= 0:
            raise CallerError(f"expected a keep_alive in seconds, 0 or more, got {keep_alive!r}")
        if max_reply_bytes < 1:
            raise CallerError(f"expected max_reply_bytes of 1 or more, got {max_reply_bytes!r}")
        self.timeout = timeout
        self.keeps_state = most_states > 0
        self._clock = clock
        self._max_reply_bytes = max_reply_bytes
        self._service = Service(
            url,
            timeout,
            token,
            breaker,
            keep_alive,
            most_states,
            clock=clock,
            lookup=lookup,
            tracer=tracer,
        )

    def about_one(
        self,
        judgments: Sequence[Judgment],
        subject: str | None,
        marks: Sequence[bytes] | None,
        trace_id: str | None,
    ) -> Asking:
        """A call about one person. Raises CallerError."""
        return self._asking([(judgments, subject, marks)], trace_id, is_list=False)

    def about_many(
        self,
        many: Sequence[Sequence[Judgment]],
        subjects: Sequence[str | None] | None,
        marks: Sequence[Sequence[bytes] | None] | None,
        trace_id: str | None,
    ) -> Asking:
        """A call about several. Raises CallerError."""
        subjects = [None] * len(many) if subjects is None else subjects
        marks = [None] * len(many) if marks is None else marks
        if not len(many) == len(subjects) == len(marks):
            counts = f"{len(many)}, {len(subjects)} and {len(marks)}"
            raise CallerError(f"expected as many lists of judgments as subjects and marks, got {counts}")
        return self._asking(list(zip(many, subjects, marks, strict=True)), trace_id, is_list=True)

    def _asking(self, people: Sequence[Person], trace_id: str | None, *, is_list: bool) -> Asking:
        deadline = Deadline(self.timeout, self._clock)
        if trace_id is not None and not _TRACE_ID.fullmatch(trace_id):
            raise CallerError(f"expected a trace id of 32 lower-case hexadecimal digits, got {trace_id!r}")
        trace = self._service.spans.call(trace_id)
        part = self._service.part()
        states = part.states if self.keeps_state else None
        streams = [Stream(*person, states, part.understood) for person in people]
        return Asking(self._service, streams, deadline, trace, self._max_reply_bytes, is_list=is_list)

    @property
    def breaker(self) -> Phase:
        """Phase of the circuit breaker."""
        return self._service.part().breaker.phase

    def forget(self, subject: str) -> None:
        """Drop the state of a subject."""
        self._service.part().states.forget(subject)

    def close(self) -> None:
        """Close idle connections."""
        self._service.part().pool.close()


def _is_a_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and 0 < seconds <= _LONGEST
