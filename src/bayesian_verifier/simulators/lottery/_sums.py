"""What do answers add up to at some values of risk aversion, and what in between?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._reference import stencils
from bayesian_verifier.simulators.lottery._spread import KNOTS, spread

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery._cases import Answered

Float = NDArray[np.float64]
#: how many numbers describe rewards beside their reference advantage: the residual squared, and the residual
REWARD_TERMS = 2
#: residuals of rewards are summed in multiples of this, so that their order changes no bit
REWARD_GRAIN = 2.0**-20


class Sums(NamedTuple):
    """Sums over answers at K values of r.

    points [K]: increasing.   counts [K, KNOTS]: of signed advantages, see `spread`.
    rewards [K, 2]: of (reward - ∆)² and of (reward - ∆).
    """

    points: Float
    counts: Float
    rewards: Float

    @property
    def table(self) -> Float:
        """Counts, then rewards [K, KNOTS + 2]."""
        return np.concatenate([self.counts, self.rewards], axis=1)

    def plus(self, other: Sums) -> Sums:
        """Both, at the same points."""
        return Sums(self.points, self.counts + other.counts, self.rewards + other.rewards)

    def at(self, risk_aversion: Float) -> Sums:
        """What they would be at other values of r [n], by cubic interpolation."""
        index, weight = stencils(self.points, risk_aversion)
        counts = np.einsum("nm,nmg->ng", weight, self.counts[index])
        rewards = np.einsum("nm,nmg->ng", weight, self.rewards[index])
        return Sums(risk_aversion, counts, rewards)


def no_sums(points: Float) -> Sums:
    """Nothing summed at these points."""
    return Sums(points, np.zeros((points.size, KNOTS)), np.zeros((points.size, REWARD_TERMS)))


def sums_of(answered: Answered, points: Float) -> Sums:
    """What answers add up to at each of the points."""
    if not len(answered):
        return no_sums(points)
    delta = answered.cases.curves(points)
    rewarded = answered.rewarded
    if rewarded.any():
        residual = answered.reward[rewarded, None] - delta[rewarded]
        rewards = np.stack([_exact_sum(residual * residual), _exact_sum(residual)], axis=1)
    else:
        rewards = np.zeros((points.size, REWARD_TERMS))
    delta *= answered.sign[:, None]
    told = answered.sign != 0
    return Sums(points, spread(delta if told.all() else delta[told]), rewards)


def _exact_sum(terms: Float) -> Float:
    result: Float = REWARD_GRAIN * np.rint(terms / REWARD_GRAIN).sum(axis=0)
    return result
