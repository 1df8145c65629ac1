"""What is the exact posterior of three or four parameters together, where the simulator offers a likelihood?

Quadrature on an even grid on the link scale: a coarse pass over what the prior allows finds the mass, passes around it
measure it. It judges a network after training; training and serving never see it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators import log_prior
from bayesian_verifier.training._exact import ExactPosterior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Simulator

Float = NDArray[np.float64]
_REACH = 5.0
_PASSES = 2


@dataclass(frozen=True)
class JointPosterior:
    """Posterior on a grid.  axes: P of them, even, link scale.   weight [len of each axis]: sums to 1."""

    axes: tuple[Float, ...]
    weight: Float

    @cached_property
    def points(self) -> Float:
        """The grid as rows of θ [N, P]."""
        return np.stack([m.ravel() for m in np.meshgrid(*self.axes, indexing="ij")], axis=1)

    @cached_property
    def mean(self) -> Float:
        """Means [P]."""
        result: Float = self.weight.ravel() @ self.points
        return result

    @cached_property
    def covariance(self) -> Float:
        """Covariances [P, P]."""
        centred = self.points - self.mean
        result: Float = (centred * self.weight.reshape(-1, 1)).T @ centred
        return result

    @property
    def sd(self) -> Float:
        """Standard deviations [P]."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def correlation(self) -> Float:
        """Correlations [P, P]."""
        result: Float = self.covariance / np.outer(self.sd, self.sd)
        return result

    def marginal(self, axis: int) -> Float:
        """Mass along one axis, sums to 1."""
        result: Float = self.weight.sum(axis=tuple(i for i in range(len(self.axes)) if i != axis))
        return result

    @cached_property
    def carrying(self) -> NDArray[np.intp]:
        """Which points hold all but a ten-thousandth of the mass."""
        order = np.argsort(self.weight.ravel())[::-1]
        reached = np.cumsum(self.weight.ravel()[order])
        result: NDArray[np.intp] = order[: int(np.searchsorted(reached, 1.0 - 1e-4)) + 1]
        return result

    def divergence(self, log_density: Float) -> float:
        """KL(this ‖ q) in nats of a density whose logarithm at the `carrying` points is given."""
        weight = self.weight.ravel()[self.carrying]
        return float((weight / weight.sum()) @ (np.log(weight / weight.sum()) - self._log_cell - log_density))

    def mass(self, log_density: Float) -> float:
        """What a density whose logarithm at the points is given amounts to on the grid."""
        return float(np.exp(log_density + self._log_cell).sum())

    @property
    def ends(self) -> ExactPosterior:
        """Of the first and the last parameter alone."""
        between = tuple(range(1, len(self.axes) - 1))
        return ExactPosterior(self.axes[0], self.axes[-1], self.weight.sum(axis=between))

    @property
    def _log_cell(self) -> float:
        return sum(math.log(axis[1] - axis[0]) for axis in self.axes)


def joint_posterior(
    simulator: Simulator,
    judgments: Sequence[Judgment],
    *,
    coarse: Sequence[int],
    fine: Sequence[int],
    negligible: float = 1e-7,
) -> JointPosterior:
    """The exact posterior on a grid with `fine` points along each parameter, found by one with `coarse`.

    negligible: share of its peak that a marginal is left out below; few points must not reach far into long tails.
    Raises ValueError if the simulator offers no likelihood.
    """
    bounds = [
        (p.prior_mean - _REACH * p.prior_sd, p.prior_mean + _REACH * p.prior_sd) for p in simulator.parameters
    ]
    found = _on_grid(simulator, judgments, bounds, coarse)
    for last in range(_PASSES):
        found = _on_grid(
            simulator, judgments, _around_mass(found, negligible), fine if last == _PASSES - 1 else coarse
        )
    return found


def _on_grid(
    simulator: Simulator,
    judgments: Sequence[Judgment],
    bounds: Sequence[tuple[float, float]],
    sizes: Sequence[int],
) -> JointPosterior:
    axes = tuple(np.linspace(low, high, size) for (low, high), size in zip(bounds, sizes, strict=True))
    theta = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=1)
    log_likelihood = simulator.log_likelihood(theta, judgments)
    if log_likelihood is None:
        raise ValueError(f"simulator {simulator.name!r} offers no likelihood, so there is no exact posterior")
    log_weight = log_likelihood + log_prior(simulator.parameters, theta)
    weight = np.exp(log_weight - log_weight.max()).reshape(sizes)
    return JointPosterior(axes, weight / weight.sum())


def _around_mass(found: JointPosterior, negligible: float) -> list[tuple[float, float]]:
    """Bounds of the cells that hold all but a negligible share of each marginal, and one cell more on either side."""
    bounds = []
    for number, axis in enumerate(found.axes):
        mass = found.marginal(number)
        there = np.flatnonzero(mass > negligible * mass.max())
        step = axis[1] - axis[0]
        bounds.append((float(axis[there[0]] - step), float(axis[there[-1]] + step)))
    return bounds
