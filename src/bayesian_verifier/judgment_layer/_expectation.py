"""What is each option worth, on average over what we believe about the person?

docs/model.md, "Choosing by all that is believed". Of traits beside risk aversion those count that the belief names.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import (
    EXPLORATION,
    PROBABILITY_WEIGHTING,
    decision_weights,
    expected_utilities,
    novelty,
)
from bayesian_verifier.posterior import QUANTILE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Case
    from bayesian_verifier.posterior import Belief

    Float = NDArray[np.float64]

#: the traits that the worth of an option depends on besides risk aversion
FURTHER = EXPLORATION, PROBABILITY_WEIGHTING
_STANDARD = NormalDist()
_NODES = 33
_SCORES = np.array([_STANDARD.inv_cdf((node + 0.5) / _NODES) for node in range(_NODES)])
_KNOWN_SCORES = np.array([_STANDARD.inv_cdf(level) for level in QUANTILE_LEVELS])
# Utility is defined, and does not overflow, for risk aversions up to here; nor is any other trait taken to be greater.
_GREATEST = 10.0


def nodes(belief: Belief) -> Float:
    """33 equally likely values of risk aversion that stand for a belief, ascending, within ±10.

    They are the belief's quantiles at (k + ½)/33. Between those that are known the quantile function is a
    straight line in the normal score, as it is beyond them, so that a normal belief is taken as it is; where
    none is known the belief is taken as normal.
    """
    if not belief.quantiles:
        return np.clip(belief.mean + belief.sd * _SCORES, -_GREATEST, _GREATEST)
    return np.asarray(np.clip(_between(np.array(belief.quantiles)), -_GREATEST, _GREATEST))


def exponents(belief: Belief) -> Float:
    """33 equally likely exponents of probability weighting, ascending, within 0.1 to 10: as `nodes` on a scale of
    logarithms, and log-normal where no quantile is known.
    """
    least = 1.0 / _GREATEST
    if belief.quantiles:
        found = _between(np.log(np.clip(belief.quantiles, least, _GREATEST)))
    else:
        mean, sd = belief.of_logarithm
        found = mean + sd * _SCORES
    return np.exp(np.clip(found, -math.log(_GREATEST), math.log(_GREATEST)))


def _between(known: Float) -> Float:
    """The quantiles at (k + ½)/33, of those at QUANTILE_LEVELS."""
    slopes = np.diff(known) / np.diff(_KNOWN_SCORES)
    piece = np.clip(np.searchsorted(_KNOWN_SCORES, _SCORES) - 1, 0, len(slopes) - 1)
    values: Float = known[piece] + slopes[piece] * (_SCORES - _KNOWN_SCORES[piece])
    return values


def expected_values(
    case: Case, belief: Belief, others: Mapping[str, Belief] | None = None
) -> tuple[float | None, ...]:
    """Posterior-expected worth of each option; None for an option that is not feasible.

    belief: about risk aversion; with it alone, worths are V, in [0, 1].   others: about further traits, by name.
    With `probability_weighting` outcomes count by weights instead of chances; with `exploration`, and counts of tries,
    what is new is worth more or less, so that worths may leave [0, 1].
    Where wealth is an interval, its middle stands for it.
    """
    others = others or {}
    low, high = case.wealth_range
    at_a_point = case.model_copy(update={"wealth": low + (high - low) / 2})
    means = expected_utilities(at_a_point, nodes(belief), _weigh(others)).mean(axis=1)
    if (explores := others.get(EXPLORATION)) is not None and case.times_tried is not None:
        # worth is linear in this trait, so that its mean is all that counts, whatever it hangs together with
        means += min(max(explores.mean, -_GREATEST), _GREATEST) * novelty(case.times_tried)
    return tuple(None if np.isnan(mean) else float(mean) for mean in means)


def _weigh(others: Mapping[str, Belief]) -> Callable[[Float], Float] | None:
    """Expected weights of an option's outcomes, the best first; None where nothing is believed of how they are weighed.

    The trait is taken as independent of risk aversion, so that an outcome's worth is the product of its expected
    weight and its expected utility.
    """
    weighs = others.get(PROBABILITY_WEIGHTING)
    if weighs is None:
        return None
    at = exponents(weighs)
    return lambda chances: decision_weights(chances, at).mean(axis=1)
