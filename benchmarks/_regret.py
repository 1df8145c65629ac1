"""What does it cost a person that a choice is made by what is believed of them, not by who they are?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.judgment import expected_utilities, feasible
from bayesian_verifier.judgment_layer._expectation import expected_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief


class Worth(NamedTuple):
    """What each option of a case is worth to the person themselves.

    values: V under the true r, in [0, 1]; NaN for an option that could ruin.
    money: certainty equivalents, as final wealth over the best one's.
    """

    case: Judgment
    values: np.ndarray
    money: np.ndarray


class Regret(NamedTuple):
    """Means over cases: of V lost (advantage units), of certainty-equivalent money lost (share of the best's), and
    how often another option than the best was chosen.
    """

    value: float
    money: float
    other: float


def worth(case: Judgment, r: float) -> Worth | None:
    """What the options are worth to somebody of risk aversion r; None where there is nothing to choose."""
    values = expected_utilities(case, r)[:, 0]
    if np.isfinite(values).sum() < 2 or np.nanmax(values) == np.nanmin(values):  # noqa: PLR2004 - two to choose from
        return None
    payoffs = [
        outcome.payoff
        for option, possible in zip(case.options, feasible(case), strict=True)
        if possible
        for outcome in option.outcomes
        if outcome.probability > 0
    ]
    low, high = case.wealth + min(payoffs), case.wealth + max(payoffs)
    equivalents = np.array([_certain(v, r, low, high) if np.isfinite(v) else np.nan for v in values])
    best = np.nanmax(equivalents)
    return Worth(case, values, equivalents / best if best > 0 else np.ones_like(equivalents))


def _certain(value: float, r: float, low: float, high: float) -> float:
    """The final wealth whose normalised utility (docs/model.md, step 2) is this value."""
    s = 1.0 - r
    if low <= 0:
        return high * value ** (1 / s) if s > 0 else (high if value >= 1 else 0.0)
    span = math.log(high / low)
    if abs(s) * span < 1e-9:  # noqa: PLR2004 - logarithmic utility, to the last digit
        return low * math.exp(value * span)
    if s > 0:
        return high * math.exp(math.log1p((1 - value) * math.expm1(-s * span)) / s)
    return low * math.exp(math.log1p(value * math.expm1(max(s * span, -700.0))) / s)


def regret(cases: Sequence[Worth], belief: Belief) -> Regret:
    """What choosing by a belief costs, as the layer chooses: by the greatest expected V."""
    lost = []
    for case in cases:
        expected = [-1.0 if v is None else v for v in expected_values(case.case.case, belief)]
        chosen = int(np.argmax(expected))
        best = int(np.nanargmax(case.values))
        lost.append(
            (case.values[best] - case.values[chosen], 1.0 - case.money[chosen], float(chosen != best))
        )
    value, money, other = np.mean(lost, axis=0)
    return Regret(float(value), float(money), float(other))
