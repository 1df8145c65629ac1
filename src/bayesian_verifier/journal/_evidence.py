"""Which of a subject's judgments are evidence, and what was the last posterior of them that was trusted?"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, seconds_since_epoch
from bayesian_verifier.journal._marks import mark_after
from bayesian_verifier.judgment import Judgment

if TYPE_CHECKING:
    from bayesian_verifier.posterior import Belief

_log = logging.getLogger(__name__)

MOST_ANSWERED = 512
_MOST_OPEN = 512

_Order = tuple[str, str, int]


class Trusted(NamedTuple):
    """A posterior that the verifier gave and the layer trusted, and when, in seconds since 1970."""

    belief: Belief
    at: float


class History(NamedTuple):
    """What is known of a subject: answered judgments, oldest first, and the last trusted posterior.

    marks: of each beginning of the judgments, see `marks_of`; empty where older ones are left out.
    """

    judgments: tuple[Judgment, ...] = ()
    trusted: Trusted | None = None
    marks: tuple[bytes, ...] = ()


class _Answered(NamedTuple):
    """A judgment with its answer; `made` orders judgments, `answered` orders the answers to one."""

    id: str
    made: _Order
    answered: _Order
    judgment: Judgment


class Evidence:
    """One subject's events, added in any order in which a judgment precedes the answers to it."""

    def __init__(self) -> None:
        self._open: dict[str, JudgmentLine] = {}
        self._answered: dict[str, _Answered] = {}
        self._in_order: list[_Answered] = []  # by when they were made
        self._marks: list[bytes] = []  # of the beginnings of that order, as far as they are known
        self._trusted: Trusted | None = None
        self._trusted_order: _Order = ("", "", 0)
        self._known: History | None = None
        self._has_forgotten = False

    def add_judgment(self, line: JudgmentLine) -> None:
        """Note a judgment; of two with one id the first stays."""
        if line.chosen is not None and line.id not in self._answered:
            self._open.setdefault(line.id, line)
        posterior = line.posterior
        if line.source == "verifier" and posterior is not None and line.order > self._trusted_order:
            self._trusted = Trusted(posterior.belief, seconds_since_epoch(line.ts))
            self._trusted_order = line.order
            self._known = None

    def add_feedback(self, line: FeedbackLine) -> None:
        """Note an answer; of several to one judgment the latest holds."""
        if known := self._answered.get(line.judgment):
            if line.order > known.answered:
                changed = known.judgment.model_copy(update={"feedback": line.feedback, "reward": line.reward})
                self._put(_Answered(known.id, known.made, line.order, changed), known)
        elif (made := self._open.pop(line.judgment, None)) and (judgment := as_evidence(made, line)):
            self._put(_Answered(made.id, made.order, line.order, judgment), None)

    def _put(self, new: _Answered, old: _Answered | None) -> None:
        """Put an answered judgment where it belongs, or in the place of what was known of it."""
        key = attrgetter("made")
        if old is None:
            place = bisect_right(self._in_order, new.made, key=key)
            self._in_order.insert(place, new)
        else:
            place = bisect_left(self._in_order, old.made, key=key)
            while self._in_order[place] is not old:  # of two made at one time
                place += 1
            self._in_order[place] = new
        del self._marks[place:]
        self._answered[new.id] = new
        self._known = None

    def holds(self, judgment_id: str) -> bool:
        """Whether an answer to this judgment can still be noted here."""
        return judgment_id in self._open or judgment_id in self._answered

    def history(self) -> History:
        """What is known now."""
        if self._known is None:
            newest = tuple(answered.judgment for answered in self._in_order[-MOST_ANSWERED:])
            self._known = History(newest, self._trusted, self._marks_of_all())
        return self._known

    def _marks_of_all(self) -> tuple[bytes, ...]:
        if self._has_forgotten or len(self._in_order) > MOST_ANSWERED:
            return ()
        for answered in self._in_order[len(self._marks) :]:
            self._marks.append(mark_after(self._marks[-1] if self._marks else b"", answered.judgment))
        return tuple(self._marks)

    def forget_old(self) -> None:
        """Keep the newest answered judgments and the newest that wait for an answer."""
        if len(self._in_order) > 2 * MOST_ANSWERED:
            self._in_order = self._in_order[-MOST_ANSWERED:]
            self._answered = {one.id: one for one in self._in_order}
            self._has_forgotten = True
        while len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]


def as_evidence(made: JudgmentLine, answer: FeedbackLine) -> Judgment | None:
    """The record of a judgment and its answer; where wealth was an interval, its middle stands for it.

    None, and a warning in the log, where nothing was chosen or the line is no record.
    """
    if made.chosen is None:
        return None
    low, high = made.case.wealth_range
    try:
        return Judgment(
            wealth=low + (high - low) / 2,
            options=made.case.options,
            stake=made.case.stake,
            budget=made.case.budget,
            chosen=made.chosen,
            verdict=made.verdict,
            feedback=answer.feedback,
            reward=answer.reward,
            id=made.id,
            subject=made.subject,
            ts=made.ts,
        )
    except ValidationError as exc:
        _log.warning("judgment %s is no evidence: %s", made.id, exc.errors(include_url=False)[0]["msg"])
        return None
