"""How well was a person's answer foreseen? Its log-loss under a belief held before it was given."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import (
    EXPLORATION,
    PROBABILITY_WEIGHTING,
    advantage,
    decision_weights,
    expected_utilities,
    has_advantage,
    novelty,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import Belief

    Float = NDArray[np.float64]

#: λ of docs/model.md
LAPSE = 0.02
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(21)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_FEW, _FEW_WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_FEW_WEIGHTS = _FEW_WEIGHTS / _FEW_WEIGHTS.sum()
_SURE, _SURE_WEIGHTS = np.zeros(1), np.ones(1)
# what would overflow is no trait of anybody
_MOST = 10.0


def chance_of_approval(
    judgment: Judgment, belief: Belief, choice_noise: float, others: Mapping[str, Belief] | None = None
) -> float:
    """P(approve), λ/2 to 1 − λ/2: the model's, averaged over a normal belief about r at one τ > 0.

    others: about further traits, by name; exploration is taken as normal, probability_weighting as log-normal, and all
    as independent of each other. Others do not count.
    """
    named = others or {}
    explores = None if judgment.times_tried is None else named.get(EXPLORATION)
    weighs = named.get(PROBABILITY_WEIGHTING)
    at = belief.mean + belief.sd * _NODES
    if (explores is None and weighs is None) or not has_advantage(judgment):
        weighted = _approvals(advantage(judgment, at), choice_noise)
    else:
        leads, weight = _leads(judgment, at, explores, weighs)
        weighted = np.tensordot(weight, _approvals(leads, choice_noise), axes=2)
    return LAPSE / 2 + (1.0 - LAPSE) * float(_WEIGHTS @ weighted)


def _approvals(lead: Float, choice_noise: float) -> Float:
    return 0.5 * (1.0 + np.tanh(0.5 * (lead / choice_noise)))


def _leads(
    judgment: Judgment, at: Float, explores: Belief | None, weighs: Belief | None
) -> tuple[Float, Float]:
    """∆ [A, X, R] of a proposal that has one, at each exponent, exploration and risk aversion [R]; what each of the
    first two counts for [A, X].
    """
    new, new_weight = (_SURE, _SURE_WEIGHTS) if explores is None else (_FEW, _FEW_WEIGHTS)
    bonus = np.zeros((len(judgment.options), new.size))
    if explores is not None:
        liking = np.clip(explores.mean + explores.sd * new, -_MOST, _MOST)
        bonus = np.multiply.outer(novelty(judgment.times_tried or ()), liking)
    worths = _values(judgment, at, weighs)[:, :, None, :] + bonus[:, None, :, None]
    others = np.delete(worths, judgment.chosen, axis=0)
    weigh_weight = _SURE_WEIGHTS if weighs is None else _FEW_WEIGHTS
    return worths[judgment.chosen] - np.nanmax(others, axis=0), np.multiply.outer(weigh_weight, new_weight)


def _values(judgment: Judgment, at: Float, weighs: Belief | None) -> Float:
    """V [options, A, R] at each exponent."""
    if weighs is None:
        return expected_utilities(judgment, at)[:, None]
    mean, sd = weighs.of_logarithm
    exponents = np.exp(np.clip(mean + sd * _FEW, -math.log(_MOST), math.log(_MOST)))
    weighed = [expected_utilities(judgment, at, _weighing(exponent)) for exponent in exponents]
    return np.stack(weighed, axis=1)


def _weighing(exponent: float) -> Callable[[Float], Float]:
    """Of the chances of an option's outcomes, the best first."""
    return lambda chances: decision_weights(chances, np.array([exponent]))[:, 0]


def mean_log_loss(judgments: Sequence[Judgment], belief: Belief, choice_noise: float) -> float | None:
    """Of the feedback among these, in nats; None without any."""
    losses = []
    for judgment in judgments:
        if judgment.feedback is not None:
            chance = chance_of_approval(judgment, belief, choice_noise)
            losses.append(-math.log(chance if judgment.feedback == "approve" else 1.0 - chance))
    return sum(losses) / len(losses) if losses else None
