"""How likely are a person's answers under a model whose log-likelihood is known at a few nodes of θ?

Nodes are carried to finer ones by cubic splines, in the first parameter and then, its integral taken, in the second.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
_FINER = (3, 4)
#: somebody who changes becomes anybody with this chance, else moves by so much in the first parameter (prior sd)
ANYBODY, _MOVE = 0.4, 1.5


class MisfitGrid:
    """Nodes of two parameters on the link scale, and their independent normal priors (mean, sd).

    first [K], second [T]: ascending nodes.
    along_first [F, K], along_second [T, G]: to the finer nodes.   first_mass [F], second_mass [G]: log of the prior's
    mass nearest to those.   moved [K, F]: density of the first parameter after a move, over the prior's.
    """

    def __init__(
        self, first: Float, second: Float, first_prior: Sequence[float], second_prior: Sequence[float]
    ) -> None:
        r_prior, t_prior = NormalDist(*first_prior), NormalDist(*second_prior)
        r, t = _refined(first, _FINER[0]), _refined(second, _FINER[1])
        self.shape = (first.size, second.size)
        self.along_first = natural_spline(first, r)
        self.along_second = natural_spline(second, t).T
        self.first_mass = np.log(_cell_mass(r, r_prior))
        self.second_mass = np.log(_cell_mass(t, t_prior))
        move = _MOVE * r_prior.stdev
        kernel = np.exp(-0.5 * ((first[:, None] - r) / move) ** 2) / (move * np.sqrt(2 * np.pi))
        density = np.array([r_prior.pdf(float(x)) for x in first])
        self.moved = kernel / density[:, None]

    def log_marginal(self, surfaces: Float) -> Float:
        """Log ∫ exp(surface) dprior of log-likelihoods [..., K, T]: [...]."""
        likelihood, peak = self._likelihood(surfaces)
        return self._over_second(likelihood.sum(axis=0), peak).reshape(surfaces.shape[:-2])

    def log_marginal_of_first(self, curves: Float) -> Float:
        """Log ∫ exp(curve) dprior of log-likelihoods [..., K] in which the second parameter has no part: [...]."""
        fine = curves @ self.along_first.T + self.first_mass
        return _log_sum(fine)

    def log_after_change(self, surfaces: Float) -> Float:
        """Log-density [..., K, T], over the prior's, of who a person is after a change, given surfaces before it.

        They have become anybody, or moved in the first parameter alone. The surfaces' evidence is included.
        """
        likelihood, peak = self._likelihood(surfaces)
        anybody = self._over_second(likelihood.sum(axis=0), peak) - peak
        moved: Float = self.moved @ likelihood.reshape(len(likelihood), -1)
        moved *= 1 - ANYBODY
        after = moved.reshape(-1, *likelihood.shape[1:])
        after += (ANYBODY * np.exp(anybody))[:, None]
        np.maximum(after, 1e-300, out=after)
        np.log(after, out=after)
        after += peak[:, None]
        return after.transpose(1, 0, 2).reshape(surfaces.shape)

    def _likelihood(self, surfaces: Float) -> tuple[Float, Float]:
        """Likelihood times prior mass on the finer first nodes, over exp(peak): [F, B, T], and the peaks [B].

        surfaces [..., K, T]: B in all, side by side in one product.
        """
        k, t = self.shape
        beside = surfaces.reshape(-1, k, t).transpose(1, 0, 2).reshape(k, -1)
        fine = (self.along_first @ beside).reshape(len(self.along_first), -1, t)
        peak = fine.max(axis=0).max(axis=1)
        fine += self.first_mass[:, None, None]
        fine -= peak[:, None]
        return np.exp(fine, out=fine), peak

    def _over_second(self, slices: Float, peak: Float) -> Float:
        fine = np.log(np.maximum(slices, 1e-300)) @ self.along_second + self.second_mass
        return _log_sum(fine) + peak


def _log_sum(values: Float) -> Float:
    top = values.max(axis=-1)
    result: Float = np.log(np.exp(values - top[..., None]).sum(axis=-1)) + top
    return result


def _refined(nodes: Float, by: int) -> Float:
    return np.interp(np.arange((nodes.size - 1) * by + 1) / by, np.arange(nodes.size), nodes)


def _cell_mass(nodes: Float, prior: NormalDist) -> Float:
    """Prior mass nearest to each node, what lies beyond the ends included."""
    below = np.array([prior.cdf(float(x)) for x in (nodes[1:] + nodes[:-1]) / 2])
    return np.diff(below, prepend=0.0, append=1.0)


def natural_spline(points: Float, at: Float) -> Float:
    """The matrix [at, points] that takes values at the points to the natural cubic spline through them.

    Source: de Boor (1978), ch. IV.
    """
    n = points.size
    h = np.diff(points)
    second, rhs = np.eye(n), np.zeros((n, n))
    for i in range(1, n - 1):
        second[i, i - 1 : i + 2] = h[i - 1] / 6, (h[i - 1] + h[i]) / 3, h[i] / 6
        rhs[i, i - 1 : i + 2] = 1 / h[i - 1], -1 / h[i - 1] - 1 / h[i], 1 / h[i]
    curvature = np.linalg.solve(second, rhs)
    cell = np.clip(np.searchsorted(points, at, side="right") - 1, 0, n - 2)
    b = (at - points[cell]) / h[cell]
    a = 1.0 - b
    matrix = np.zeros((at.size, n))
    rows = np.arange(at.size)
    matrix[rows, cell] += a
    matrix[rows, cell + 1] += b
    bend = (h[cell] ** 2 / 6)[:, None]
    matrix += bend * ((a**3 - a)[:, None] * curvature[cell] + (b**3 - b)[:, None] * curvature[cell + 1])
    return matrix
