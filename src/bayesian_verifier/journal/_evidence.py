"""Which of a subject's judgments are evidence, and what was the last posterior of them that was trusted?"""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from bayesian_verifier.journal._envelope import seconds_since_epoch
from bayesian_verifier.journal._epochs import Epoch, Epochs, counts
from bayesian_verifier.journal._lines import EpochLine, EpochUndoneLine, FeedbackLine, JudgmentLine
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
    epoch: the one that holds, None where all answers count; judgments and posterior are of it alone.
    """

    judgments: tuple[Judgment, ...] = ()
    trusted: Trusted | None = None
    marks: tuple[bytes, ...] = ()
    epoch: Epoch | None = None


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
        self._in_order: list[_Answered] = []  # those whose answer counts, by when they were made
        self._marks: list[bytes] = []  # of the beginnings of that order, as far as they are known
        self._trusted: dict[str | None, tuple[_Order, Trusted]] = {}  # the last of each epoch
        self._subject = ""
        self._epochs = Epochs()
        self._epoch: Epoch | None = None
        self._known: History | None = None
        self._is_cut = False  # whether some that count are no longer kept
        self._has_forgotten = False  # whether some that were answered are

    def add_judgment(self, line: JudgmentLine) -> None:
        """Note a judgment; of two with one id the first stays."""
        if line.chosen is not None and line.id not in self._answered:
            self._open.setdefault(line.id, line)
        posterior, before = line.posterior, self._trusted.get(line.epoch)
        if line.source == "verifier" and posterior is not None and (before is None or line.order > before[0]):
            self._trusted[line.epoch] = (
                line.order,
                Trusted(posterior.belief, seconds_since_epoch(line.ts)),
            )
            self._known = None

    def add_feedback(self, line: FeedbackLine) -> None:
        """Note an answer; of several to one judgment the latest holds."""
        if known := self._answered.get(line.judgment):
            if line.order > known.answered:
                changed = known.judgment.model_copy(update={"feedback": line.feedback, "reward": line.reward})
                self._put(_Answered(known.id, known.made, line.order, changed), known)
        elif (made := self._open.pop(line.judgment, None)) and (judgment := as_evidence(made, line)):
            self._put(_Answered(made.id, made.order, line.order, judgment), None)

    def add_epoch(self, line: EpochLine | EpochUndoneLine) -> bool:
        """Note from when on answers count; False if some that may count now are no longer kept."""
        self._epochs.add(line)
        if isinstance(line, EpochLine):
            self._subject = line.subject
        epoch = self._epochs.current(self._subject)
        if epoch == self._epoch:
            return True
        self._epoch = epoch
        self._known = None
        self._marks = []
        # those of one time stay in the order in which they were answered first
        self._in_order = sorted(filter(self._counts, self._answered.values()), key=attrgetter("made"))
        return not self._has_forgotten

    def _counts(self, answered: _Answered) -> bool:
        return counts(answered.answered[0], self._epoch)

    def _put(self, new: _Answered, old: _Answered | None) -> None:
        """Put an answered judgment where it belongs, or in the place of what was known of it."""
        self._answered[new.id] = new
        if not self._counts(new):
            return
        key = attrgetter("made")
        if old is None or not self._counts(old):
            place = bisect_right(self._in_order, new.made, key=key)
            self._in_order.insert(place, new)
        else:
            place = bisect_left(self._in_order, old.made, key=key)
            while self._in_order[place] is not old:  # of two made at one time
                place += 1
            self._in_order[place] = new
        del self._marks[place:]
        self._known = None

    def holds(self, judgment_id: str) -> bool:
        """Whether an answer to this judgment can still be noted here."""
        return judgment_id in self._open or judgment_id in self._answered

    def history(self) -> History:
        """What is known now."""
        if self._known is None:
            newest = tuple(answered.judgment for answered in self._in_order[-MOST_ANSWERED:])
            trusted = self._trusted.get(None if self._epoch is None else self._epoch.id)
            self._known = History(
                newest, None if trusted is None else trusted[1], self._marks_of_all(), self._epoch
            )
        return self._known

    def _marks_of_all(self) -> tuple[bytes, ...]:
        if self._is_cut or len(self._in_order) > MOST_ANSWERED:
            return ()
        for answered in self._in_order[len(self._marks) :]:
            self._marks.append(mark_after(self._marks[-1] if self._marks else b"", answered.judgment))
        return tuple(self._marks)

    def forget_old(self) -> None:
        """Keep the newest answered judgments that count and the newest that wait for an answer."""
        if len(self._answered) > 2 * MOST_ANSWERED:
            self._is_cut = self._is_cut or len(self._in_order) > MOST_ANSWERED
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
            times_tried=made.times_tried,
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
