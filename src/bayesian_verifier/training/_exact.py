"""What is the exact posterior of a set, where the simulator offers a likelihood?

Quadrature on a grid over both parameters, on the link scale: a coarse pass finds the mass, a fine one measures it.
It judges a network after training; training and serving never see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Simulator

Float = NDArray[np.float64]
_COARSE = (321, 49)
_FINE = (161, 49)
_REACH = 6.0
_NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True)
class ExactPosterior:
    """Joint posterior on an even grid.  r [R], t [T]: link scale.   weight [R, T]: sums to 1."""

    r: Float
    t: Float
    weight: Float

    @property
    def marginal(self) -> Float:
        """Density of the first parameter on r [R]."""
        result: Float = self.weight.sum(axis=1) / (self.r[1] - self.r[0])
        return result

    @property
    def mean(self) -> float:
        """Mean of the first parameter."""
        return float(self.weight.sum(axis=1) @ self.r)

    @property
    def sd(self) -> float:
        """Standard deviation of the first parameter."""
        return float(np.sqrt(self.weight.sum(axis=1) @ (self.r - self.mean) ** 2))

    def quantiles(self, levels: Sequence[float]) -> Float:
        """Quantiles of the first parameter, cells spread evenly."""
        mass = self.weight.sum(axis=1)
        step = self.r[1] - self.r[0]
        edges = np.append(self.r - step / 2, self.r[-1] + step / 2)
        return np.interp(levels, np.append(0.0, np.cumsum(mass)), edges)

    @property
    def points(self) -> Float:
        """The grid as rows of θ [R * T, 2]."""
        return np.stack([m.ravel() for m in np.meshgrid(self.r, self.t, indexing="ij")], axis=1)


def exact_posterior(simulator: Simulator, judgments: Sequence[Judgment]) -> ExactPosterior:
    """The exact posterior of a simulator with two parameters. Raises ValueError if it offers no likelihood."""
    bounds = [
        (p.prior_mean - _REACH * p.prior_sd, p.prior_mean + _REACH * p.prior_sd) for p in simulator.parameters
    ]
    coarse = _on_grid(simulator, judgments, bounds, _COARSE)
    return _on_grid(simulator, judgments, _around_mass(coarse), _FINE)


def _on_grid(
    simulator: Simulator,
    judgments: Sequence[Judgment],
    bounds: list[tuple[float, float]],
    sizes: tuple[int, int],
) -> ExactPosterior:
    r, t = (np.linspace(low, high, size) for (low, high), size in zip(bounds, sizes, strict=True))
    theta = np.stack([m.ravel() for m in np.meshgrid(r, t, indexing="ij")], axis=1)
    log_likelihood = simulator.log_likelihood(theta, judgments)
    if log_likelihood is None:
        raise ValueError(f"simulator {simulator.name!r} offers no likelihood, so there is no exact posterior")
    log_prior = sum(p.log_prior(theta[:, i]) for i, p in enumerate(simulator.parameters))
    log_weight = (log_likelihood + log_prior).reshape(sizes)
    weight = np.exp(log_weight - log_weight.max())
    return ExactPosterior(r, t, weight / weight.sum())


def _around_mass(coarse: ExactPosterior) -> list[tuple[float, float]]:
    """Bounds of the cells that hold all but a negligible share of the mass, and one cell more on either side."""
    bounds = []
    for grid, mass in ((coarse.r, coarse.weight.sum(axis=1)), (coarse.t, coarse.weight.sum(axis=0))):
        there = np.flatnonzero(mass > _NEGLIGIBLE * mass.max())
        step = grid[1] - grid[0]
        bounds.append((grid[there[0]] - step, grid[there[-1]] + step))
    return bounds
