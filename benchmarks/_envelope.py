"""How much of the power of tests that each know one alternative can a single test have, against all of them at once?

The test with the greatest weighted mean of powers rejects where the weighted mean of likelihood ratios is large (Neyman
& Pearson 1933). So the mean that this test reaches bounds the mean of every test, and with it the least of its powers;
the weights that make the bound least are the least favourable ones (Lehmann & Romano, Testing Statistical Hypotheses,
ch. 8). All from simulated people, with log-likelihood ratios of K alternatives over the null.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
LEVEL = 0.05
#: a step of the search, and how many there are
_STEP, _STEPS = 0.5, 300


def untied(statistics: Float, rng: np.random.Generator) -> Float:
    """Statistics among which chance decides where they are equal, so that a test has its level exactly."""
    result: Float = statistics + 1e-9 * rng.random(statistics.shape)
    return result


def power(null: Float, there: Float) -> Float:
    """Share of statistics [..., M] under alternatives beyond the null's [N] quantile at LEVEL."""
    result: Float = (there > np.quantile(null, 1 - LEVEL)).mean(axis=-1)
    return result


def mixture(ratios: Float, weights: Float) -> Float:
    """Log of the weighted mean [...] of likelihood ratios whose logarithms are [..., K]."""
    with np.errstate(divide="ignore"):
        terms = ratios + np.log(weights)
    top = terms.max(axis=-1)
    result: Float = top + np.log(np.exp(terms - top[..., None]).sum(axis=-1))
    return result


def shares_of_known(null: Float, there: Float, known: Float, weights: Float) -> Float:
    """Power over known [K] of the test with the greatest mean of these ratios under weights [K] that sum to 1.

    null [N, K]: log-ratios of people of the null.   there [K, M, K]: of people of each alternative.
    """
    of_powers = weights / known
    of_powers /= of_powers.sum()
    result: Float = power(mixture(null, of_powers), mixture(there, of_powers)) / known
    return result


def least_favourable(null: Float, there: Float, known: Float) -> Float:
    """Weights [K] under which the greatest mean of power over known [K] is about as small as any weights make it.

    The bound is convex in the weights, and the ratios are its slopes: exponentiated gradient (Kivinen & Warmuth 1997).
    """
    weights = np.full(known.size, 1 / known.size)
    best, least = weights, np.inf
    for step in range(_STEPS):
        ratios = shares_of_known(null, there, known, weights)
        bound = float(weights @ ratios)
        if bound < least:
            best, least = weights, bound
        weights = weights * np.exp(-_STEP / np.sqrt(1 + step / 10) * ratios)
        weights = np.maximum(weights / weights.sum(), 1e-6)
        weights /= weights.sum()
    return best
