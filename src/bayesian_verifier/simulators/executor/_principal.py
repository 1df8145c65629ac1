"""How does a principal take what a plan really brought?

A plan is carried out for some jobs, and the principal lives through what each of them paid. What that was worth to
them, less what the best other plan promised, decides on approval and is told as the reward. Only principal and
executor saw the outcomes: a judgment does not hold them, and nobody can write down how likely its answer was.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import normalised_utility
from bayesian_verifier.simulators._protocol import Responses
from bayesian_verifier.simulators.executor._cases import FORECAST
from bayesian_verifier.simulators.executor._facts import FINE, Facts

Float = NDArray[np.float64]
#: share of answers that are a coin's, and how roughly a principal rates
LAPSE, RATING_SD = 0.02, 0.1


def judged(rng: np.random.Generator, theta: Float, facts: Facts) -> Responses:
    """Principal i, θ [n, 2] = (r, ln τ), judges the carrying out of proposal i."""
    experienced = _experienced(rng, theta[:, 0], facts) - _others(theta[:, 0], facts.others)
    with np.errstate(over="ignore"):
        logistic = 1.0 / (1.0 + np.exp(-experienced / np.exp(theta[:, 1])))
    approve = rng.random(len(theta)) < LAPSE / 2 + (1 - LAPSE) * logistic
    return Responses(approve, experienced + RATING_SD * rng.standard_normal(len(theta)))


def _experienced(rng: np.random.Generator, risk_aversion: Float, facts: Facts) -> Float:
    """Mean utility [n] of as many runs as a forecast is made of."""
    which = rng.integers(0, facts.below_top.shape[1], (len(risk_aversion), FORECAST))
    below_top = np.take_along_axis(facts.below_top, which, axis=1)
    span = facts.span[:, None]
    result: Float = normalised_utility(
        below_top, np.maximum(below_top + span, 0.0), span, risk_aversion[:, None]
    ).mean(axis=1)
    return result


def _others(risk_aversion: Float, others: Float) -> Float:
    """What the best other option promises [n], straight between tabulated values of r, held at the ends."""
    at = np.clip(risk_aversion, FINE[0], FINE[-1])
    cell = np.clip(np.searchsorted(FINE, at) - 1, 0, FINE.size - 2)
    part = (at - FINE[cell]) / (FINE[cell + 1] - FINE[cell])
    rows = np.arange(len(at))
    result: Float = (1 - part) * others[rows, cell] + part * others[rows, cell + 1]
    return result
