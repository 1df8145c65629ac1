"""What does a journal say of two models that were asked the same: the one that answers, and a candidate?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.retraining._agreement import (
    Choices,
    OfParameter,
    OfSide,
    by_parameter,
    choices,
    of_parameter,
    of_side,
)
from bayesian_verifier.retraining._both_answered import both_answered
from bayesian_verifier.retraining._foreseen import Foreseen, foreseen
from bayesian_verifier.retraining._gate import Judged
from bayesian_verifier.retraining._shadow_verdict import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bayesian_verifier.journal import AnsweredBy, Line
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief
    from bayesian_verifier.retraining._both_answered import Question, Versions
    from bayesian_verifier.retraining._shadow_verdict import ShadowSettings

    #: of the approval of a judgment, by a belief about risk_aversion, a choice noise, and beliefs about all by name
    Chance = Callable[[Judgment, Belief, float, Mapping[str, Belief]], float]


class OfPerson(NamedTuple):
    """One person's questions. mean_gain: nats an answer that the candidate is ahead, None without one."""

    subject: str
    questions: int
    risk_aversion: OfParameter | None
    choices: Choices
    answers: int
    mean_gain: float | None


class ShadowReport(NamedTuple):
    """What a journal says of two models that were asked the same.

    dropped: calls that the candidate was not asked about, as it was behind.   others: calls of other versions.
    usable: of calls whose served answer was used, how many; and how many of the candidate's would be as well.
    next_answers: as the gate's, by `served` and `candidate`.   people: those furthest apart first.
    """

    versions: Versions
    since: str
    until: str
    calls: int
    dropped: int
    others: int
    served: OfSide
    candidate: OfSide
    usable: tuple[int, int]
    parameters: Mapping[str, OfParameter]
    choices: Choices
    next_answers: Mapping[str, Any]
    people: tuple[OfPerson, ...]
    judged: Judged


def shadow_report(events: Iterable[Line], settings: ShadowSettings, chance: Chance) -> ShadowReport | None:
    """Of the newest pair of versions in a journal's events; None where no candidate was asked."""
    found = both_answered(events)
    if found is None:
        return None
    questions = found.questions
    lines = [one.line for one in questions]
    foretold = _foretold(questions, chance)
    used = [line for line in lines if line.served.reason is None]
    report = ShadowReport(
        versions=found.versions,
        since=lines[0].ts,
        until=lines[-1].ts,
        calls=len(lines),
        dropped=sum(line.dropped for line in lines),
        others=found.others,
        served=of_side([line.served for line in lines]),
        candidate=of_side([line.candidate for line in lines]),
        usable=(len(used), sum(line.candidate.reason is None for line in used)),
        parameters=by_parameter(lines),
        choices=choices(lines),
        next_answers=_renamed(foreseen(foretold)),
        people=_people(questions, foretold),
        judged=Judged("HOLD", ()),
    )
    return report._replace(judged=judged(report, settings))


def _foretold(questions: Sequence[Question], chance: Chance) -> list[Foreseen]:
    """What both gave each answer, in the order of answers; where a model has no choice noise, none."""
    found = []
    for one in sorted(questions, key=lambda one: one.at):
        if one.answer is None:
            continue
        chances = [
            chance(one.answer, said["risk_aversion"], said["choice_noise"].mean, said)
            for said in (_beliefs(one.line.served), _beliefs(one.line.candidate))
            if {"risk_aversion", "choice_noise"} <= said.keys()
        ]
        if len(chances) == 2:  # noqa: PLR2004 of both
            approved = one.answer.feedback == "approve"
            found.append(Foreseen(one.line.subject or "", chances[0], chances[1], approved))
    return found


def _beliefs(side: AnsweredBy) -> dict[str, Belief]:
    return {name: one.belief for name, one in (side.posterior or {}).items()}


def _renamed(figures: dict[str, Any]) -> dict[str, Any]:
    lost = figures["log_loss"]
    named = None if lost is None else {"served": lost["champion"], "candidate": lost["challenger"]}
    return {**figures, "log_loss": named}


def _people(questions: Sequence[Question], foretold: Sequence[Foreseen]) -> tuple[OfPerson, ...]:
    own: dict[str, list[Question]] = {}
    for one in questions:
        if one.line.subject is not None:
            own.setdefault(one.line.subject, []).append(one)
    told: dict[str, list[Foreseen]] = {}
    for answer in foretold:
        told.setdefault(answer.subject, []).append(answer)
    found = [_person(name, of, told.get(name, [])) for name, of in own.items()]
    return tuple(sorted(found, key=_apart, reverse=True))


def _person(subject: str, questions: Sequence[Question], foretold: Sequence[Foreseen]) -> OfPerson:
    lines = [one.line for one in questions]
    figures = foreseen(foretold)
    return OfPerson(
        subject=subject,
        questions=len(lines),
        risk_aversion=of_parameter("risk_aversion", lines),
        choices=choices(lines),
        answers=figures["answers"],
        mean_gain=figures["mean_gain"] if figures["answers"] else None,
    )


def _apart(one: OfPerson) -> float:
    return 0.0 if one.risk_aversion is None else one.risk_aversion.shift_rms
