"""How is a line cut into panels on which a polynomial is as good as the function?

Gauss–Legendre nodes on each panel: integrals, quantiles and a measure of what the polynomial misses all come
from the same Legendre coefficients. Kinks are given as edges or end up in small panels of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import legendre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
ORDER = 8
NODES, WEIGHTS = legendre.leggauss(ORDER)
# Values at the nodes -> Legendre coefficients, [coefficient, node].
COEFFICIENTS = (np.arange(ORDER) + 0.5)[:, None] * (legendre.legvander(NODES, ORDER - 1).T * WEIGHTS)


@dataclass(frozen=True)
class Axis:
    """A line cut at ascending `edges`."""

    edges: Array

    @cached_property
    def half(self) -> Array:
        """Half the width of each panel."""
        return np.diff(self.edges) / 2

    @cached_property
    def nodes(self) -> Array:
        """All points, ascending, [panels · ORDER]."""
        middle = (self.edges[1:] + self.edges[:-1]) / 2
        return (middle[:, None] + self.half[:, None] * NODES).ravel()

    @cached_property
    def weights(self) -> Array:
        """What a value at each point counts in an integral, [panels · ORDER]."""
        return (self.half[:, None] * WEIGHTS).ravel()

    def missed(self, values: Array) -> Array:
        """The size of the two highest coefficients of `values` [points, lines], as [panels, lines]."""
        by_panel = values.reshape(len(self.half), ORDER, -1)
        highest = np.einsum("kj,pjn->pkn", COEFFICIENTS[-2:], by_panel)
        return np.asarray(np.abs(highest).sum(axis=1) * self.half[:, None])

    def split(self, panels: NDArray[np.bool_]) -> tuple[Axis, NDArray[np.int64]]:
        """The axis with the marked panels halved; and for each of its points the old index, -1 where new."""
        middle = (self.edges[1:] + self.edges[:-1]) / 2
        finer = Axis(np.sort(np.concatenate([self.edges, middle[panels]])))
        points = np.where(panels[:, None], -1, np.arange(len(self.nodes)).reshape(-1, ORDER))
        return finer, np.repeat(points, np.where(panels, 2, 1), axis=0).ravel()


def even(low: float, high: float, panels: int, kink: float | None = None) -> Axis:
    """About `panels` equal panels on [low, high], cut at the kink too if it lies inside."""
    edges = np.linspace(low, high, panels + 1)
    if kink is not None and low < kink < high:
        edges = np.unique(np.append(edges, kink))
    return Axis(edges)


@dataclass(frozen=True)
class Marginal:
    """A density at the points of an axis, with what can be read off it."""

    axis: Axis
    density: Array

    @property
    def grid(self) -> Array:
        """The points."""
        return self.axis.nodes

    def expectation(self, values: Array) -> float:
        """The integral of `values` at the points against the density."""
        return float(np.sum(self.axis.weights * self.density * values))

    @cached_property
    def mean(self) -> float:
        """The expected value."""
        return self.expectation(self.grid)

    @cached_property
    def sd(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(self.expectation((self.grid - self.mean) ** 2)))

    def quantiles(self, levels: Sequence[float] = LEVELS) -> Array:
        """The quantiles at `levels` in (0, 1): a panel's polynomial integrated and inverted."""
        mass = (self.axis.weights * self.density).reshape(-1, ORDER).sum(axis=1)
        reached = np.concatenate([[0.0], np.cumsum(mass)])
        return np.array([self._quantile(level * reached[-1], reached) for level in levels])

    def _quantile(self, level: float, reached: Array) -> float:
        panel = min(max(int(np.searchsorted(reached, level)) - 1, 0), len(self.axis.half) - 1)
        density = COEFFICIENTS @ self.density.reshape(-1, ORDER)[panel]
        share = legendre.legint(density * self.axis.half[panel], lbnd=-1)
        low, high = -1.0, 1.0
        for _ in range(50):
            t = (low + high) / 2
            low, high = (t, high) if legendre.legval(t, share) < level - reached[panel] else (low, t)
        return float(self.axis.edges[panel] + self.axis.half[panel] * (1 + low))
