"""What do rivals of the model make of judgments as they were sent?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.simulators.lottery._generator import DenseCases
from bayesian_verifier.simulators.lottery._rival_curves import RIVALS, rival_curves, rival_risk_aversions
from bayesian_verifier.simulators.lottery._rival_surfaces import (
    RivalSurfaces,
    rival_log_noises,
    rival_surfaces,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

_SIGN = {"approve": 1.0, "reject": -1.0, None: 0.0}


class LotteryRivals:
    """Other people than the model's, each explained in `_rivals.py`."""

    names = tuple(RIVALS)

    def __init__(self) -> None:
        self.nodes = (rival_risk_aversions(), rival_log_noises())

    def surfaces(self, told: Sequence[Judgment], cuts: Sequence[int]) -> RivalSurfaces:
        """Log-likelihoods of one or more informative judgments, in the order given, cut into parts."""
        return rival_surfaces(rival_curves(*dense(told)), _answers(told), cuts)


def dense(judgments: Sequence[Judgment]) -> DenseCases:
    """Judgments as padded arrays, as wide as the widest of them."""
    options = [option.outcomes for judgment in judgments for option in judgment.options]
    counts = np.array([len(judgment.options) for judgment in judgments], np.intp)
    lengths = np.array([len(outcomes) for outcomes in options], np.intp)
    pairs = np.array([(o.payoff, o.probability) for outcomes in options for o in outcomes], np.float64)
    widest = int(lengths.max())
    option_there = np.arange(counts.max()) < counts[:, None]
    there = np.zeros((*option_there.shape, widest), np.bool_)
    there[option_there] = np.arange(widest) < lengths[:, None]
    payoff, probability = np.zeros(there.shape), np.zeros(there.shape)
    payoff[there], probability[there] = pairs[:, 0], pairs[:, 1]
    return DenseCases(
        np.array([judgment.wealth for judgment in judgments], np.float64),
        payoff,
        probability,
        np.array([judgment.chosen for judgment in judgments], np.intp),
    )


def _answers(told: Sequence[Judgment]) -> NDArray[np.float64]:
    """Sign of the feedback, reward, and whether there is one [n, 3]."""
    return np.array(
        [
            (_SIGN[j.feedback], 0.0, 0.0) if j.reward is None else (_SIGN[j.feedback], j.reward, 1.0)
            for j in told
        ],
        np.float64,
    )
