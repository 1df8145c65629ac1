"""What do the chances of many cases at once weigh, by the rank of each outcome in its option?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import double_log, weight

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import PackedCases

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Ln(-ln p) by outcome [O]: of the chance of a better one of its option, and of one as good."""

    above: Float
    reached: Float

    def weights(self, exponent: Float) -> Float:
        """Decision weights [O, K] at exponents α > 0 [K]; they sum to 1 in each option."""
        reached, above = (np.multiply.outer(part, exponent) for part in (self.reached, self.above))
        return weight(reached) - weight(above)

    def weights_at(self, exponent: Float) -> Float:
        """Decision weights [O], outcome by outcome at its own exponent [O]."""
        return weight(self.reached * exponent) - weight(self.above * exponent)


def ranks(cases: PackedCases) -> Ranks:
    """The ranks of the outcomes of packed cases."""
    return ranked(cases.below_top, cases.probability, cases.option_start)


def ranked(pays: Float, probability: Float, start: NDArray[np.intp]) -> Ranks:
    """Of outcomes [O] by what they pay, in any unit; start: where each option's begin. Its chances sum to 1."""
    outcomes = probability.size
    lengths = np.diff(start, append=outcomes)
    order = np.lexsort((-pays, np.repeat(np.arange(start.size), lengths)))
    up_to = np.cumsum(probability[order])
    up_to -= np.repeat(up_to[start] - probability[order][start], lengths)
    above = np.empty(outcomes)
    above[1:] = up_to[:-1]
    # whatever rounding leaves of the sum, the best has nothing above it and the worst reaches all
    above[start] = 0.0
    up_to[start + lengths - 1] = 1.0
    result = np.empty((2, outcomes))
    result[:, order] = double_log(np.stack([above, up_to]))
    return Ranks(result[0], result[1])
