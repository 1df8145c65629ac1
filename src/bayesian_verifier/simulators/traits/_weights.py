"""What do chances weigh to somebody who makes more of small ones than they are, or less?

Weights by rank, from the best outcome of an option down (Quiggin 1982, J. Economic Behavior & Organization 3), of
w(p) = exp(-(-ln p)^α) (Prelec 1998, Econometrica 66): α = 1 weighs chances as they are, α < 1 makes more of small ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import PackedCases

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ln(-ln p) by outcome of packed cases [O]: of the chance of a better one of its option, and of one as good."""

    above: Float
    reached: Float

    def weights(self, exponent: Float) -> Float:
        """Decision weights [O, K] at exponents α > 0 [K]; they sum to 1 in each option."""
        return _weight(np.multiply.outer(self.reached, exponent)) - _weight(
            np.multiply.outer(self.above, exponent)
        )

    def weights_at(self, exponent: Float) -> Float:
        """Decision weights [O], outcome by outcome at its own exponent [O]."""
        return _weight(self.reached * exponent) - _weight(self.above * exponent)


def ranks(cases: PackedCases) -> Ranks:
    """The ranks of the outcomes of packed cases."""
    outcomes = cases.probability.size
    start, lengths = cases.option_start, np.diff(cases.option_start, append=outcomes)
    order = np.lexsort((-cases.below_top, np.repeat(np.arange(start.size), lengths)))
    up_to = np.cumsum(cases.probability[order])
    up_to -= np.repeat(up_to[start] - cases.probability[order][start], lengths)
    above = np.empty(outcomes)
    above[1:] = up_to[:-1]
    # whatever rounding leaves of the sum, the best has nothing above it and the worst reaches all
    above[start] = 0.0
    up_to[start + lengths - 1] = 1.0
    result = np.empty((2, outcomes))
    with np.errstate(divide="ignore"):
        result[:, order] = np.log(-np.log(np.clip([above, up_to], 0.0, 1.0)))
    return Ranks(result[0], result[1])


def _weight(scaled: Float) -> Float:
    """W(p) of α·ln(-ln p), which is overwritten."""
    with np.errstate(over="ignore"):
        np.exp(scaled, out=scaled)
    np.negative(scaled, out=scaled)
    return np.exp(scaled, out=scaled)
