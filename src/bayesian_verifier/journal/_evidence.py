"""Which of a subject's judgments are evidence, and what was the last posterior of them that was trusted?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from bayesian_verifier.journal._lines import FeedbackLine, JudgmentLine, seconds_since_epoch
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
    """What is known of a subject: answered judgments, oldest first, and the last trusted posterior."""

    judgments: tuple[Judgment, ...] = ()
    trusted: Trusted | None = None


class _Answered(NamedTuple):
    """A judgment with its answer; `made` orders judgments, `answered` orders the answers to one."""

    made: _Order
    answered: _Order
    judgment: Judgment


class Evidence:
    """One subject's events, added in any order in which a judgment precedes the answers to it."""

    def __init__(self) -> None:
        self._open: dict[str, JudgmentLine] = {}
        self._answered: dict[str, _Answered] = {}
        self._trusted: Trusted | None = None
        self._trusted_order: _Order = ("", "", 0)
        self._newest: tuple[Judgment, ...] | None = ()

    def add_judgment(self, line: JudgmentLine) -> None:
        """Note a judgment; of two with one id the first stays."""
        if line.chosen is not None and line.id not in self._answered:
            self._open.setdefault(line.id, line)
        if line.source == "verifier" and line.order > self._trusted_order:
            self._trusted = Trusted(line.posterior.belief, seconds_since_epoch(line.ts))
            self._trusted_order = line.order

    def add_feedback(self, line: FeedbackLine) -> None:
        """Note an answer; of several to one judgment the latest holds."""
        if known := self._answered.get(line.judgment):
            if line.order > known.answered:
                changed = known.judgment.model_copy(update={"feedback": line.feedback, "reward": line.reward})
                self._answered[line.judgment] = _Answered(known.made, line.order, changed)
                self._newest = None
        elif (
            (made := self._open.pop(line.judgment, None))
            and made.chosen is not None
            and (judgment := _as_evidence(made, made.chosen, line))
        ):
            self._answered[line.judgment] = _Answered(made.order, line.order, judgment)
            self._newest = None

    def holds(self, judgment_id: str) -> bool:
        """Whether an answer to this judgment can still be noted here."""
        return judgment_id in self._open or judgment_id in self._answered

    def history(self) -> History:
        """What is known now."""
        if self._newest is None:
            ordered = sorted(self._answered.values(), key=lambda answered: answered.made)
            self._newest = tuple(answered.judgment for answered in ordered[-MOST_ANSWERED:])
        return History(self._newest, self._trusted)

    def forget_old(self) -> None:
        """Keep the newest answered judgments and the newest that wait for an answer."""
        if len(self._answered) > 2 * MOST_ANSWERED:
            by_age = sorted(self._answered.items(), key=lambda item: item[1].made)
            self._answered = dict(by_age[-MOST_ANSWERED:])
        while len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]


def _as_evidence(made: JudgmentLine, chosen: int, answer: FeedbackLine) -> Judgment | None:
    """The record of a judgment and its answer; where wealth was an interval, its middle stands for it."""
    low, high = made.case.wealth_range
    try:
        return Judgment(
            wealth=low + (high - low) / 2,
            options=made.case.options,
            stake=made.case.stake,
            budget=made.case.budget,
            chosen=chosen,
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
