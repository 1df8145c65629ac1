"""What does each window say of the population? A number from 0 to 1 for each measure that it says something of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._conflict import conflict
from bayesian_verifier.drift._measures import level, loss, spread
from bayesian_verifier.drift._message import message
from bayesian_verifier.journal import JudgmentLine, OtherLine
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bayesian_verifier.drift._followed import Heard
    from bayesian_verifier.drift._measures import MeasureName
    from bayesian_verifier.journal import Line, WindowLine

#: beyond this two sources are in conflict: of two that agree, 5% are by chance, or fewer where they share evidence
CONFLICT_AT = 1.96


class _Answer(NamedTuple):
    """Who answered with which belief, and why it was that one."""

    source: str
    reason: str | None
    belief: Belief | None


class Said(NamedTuple):
    """Of one window: outcomes from 0 to 1, and how far sources are apart where two were heard, by measure."""

    outcomes: dict[MeasureName, float]
    conflicts: dict[MeasureName, float]


class Sources:
    """What was said of people by whom, until it is asked for by a window: events in the journal's order."""

    def __init__(self) -> None:
        self._answers: dict[str, _Answer] = {}
        self._controller: dict[str, float] = {}  # by subject, z against the service, of the last comparison
        self._policy: dict[str, Belief] = {}

    def note(self, line: Line) -> None:
        """Hear an event that is no window."""
        if isinstance(line, JudgmentLine):
            if line.subject is not None:
                posterior = line.posterior
                belief = None if posterior is None else posterior.belief
                self._answers[line.id] = _Answer(line.source, line.reason, belief)
        elif isinstance(line, OtherLine) and line.kind in {"shadow", "policy"}:
            self._compared(line.kind, line.model_extra or {})

    def _compared(self, kind: str, said: Mapping[str, object]) -> None:
        subject = said.get("subject")
        if not isinstance(subject, str):
            return
        if kind == "policy":
            if belief := _belief(said):
                self._policy[subject] = belief
            return
        verifier, controller = _belief(said.get("verifier")), _belief(said.get("controller"))
        if verifier and controller:
            self._controller[subject] = conflict(controller, verifier).z

    def said(self, heard: Heard) -> Said:
        """Of a window; what it rests on is not asked for again."""
        window = heard.window
        first = self._answers.get(window.judgments[0])
        answers = [one for i in window.judgments if (one := self._answers.pop(i, None))]
        found: dict[MeasureName, float] = {"change_rate": float(heard.alarm)}
        if heard.foreseen:
            found["mean"], found["sd"] = level(heard.surprise), spread(heard.surprise)
        if window.log_loss is not None:
            found["log_loss"] = loss(window.log_loss)
        conflicts = self._conflicts(window, first)
        contradict = {name: float(abs(z) > CONFLICT_AT) for name, z in conflicts.items()}
        return Said(found | _shares(answers) | contradict, conflicts)

    def _conflicts(self, window: WindowLine, first: _Answer | None) -> dict[MeasureName, float]:
        found: dict[MeasureName, float] = {}
        # what was served before the first answer knew none of them
        if first is not None and first.source == "verifier" and first.belief is not None:
            found["conflict_answers"] = _against_answers(first.belief, window)
        if (z := self._controller.pop(window.subject, None)) is not None:
            found["conflict_controller"] = z
        if policy := self._policy.pop(window.subject, None):
            found["conflict_policy"] = conflict(policy, window.posterior.belief).z
        return found


def _shares(answers: list[_Answer]) -> dict[MeasureName, float]:
    """Of the judgments in a window, by why the controller answered; where nothing was known yet it has to."""
    of = [one for one in answers if one.reason != "no_evidence"]
    if not of:
        return {}
    reasons = [one.reason for one in of if one.source == "controller"]
    return {
        "fallback": len(reasons) / len(of),
        "wide": reasons.count("wide_posterior") / len(of),
        "untrustworthy": reasons.count("untrustworthy") / len(of),
    }


def _against_answers(served: Belief, window: WindowLine) -> float:
    """How far the answers of a window lie above the belief served before the first of them: no evidence is shared."""
    told = message(
        window.posterior.mean,
        window.posterior.sd,
        prior_mean=window.prior.mean,
        prior_sd=window.prior.sd,
        variance_scale=window.variance_scale,
    )
    own = Belief(float(told.value), float(told.precision) ** -0.5)
    return conflict(own, served, shared_evidence=False).z


def _belief(said: object) -> Belief | None:
    """A belief as events of other rooms write one, with `mean` and `sd`; None where it is none."""
    match said:
        case {"mean": float() | int() as mean, "sd": float() | int() as sd} if sd > 0 and math.isfinite(
            mean + sd
        ):
            return Belief(float(mean), float(sd))
    return None
