"""In which other ways might a person answer, so that the model's θ would not describe them?

Each rival has a θ of its own with the model's prior, and sees the same case otherwise: with other decision weights,
with losses that loom larger, or with another wealth beside the payoffs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._rival_advantage import SeenCases, seen_advantages

Float = NDArray[np.float64]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rival:
    """How somebody sees a case. The defaults are the model itself.

    curvature: g of the weighting function w(p) = p^g / (p^g + (1-p)^g)^(1/g), 0.3–1 (Tversky & Kahneman 1992).
    prelec: α of w(p) = exp(-(-ln p)^α), > 0 (Prelec 1998).   loss_aversion: how much more utility is lost below the
    reference wealth than the curve says, >= 1.   wealth_factor: their wealth over the one that was sent.
    unsaid_wealth: wealth that was not sent, in multiples of the largest payoff, where the wealth sent is 0.
    """

    curvature: float = 1.0
    prelec: float = 1.0
    loss_aversion: float = 1.0
    wealth_factor: float = 1.0
    unsaid_wealth: float = 0.0

    @property
    def weighs(self) -> bool:
        """Whether decision weights differ from probabilities."""
        return self.curvature != 1.0 or self.prelec != 1.0

    def seen(self, wealth: Float, payoff: Float, probability: Float, chosen: Index) -> SeenCases:
        """How they see padded cases, given as `pack_dense` takes them but for probabilities: those sum to 1."""
        return SeenCases(
            wealth=self.own_wealth(wealth, payoff, probability),
            payoff=np.ascontiguousarray(payoff.T),
            weight=np.ascontiguousarray(self.decision_weights(payoff, probability).T),
            present=np.ascontiguousarray(probability.T > 0),
            chosen=chosen,
            more_loss=np.full(wealth.size, self.loss_aversion - 1.0),
        )

    def own_wealth(self, wealth: Float, payoff: Float, probability: Float) -> Float:
        """The wealth [n] they have in mind, in the currency of the payoffs [n, options, outcomes]."""
        if not self.unsaid_wealth:
            return wealth if self.wealth_factor == 1.0 else wealth * self.wealth_factor
        largest = np.where(probability > 0, np.abs(payoff), 0.0).max(axis=(1, 2))
        return np.where(wealth > 0, wealth * self.wealth_factor, self.unsaid_wealth * largest)

    def decision_weights(self, payoff: Float, probability: Float) -> Float:
        """Weights [..., outcomes] that stand for probabilities, by rank from the best outcome; they sum to 1.

        Source: cumulative weighting of gains, Tversky & Kahneman (1992), J. Risk and Uncertainty 5.
        """
        if not self.weighs:
            return probability
        if probability.shape[-1] == 2:  # noqa: PLR2004 - the common case needs no sorting
            first_is_best = payoff[..., 0] >= payoff[..., 1]
            best = self._weight(np.where(first_is_best, probability[..., 0], probability[..., 1]))
            first = np.where(first_is_best, best, 1.0 - best)
            return np.stack([first, 1.0 - first], axis=-1)
        order = np.argsort(np.where(probability > 0, -payoff, np.inf), axis=-1)
        ranked = np.take_along_axis(probability, order, axis=-1)
        reached = self._weight(np.minimum(np.cumsum(ranked, axis=-1), 1.0))
        # the worst outcome there is has all that is left: where stakes are small, the last digit of a sum of 1 matters
        ranks = np.arange(probability.shape[-1])
        reached[ranks >= (probability > 0).sum(axis=-1, keepdims=True) - 1] = 1.0
        weights = reached.copy()
        weights[..., 1:] -= reached[..., :-1]
        result = np.empty_like(probability)
        np.put_along_axis(result, order, weights, axis=-1)
        return result

    def _weight(self, p: Float) -> Float:
        if self.prelec != 1.0:
            with np.errstate(divide="ignore"):
                steep: Float = np.exp(-((-np.log(p)) ** self.prelec))
            return steep
        up = p**self.curvature
        result: Float = up / (up + (1.0 - p) ** self.curvature) ** (1.0 / self.curvature)
        return result


def rival_advantages(
    wealth: Float, payoff: Float, probability: Float, chosen: Index, rival: Rival, risk_aversion: Float
) -> Float:
    """∆ [n, K] of padded cases (see `pack_dense`) at K ascending values of r, none of them 1, as a rival sees them.

    Cases in which the rival could not bear the proposal have -1, other cases without an advantage 0.
    """
    return seen_advantages(rival.seen(wealth, payoff, shares(probability), chosen), risk_aversion)


def shares(probability: Float) -> Float:
    """Probabilities [n, options, outcomes] over their sum in each option, 0 where there is none."""
    total = probability.sum(axis=-1, keepdims=True)
    result: Float = np.divide(probability, total, out=np.zeros_like(probability), where=total > 0)
    return result
