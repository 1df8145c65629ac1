"""How far apart are two posteriors?

Never from draws: those are biased (a histogram of 200 adds 0.06 nats). Closed form where both are normal, quadrature in
log space for everything else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.posterior._belief import Belief

Float = NDArray[np.float64]

#: a normal's grid reaches this many sd from its mean, where its density is 1e-31 of the peak
_REACH = 12.0
_POINTS_PER_SD = 96


class Divergences(NamedTuple):
    """Between p and q, in nats; `jensen_shannon` is at most ln 2.

    forward: KL(p ‖ q).   backward: KL(q ‖ p).
    wasserstein: the mean distance that mass must move, in the parameter's own unit (W1).
    """

    forward: float
    backward: float
    jensen_shannon: float
    wasserstein: float


def kl_normal(p: Belief, q: Belief) -> float:
    """KL(p ‖ q) in nats of two beliefs read as normal by mean and sd, in closed form (Kullback & Leibler 1951)."""
    ratio = p.sd / q.sd
    away = (p.mean - q.mean) / q.sd
    return 0.5 * (ratio * ratio + away * away - 1.0) - math.log(ratio)


def between_normals(p: Belief, q: Belief) -> Divergences:
    """All four, of two beliefs read as normal: KL in closed form, the rest by quadrature on the grid of both."""
    grid = _grid(p, q)
    log_p, log_q = _log_normal(grid, p), _log_normal(grid, q)
    return Divergences(
        kl_normal(p, q), kl_normal(q, p), jensen_shannon(grid, log_p, log_q), wasserstein(grid, log_p, log_q)
    )


def between_densities(grid: Float, log_p: Float, log_q: Float) -> Divergences:
    """All four, of log-densities [G] on one increasing grid [G] that holds the mass of both.

    They need not be normalised. Raises ValueError on a grid that does not increase, or a density that is nowhere.
    """
    return Divergences(
        kl(grid, log_p, log_q),
        kl(grid, log_q, log_p),
        jensen_shannon(grid, log_p, log_q),
        wasserstein(grid, log_p, log_q),
    )


def kl(grid: Float, log_p: Float, log_q: Float) -> float:
    """KL(p ‖ q) in nats by the trapezium rule; infinite where q is zero under p."""
    weight = _weights(grid)
    p, log_p, log_q = *_normalised(weight, log_p), _normalised(weight, log_q)[1]
    return max(0.0, float(_expected(weight * p, log_p, log_q)))


def jensen_shannon(grid: Float, log_p: Float, log_q: Float) -> float:
    """Jensen–Shannon divergence in nats, 0 to ln 2 (Lin 1991, IEEE Trans. Inf. Theory 37)."""
    weight = _weights(grid)
    (p, log_p), (q, log_q) = _normalised(weight, log_p), _normalised(weight, log_q)
    log_middle = np.logaddexp(log_p, log_q) - math.log(2.0)
    found = 0.5 * (_expected(weight * p, log_p, log_middle) + _expected(weight * q, log_q, log_middle))
    return min(max(0.0, float(found)), math.log(2.0))


def wasserstein(grid: Float, log_p: Float, log_q: Float) -> float:
    """W1: the area between the two distribution functions, in the grid's unit."""
    weight = _weights(grid)
    apart = _normalised(weight, log_p)[0] - _normalised(weight, log_q)[0]
    gaps = np.diff(grid)
    between = np.cumsum(0.5 * gaps * (apart[1:] + apart[:-1]))
    ends = np.concatenate(([0.0], between))
    return float(np.sum(0.5 * gaps * (np.abs(ends[1:]) + np.abs(ends[:-1]))))


def _expected(mass: Float, log_p: Float, log_q: Float) -> float:
    """Sum of mass · (log p − log q), where there is mass."""
    there = mass > 0
    return float(mass[there] @ (log_p[there] - log_q[there]))


def _weights(grid: Float) -> Float:
    gaps = np.diff(grid)
    if not (gaps > 0).all():
        raise ValueError("expected a grid that increases")
    padded = np.concatenate(([0.0], gaps, [0.0]))
    result: Float = 0.5 * (padded[1:] + padded[:-1])
    return result


def _normalised(weight: Float, log_density: Float) -> tuple[Float, Float]:
    """Density and log-density with total mass 1."""
    top = log_density.max()
    if not math.isfinite(top):
        raise ValueError("expected a density that is finite, and somewhere above zero")
    log_mass = top + math.log(float(weight @ np.exp(log_density - top)))
    log_density = log_density - log_mass
    return np.exp(log_density), log_density


def _grid(p: Belief, q: Belief) -> Float:
    """Fine enough for the narrower, and as wide as both."""
    parts = []
    for one in (p, q):
        count = int(2 * _REACH * _POINTS_PER_SD) + 1
        parts.append(one.mean + one.sd * np.linspace(-_REACH, _REACH, count))
    grid: Float = np.unique(np.concatenate(parts))
    return grid


def _log_normal(grid: Float, belief: Belief) -> Float:
    result: Float = -0.5 * ((grid - belief.mean) / belief.sd) ** 2
    return result
