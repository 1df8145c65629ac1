"""Which answers of a person make up a window? Cut from the journal, event by event; no judgment is in two windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal import FeedbackLine, JudgmentLine, WindowLine, as_evidence
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
    judgment: Judgment
    answered: str


class Cutter:
    """Collects answers until there are `size` informative ones of a subject.

    used: ids of judgments that are in a window already. The first answer to a judgment is the one that counts here; a
    later one changes a person's evidence, but no window that is past.
    """

    def __init__(self, size: int, used: Iterable[str] = ()) -> None:
        self._size = size
        self._used = set(used)
        self._open: dict[str, JudgmentLine] = {}
        self._waiting: dict[str, list[_Waiting]] = {}

    def add(self, line: Line) -> Cut | None:
        """Hear an event; the window it completes, if it does."""
        if isinstance(line, JudgmentLine):
            if line.subject is not None and line.chosen is not None and line.id not in self._used:
                self._open.setdefault(line.id, line)
        elif isinstance(line, WindowLine):
            self._leave_out(line)
        elif isinstance(line, FeedbackLine) and (made := self._open.pop(line.judgment, None)):
            return self._answered(made, line)
        return None

    def _answered(self, made: JudgmentLine, answer: FeedbackLine) -> Cut | None:
        judgment = as_evidence(made, answer)
        if judgment is None or made.subject is None or not _is_informative(judgment):
            return None
        waiting = self._waiting.setdefault(made.subject, [])
        waiting.append(_Waiting(judgment, answer.ts))
        if len(waiting) < self._size:
            return None
        del self._waiting[made.subject]
        self._used.update(one.judgment.id or "" for one in waiting)
        return Cut(
            made.subject, tuple(one.judgment for one in waiting), waiting[0].answered, waiting[-1].answered
        )

    def _leave_out(self, line: WindowLine) -> None:
        """Somebody else has inferred these: they are in no window of ours."""
        self._used.update(line.judgments)
        for one in line.judgments:
            self._open.pop(one, None)
        if waiting := self._waiting.get(line.subject):
            self._waiting[line.subject] = [one for one in waiting if one.judgment.id not in self._used]


def _is_informative(judgment: Judgment) -> bool:
    """As the service counts: answered, not refuted, and with something at stake (docs/model.md)."""
    answered = judgment.feedback is not None or judgment.reward is not None
    return answered and judgment.verdict != "refuted" and has_advantage(judgment)
