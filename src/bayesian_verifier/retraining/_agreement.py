"""How far apart are two models that were asked the same?"""

from __future__ import annotations

import math
from collections import Counter
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.posterior import kl_normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bayesian_verifier.journal import AnsweredBy, CandidateLine


class OfSide(NamedTuple):
    """How one of the two fared.

    answered: calls with a posterior.   usable: of these, such as the layer acts on.   trustworthy: by its own checks.
    reasons: why it was not used, and how often.   median_ms: of all its calls; None where there was none.
    """

    answered: int
    usable: int
    trustworthy: int
    reasons: Mapping[str, int]
    median_ms: float | None


class OfParameter(NamedTuple):
    """Two beliefs about one parameter, over questions that both answered.

    shift: mean of the candidate's less the served mean, in served sd; shift_rms: its root mean square.
    far: share of questions where it is more than 1.   width: candidate's sd over the served, geometric mean.
    kl_forward: KL(served ‖ candidate) in nats, of normals, mean; kl_backward: the other way.
    """

    questions: int
    shift: float
    shift_rms: float
    far: float
    width: float
    kl_forward: float
    kl_backward: float


class Choices(NamedTuple):
    """Of choices that both could make: how many, and how many were the same."""

    compared: int
    same: int


def of_side(said: Sequence[AnsweredBy]) -> OfSide:
    """How the side fared that said this."""
    return OfSide(
        answered=sum(one.posterior is not None for one in said),
        usable=sum(one.reason is None for one in said),
        trustworthy=sum(one.trustworthy is True for one in said),
        reasons=dict(Counter(one.reason for one in said if one.reason is not None).most_common()),
        median_ms=median(one.elapsed_ms for one in said) if said else None,
    )


def by_parameter(lines: Sequence[CandidateLine]) -> dict[str, OfParameter]:
    """For each parameter that both speak of."""
    names = {name for line in lines for name in line.candidate.posterior or {}}
    found = {name: of_parameter(name, lines) for name in sorted(names, key=_first_risk_aversion)}
    return {name: one for name, one in found.items() if one is not None}


def of_parameter(name: str, lines: Iterable[CandidateLine]) -> OfParameter | None:
    """For one of them; None where no line has both beliefs."""
    pairs = [
        (line.served.posterior[name].belief, line.candidate.posterior[name].belief)
        for line in lines
        if line.served.posterior and line.candidate.posterior
        if name in line.served.posterior and name in line.candidate.posterior
    ]
    if not pairs:
        return None
    shifts = [(candidate.mean - served.mean) / served.sd for served, candidate in pairs]
    return OfParameter(
        questions=len(pairs),
        shift=_mean(shifts),
        shift_rms=math.sqrt(_mean([one * one for one in shifts])),
        far=_mean([float(abs(one) > 1.0) for one in shifts]),
        width=math.exp(_mean([math.log(candidate.sd / served.sd) for served, candidate in pairs])),
        kl_forward=_mean([kl_normal(served, candidate) for served, candidate in pairs]),
        kl_backward=_mean([kl_normal(candidate, served) for served, candidate in pairs]),
    )


def choices(lines: Iterable[CandidateLine]) -> Choices:
    """How often the same would have been proposed."""
    both = [
        (line.served.chosen, line.candidate.chosen)
        for line in lines
        if line.served.chosen is not None and line.candidate.chosen is not None
    ]
    return Choices(len(both), sum(served == candidate for served, candidate in both))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _first_risk_aversion(name: str) -> tuple[bool, str]:
    return name != "risk_aversion", name
