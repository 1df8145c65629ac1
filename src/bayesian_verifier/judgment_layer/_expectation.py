"""What is each option worth, on average over what we believe about the person?"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import expected_utilities
from bayesian_verifier.posterior import QUANTILE_LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Case
    from bayesian_verifier.posterior import Belief

_STANDARD = NormalDist()
_NODES = 33
_SCORES = np.array([_STANDARD.inv_cdf((node + 0.5) / _NODES) for node in range(_NODES)])
_KNOWN_SCORES = np.array([_STANDARD.inv_cdf(level) for level in QUANTILE_LEVELS])
# Utility is defined, and does not overflow, for risk aversions up to here.
_GREATEST = 10.0


def nodes(belief: Belief) -> NDArray[np.float64]:
    """33 equally likely values of risk aversion that stand for a belief, ascending, within ±10.

    They are the belief's quantiles at (k + ½)/33. Between those that are known the quantile function is a
    straight line in the normal score, as it is beyond them, so that a normal belief is taken as it is; where
    none is known the belief is taken as normal.
    """
    if not belief.quantiles:
        return np.clip(belief.mean + belief.sd * _SCORES, -_GREATEST, _GREATEST)
    known = np.array(belief.quantiles)
    slopes = np.diff(known) / np.diff(_KNOWN_SCORES)
    piece = np.clip(np.searchsorted(_KNOWN_SCORES, _SCORES) - 1, 0, len(slopes) - 1)
    values: NDArray[np.float64] = known[piece] + slopes[piece] * (_SCORES - _KNOWN_SCORES[piece])
    return np.asarray(np.clip(values, -_GREATEST, _GREATEST))


def expected_values(case: Case, belief: Belief) -> tuple[float | None, ...]:
    """Posterior-expected V of each option, in [0, 1]; None for an option that is not feasible.

    Where wealth is an interval, its middle stands for it.
    """
    low, high = case.wealth_range
    at_a_point = case.model_copy(update={"wealth": low + (high - low) / 2})
    means = expected_utilities(at_a_point, nodes(belief)).mean(axis=1)
    return tuple(None if np.isnan(mean) else float(mean) for mean in means)
