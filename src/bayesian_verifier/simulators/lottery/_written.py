"""What was written in judgments, as arrays?

Read once from the records: the network's sums and the rivals of the model are made from the same arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._generator import DenseCases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
Index = NDArray[np.intp]


class Written(NamedTuple):
    """N cases in order, as written: outcomes without a chance are among them.

    payoff, probability [O]: of the outcomes.   outcomes [P]: how many each option has.   options [n]: how many each
    case has.   wealth, chosen [n].
    """

    payoff: Float
    probability: Float
    outcomes: Index
    options: Index
    wealth: Float
    chosen: Index

    def dense(self) -> DenseCases:
        """The same as padded arrays, as wide as the widest case."""
        payoff, probability = self.padded(self.payoff, self.probability)
        return DenseCases(self.wealth, payoff, probability, self.chosen)

    def padded(self, *parts: Float) -> list[Float]:
        """Each of so many numbers of the outcomes [O] as [n, options, outcomes], 0 where there is none."""
        if not self.options.size:
            return [np.zeros((0, 2, 1))] * len(parts)
        shape = (self.options.size, int(self.options.max()), int(self.outcomes.max()))
        if self.payoff.size == shape[0] * shape[1] * shape[2]:
            return [part.reshape(shape) for part in parts]
        there = np.zeros(shape, np.bool_)
        option_there = np.arange(shape[1]) < self.options[:, None]
        there[option_there] = np.arange(shape[2]) < self.outcomes[:, None]
        result = [np.zeros(shape) for _ in parts]
        for padded, part in zip(result, parts, strict=True):
            padded[there] = part
        return result


def written(judgments: Sequence[Judgment]) -> Written:
    """Cases of judgments."""
    payoff: list[float] = []
    probability: list[float] = []
    outcomes: list[int] = []
    for judgment in judgments:
        for option in judgment.options:
            outcomes.append(len(option.outcomes))
            for outcome in option.outcomes:
                payoff.append(outcome.payoff)
                probability.append(outcome.probability)
    return Written(
        np.array(payoff, np.float64),
        np.array(probability, np.float64),
        np.array(outcomes, np.intp),
        np.array([len(judgment.options) for judgment in judgments], np.intp),
        np.array([judgment.wealth for judgment in judgments], np.float64),
        np.array([judgment.chosen for judgment in judgments], np.intp),
    )
