"""What has to be sent of one person's judgments, given what the verifier has summed of them already?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from bayesian_verifier.journal import EVIDENCE_FIELDS, MOST_ANSWERED, marks_of
from bayesian_verifier.judgment import Judgment
from bayesian_verifier.judgment_layer._reply import Expected
from bayesian_verifier.judgment_layer._states import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.judgment_layer._outcome import Meaning
    from bayesian_verifier.judgment_layer._states import States
    from bayesian_verifier.judgment_layer._understood import Understood
    from bayesian_verifier.judgment_layer._values import Posterior

_JUDGMENTS = TypeAdapter(list[Judgment])
# as many judgments are written between two looks at the clock, at most some 1.5 ms of work
_BATCH = 32
_ALL: dict[str, set[str]] = {"__all__": set(EVIDENCE_FIELDS)}
_WITHOUT_TRIES: dict[str, set[str]] = {"__all__": set(EVIDENCE_FIELDS) - {"times_tried"}}
# the state survives what says nothing about it; after anything else the next call sends everything
_SAY_NOTHING = ("timeout", "unreachable", "overloaded", "circuit_open")


class Stream:
    """One person in one call: the judgments in the kept state, those sent along, and what it came to.

    judgments: oldest first, of which the newest 512 count.   states: None where no state is kept.
    marks: of each beginning of the judgments, as `History.marks`; None where they are to be made here.
    understood: what the verifier reads.
    Nothing is done with them before the question has to be written.
    """

    def __init__(
        self,
        judgments: Sequence[Judgment],
        subject: str | None,
        marks: Sequence[bytes] | None,
        states: States | None,
        understood: Understood,
    ) -> None:
        self._understood = understood
        self._sends_tries = understood.reads_tries
        self.meaning: Meaning | None = None
        self._subject = subject
        self._states = states if subject is not None else None
        self._judgments = judgments
        self._given = marks
        self._marks: Sequence[bytes] = ()
        self._kept: Kept | None = None
        self._answered: list[Judgment] = []
        self._open: list[Judgment] = []
        self._is_ready = False
        self._body: bytes | None = None

    def _make_ready(self) -> None:
        """Sort the judgments, and find the state that stands for the first of them."""
        self._is_ready = True
        self._answered = list(self._judgments[-MOST_ANSWERED:])
        if self._states is not None and self._subject is not None:
            self._open = [one for one in self._answered if not _is_answered(one)]
            if self._open:
                self._answered = [one for one in self._answered if _is_answered(one)]
            self._marks = self._usable(self._given)
            self._kept = self._states.find(self._subject, self._marks)

    def _usable(self, marks: Sequence[bytes] | None) -> Sequence[bytes]:
        """The marks of all that is answered; none where older judgments are left out, as a state holds those."""
        if marks is None:
            return marks_of(self._answered)
        return marks if len(marks) == len(self._answered) else ()

    def body(self, in_time: Callable[[], object]) -> bytes:
        """The JSON of the question: the state and the judgments that are not in it.

        in_time: raises TimeoutError when there is no time to go on writing it.
        """
        in_time()
        if not self._is_ready:
            self._make_ready()
        if self._body is None:
            new = self._answered[self._summed :] + self._open
            state = b"" if self._kept is None else b',"state":' + json.dumps(self._kept.text).encode()
            # joined once: of some megabytes each copy takes a millisecond, in which nobody looks at the clock
            fields = _ALL if self._sends_tries else _WITHOUT_TRIES
            self._body = b"".join((b'{"judgments":[', *_written(new, fields, in_time), b"]", state, b"}"))
        return self._body

    @property
    def _summed(self) -> int:
        return 0 if self._kept is None else self._kept.judgments

    def expected(self, request_id: str) -> Expected:
        """What a reply to the question must agree with."""
        judgments = len(self._answered) + len(self._open)
        if self._kept is None:
            return Expected(request_id, judgments)
        return Expected(request_id, judgments, self._summed, self._kept.informative, self._kept.model_version)

    def settle(self, meaning: Meaning) -> None:
        """Note what came of the question, and keep or drop the state accordingly.

        A state that the verifier cannot go on from is dropped; the question is then all there is to say.
        """
        self.meaning = meaning
        kept_back = self._learns_from(meaning)
        if self._states is None or self._subject is None:
            return
        if meaning.posterior is not None:
            if meaning.state is not None and self._marks and not kept_back:
                self._states.keep(self._subject, self._next(meaning.posterior, meaning.state))
        elif self._kept is not None and meaning.reason not in _SAY_NOTHING:
            self._states.drop(self._subject, self._kept)
        if meaning.is_stale:
            self.meaning, self._kept, self._body = None, None, None

    def _learns_from(self, meaning: Meaning) -> bool:
        """Note whether the verifier reads counts of tries; whether it does and some were not sent to it."""
        if meaning.posterior is not None or (meaning.reason == "server_error" and self._sends_tries):
            self._understood.note(meaning.posterior)
        if self._sends_tries or not self._understood.reads_tries:
            return False
        return any(one.times_tried is not None for one in self._answered)

    def _next(self, posterior: Posterior, text: str) -> Kept:
        return Kept(
            self._marks[-1], len(self._answered), posterior.informative, posterior.model_version, text
        )


def _written(
    judgments: Sequence[Judgment], fields: dict[str, set[str]], in_time: Callable[[], object]
) -> Iterator[bytes]:
    """The judgments as JSON, some at a time, with the commas between and without the brackets around them."""
    for begin in range(0, len(judgments), _BATCH):
        some = list(judgments[begin : begin + _BATCH])
        in_time()
        if begin:
            yield b","
        yield _JUDGMENTS.dump_json(some, include=fields, exclude_none=True, warnings="error")[1:-1]


def _is_answered(judgment: Judgment) -> bool:
    return judgment.feedback is not None or judgment.reward is not None
