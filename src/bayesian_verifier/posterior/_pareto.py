"""Can importance weights be relied on, and how are their greatest tamed?

Pareto-smoothed importance sampling: the greatest weights are replaced by what a generalised Pareto distribution,
fitted to them, expects of their ranks; its shape k says how far the proposal falls short of the target.
Sources: Vehtari, Simpson, Gelman, Yao & Gabry (2024), JMLR 25(72); Zhang & Stephens (2009), Technometrics 51(3).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
#: fewer tail weights than this say nothing about a tail
_LEAST_TAIL = 5
#: a share of the greatest weight whose reciprocal is still a number; what is below says nothing about a tail
_NOTHING = 1e-280
#: the shape is drawn towards 1/2 as if by this many weights (Vehtari et al. 2024, appendix G)
_PRIOR_WEIGHTS, _PRIOR_SHAPE = 10.0, 0.5
_GRID_BASE = 30
_GRID_PRIOR = 3.0


class Weights(NamedTuple):
    """Smoothed importance weights.

    share [S]: they sum to 1.   pareto_k: the tail's shape, -inf where no weights stand out, inf where too few do.
    effective: effective sample size as a share of S, (0, 1].   log_greatest: of the smoothed log-weights.
    """

    share: Float
    pareto_k: float
    effective: float
    log_greatest: float


class ParetoFit(NamedTuple):
    """Generalised Pareto distribution of excesses: shape k and scale σ > 0."""

    shape: float
    scale: float


def smoothed(log_weight: Float) -> Weights:
    """Smooth unnormalised log-weights [S], finite or -inf, not all -inf.

    Raises ValueError for NaN, +inf or nothing but -inf.
    """
    top = float(log_weight.max())
    if not math.isfinite(top):
        raise ValueError("expected log-weights below infinity, some of them finite")
    weight = np.exp(log_weight - top)
    tail = math.ceil(min(0.2 * weight.size, 3.0 * math.sqrt(weight.size)))
    order = np.argsort(weight)
    cut = max(float(weight[order[-tail - 1]]) if tail < weight.size else 0.0, _NOTHING)
    greatest = order[-tail:][weight[order[-tail:]] > cut]  # those that tie with the cut exceed it by nothing
    tail = greatest.size
    excess = weight[greatest] - cut
    # a handful of weights above all others is a tail that nothing can be said of
    shape = math.inf if 0 < tail < _LEAST_TAIL else -math.inf
    if tail >= _LEAST_TAIL and excess[-1] > 1e-10 * cut:
        fit = fit_pareto(excess)
        shape = _drawn_in(fit.shape, tail)
        weight[greatest] = np.minimum(cut + _expected(ParetoFit(shape, fit.scale), tail), 1.0)
    share = weight / weight.sum()
    effective = float(1.0 / (share**2).sum()) / share.size
    return Weights(share, shape, effective, top + math.log(float(weight.max())))


def greatest_reliable_shape(draws: int) -> float:
    """The shape beyond which `draws` weighted draws cannot be relied on (Vehtari et al. 2024, section 3.2.4)."""
    return min(1.0 - 1.0 / math.log10(draws), 0.7)


def fit_pareto(excess: Float) -> ParetoFit:
    """The distribution of excesses [M] > 0, increasing, by Zhang and Stephens's posterior mean of θ = -k/σ."""
    m = excess.size
    grid = _GRID_BASE + math.isqrt(m)
    quartile = excess[int(m / 4 + 0.5) - 1]
    steps = np.arange(1, grid + 1) - 0.5
    theta = 1.0 / excess[-1] + (1.0 - np.sqrt(grid / steps)) / (_GRID_PRIOR * quartile)
    shape = np.log1p(-theta[:, None] * excess[None, :]).mean(axis=1)
    likelihood = m * (np.log(-theta / shape) - shape - 1.0)
    weight = np.exp(likelihood - likelihood.max())
    mean = float((theta * weight).sum() / weight.sum())
    k = float(np.log1p(-mean * excess).mean())
    return ParetoFit(k, -k / mean)


def _drawn_in(shape: float, tail: int) -> float:
    return (tail * shape + _PRIOR_WEIGHTS * _PRIOR_SHAPE) / (tail + _PRIOR_WEIGHTS)


def _expected(fit: ParetoFit, count: int) -> Float:
    """Quantiles of the fitted distribution at the ranks of `count` excesses, increasing."""
    level = np.log1p(-(np.arange(1, count + 1) - 0.5) / count)
    if abs(fit.shape) < 1e-12:  # noqa: PLR2004 - the exponential is its limit
        return -fit.scale * level
    with np.errstate(over="ignore"):  # beyond all bounds is where the greatest raw weight is the bound
        result: Float = fit.scale * np.expm1(-fit.shape * level) / fit.shape
    return result
