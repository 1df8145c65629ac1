"""Which answers of a person make up a window? Cut from the journal, event by event; no judgment is in two windows."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import (
    EpochLine,
    Epochs,
    EpochUndoneLine,
    FeedbackLine,
    JudgmentLine,
    WindowLine,
    as_evidence,
    counts,
)
from bayesian_verifier.judgment import has_advantage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bayesian_verifier.journal import Line
    from bayesian_verifier.judgment import Judgment


class Cut(NamedTuple):
    """A window's worth of one subject's informative judgments, in the order of their answers.

    began, ended: timestamps of the first and the last answer.
    """

    subject: str
    judgments: tuple[Judgment, ...]
    began: str
    ended: str


class _Waiting(NamedTuple):
    """An answer that is in no window yet. heard: how many were heard before it."""

    judgment: Judgment
    answered: str
    heard: int


class Cutter:
    """Collects answers until there are `size` informative ones of a subject that count in their epoch.

    used: ids of judgments that are in a window already. The first answer to a judgment is the one that counts here; a
    later one changes a person's evidence, but no window that is past. What an epoch leaves out waits, in case the epoch
    is undone.
    """

    def __init__(self, size: int, used: Iterable[str] = ()) -> None:
        self._size = size
        self._used = set(used)
        self._open: dict[str, JudgmentLine] = {}
        self._waiting: dict[str, list[_Waiting]] = {}
        self._epochs = Epochs()
        self._heard = 0
        self._due: list[
            tuple[int, str]
        ] = []  # when a window was complete, and whose; some are not true any more

    def hear(self, line: Line) -> None:
        """The next event."""
        if isinstance(line, JudgmentLine):
            if line.subject is not None and line.chosen is not None and line.id not in self._used:
                self._open.setdefault(line.id, line)
        elif isinstance(line, FeedbackLine):
            if made := self._open.pop(line.judgment, None):
                self._answered(made, line)
        elif isinstance(line, WindowLine):
            self.leave_out(line.subject, line.judgments)
        elif isinstance(line, EpochLine | EpochUndoneLine) and (whose := self._epochs.add(line)):
            self._look_at(whose)

    def _answered(self, made: JudgmentLine, answer: FeedbackLine) -> None:
        judgment = as_evidence(made, answer)
        if judgment is None or made.subject is None or not _is_informative(judgment):
            return
        self._heard += 1
        waiting = self._waiting.setdefault(made.subject, [])
        waiting.append(_Waiting(judgment, answer.ts, self._heard))
        if len(waiting) >= self._size:
            self._look_at(made.subject)

    def leave_out(self, subject: str, judgments: Iterable[str | None]) -> None:
        """These are in a window: they are in no other."""
        gone = {one for one in judgments if one is not None}
        self._used |= gone
        for one in gone:
            self._open.pop(one, None)
        if waiting := self._waiting.pop(subject, None):
            left = [one for one in waiting if one.judgment.id not in gone]
            if left:
                self._waiting[subject] = left
                self._look_at(subject)

    def _complete(self, subject: str) -> list[_Waiting] | None:
        """The first answers that make a window now, None where there are not enough."""
        epoch = self._epochs.current(subject)
        counting = [one for one in self._waiting.get(subject, ()) if counts(one.answered, epoch)]
        return counting[: self._size] if len(counting) >= self._size else None

    def _look_at(self, subject: str) -> None:
        if window := self._complete(subject):
            heappush(self._due, (window[-1].heard, subject))

    def due(self) -> Cut | None:
        """The window that was complete first, until its judgments are left out; None where none is."""
        while self._due:
            heard, subject = self._due[0]
            window = self._complete(subject)
            if window and window[-1].heard == heard:
                made = tuple(one.judgment for one in window)
                return Cut(subject, made, window[0].answered, window[-1].answered)
            heappop(self._due)
        return None


def _is_informative(judgment: Judgment) -> bool:
    """As the service counts: answered, not refuted, and with something at stake (docs/model.md)."""
    answered = judgment.feedback is not None or judgment.reward is not None
    return answered and judgment.verdict != "refuted" and has_advantage(judgment)
