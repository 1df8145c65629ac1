"""What do chances weigh to somebody who makes more of small ones than they are, or less?

Weights by rank, from the best outcome of an option down (Quiggin 1982, J. Economic Behavior & Organization 3), of
w(p) = exp(-(-ln p)^α) (Prelec 1998, Econometrica 66): α = 1 weighs chances as they are, α < 1 makes more of small ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
#: what the parameter α is named
PROBABILITY_WEIGHTING = "probability_weighting"


def double_log(chance: Array) -> Array:
    """Ln(-ln p), which an exponent α multiplies: inf at p = 0 and -inf at p = 1."""
    with np.errstate(divide="ignore"):
        result: Array = np.log(-np.log(np.clip(chance, 0.0, 1.0)))
    return result


def weight(scaled: Array) -> Array:
    """W(p) of α · ln(-ln p), which is overwritten."""
    with np.errstate(over="ignore"):
        np.exp(scaled, out=scaled)
    np.negative(scaled, out=scaled)
    return np.exp(scaled, out=scaled)


def decision_weights(probability: Array, exponent: Array) -> Array:
    """What each outcome of one option counts for [m, K], of probabilities [m], the best first, at α > 0 [K].

    They sum to 1 at each exponent.
    """
    reached = np.cumsum(probability)
    # whatever rounding leaves of the sum, the worst reaches all
    reached[-1] = 1.0
    scaled = np.multiply.outer(double_log(reached), exponent)
    return np.diff(weight(scaled), axis=0, prepend=0.0)
