"""What is measured of the population, in which unit, and what does a window say of it?

Every measure is the mean of something from 0 to 1 that each window has one of, so that one decision rule serves
them all. What a window says that was not foreseen, z of its message against what the null expected in its sd, is
N(0, 1) while nothing changes: Φ(z) and |2Φ(z) − 1| then have the mean ½. Where z ~ N(μ, 1) the mean of the first
is Φ(μ/√2); where z ~ N(0, σ²) that of the second is (2/π)·arctan σ: so a limit is stated as μ or σ, and a mean is
told as one.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple

from bayesian_verifier.drift._predicted import LAPSE
from bayesian_verifier.drift._share_test import Levels

if TYPE_CHECKING:
    from bayesian_verifier.drift._settings import Limit

MeasureName = Literal[
    "change_rate",
    "mean",
    "sd",
    "wide",
    "untrustworthy",
    "fallback",
    "log_loss",
    "conflict_answers",
    "conflict_controller",
    "conflict_policy",
]

_NORMAL = NormalDist()
#: no feedback is less likely than λ/2
_GREATEST_LOSS = -math.log(LAPSE / 2)
_EDGE = 1e-9


class Measure(NamedTuple):
    """A measure: its unit, whether it has a limit on both sides, and what it is for people."""

    unit: Literal["share", "shift", "ratio", "nats"]
    says: str

    @property
    def two_sided(self) -> bool:
        """Whether being too small is as bad as being too great."""
        return self.unit in {"shift", "ratio"}

    def outcome(self, value: float) -> float:
        """From the measure's unit to 0…1."""
        if self.unit == "shift":
            return _NORMAL.cdf(value / math.sqrt(2.0))
        if self.unit == "ratio":
            return 2.0 / math.pi * math.atan(value)
        return value / _GREATEST_LOSS if self.unit == "nats" else value

    def value(self, outcome: float) -> float:
        """The other way round."""
        held = min(max(outcome, _EDGE), 1.0 - _EDGE)
        if self.unit == "shift":
            return math.sqrt(2.0) * _NORMAL.inv_cdf(held)
        if self.unit == "ratio":
            return math.tan(0.5 * math.pi * held)
        return outcome * _GREATEST_LOSS if self.unit == "nats" else outcome

    def levels(self, limit: Limit) -> Levels:
        """A limit in the measure's unit as one on 0…1."""
        return Levels(self.outcome(limit.above), self.outcome(limit.back), self.two_sided)


MEASURES: dict[MeasureName, Measure] = {
    "change_rate": Measure("share", "windows in which somebody is said to have changed"),
    "mean": Measure("shift", "how far answers lie above what was expected of these people, in its sd"),
    "sd": Measure("ratio", "how widely answers lie about what was expected, against how widely they should"),
    "wide": Measure("share", "answers of the controller because the posterior was too wide"),
    "untrustworthy": Measure("share", "answers of the controller because the posterior was not trusted"),
    "fallback": Measure("share", "answers of the controller to people of whom something was known"),
    "log_loss": Measure("nats", "log-loss of feedback, as the window before foresaw it (a coin: 0.69)"),
    "conflict_answers": Measure(
        "share", "windows whose answers contradict the posterior they were served with"
    ),
    "conflict_controller": Measure("share", "windows in which the controller contradicts the service"),
    "conflict_policy": Measure("share", "windows in which the RL policy contradicts the service"),
}


def level(z: float) -> float:
    """Φ(z): the outcome of `mean`."""
    return _NORMAL.cdf(z)


def spread(z: float) -> float:
    """|2Φ(z) − 1|: the outcome of `sd`."""
    return abs(2.0 * _NORMAL.cdf(z) - 1.0)


def loss(nats: float) -> float:
    """The outcome of `log_loss`, cut where no feedback can be less likely."""
    return min(nats / _GREATEST_LOSS, 1.0)
