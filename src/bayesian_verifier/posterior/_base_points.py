"""Which fixed points of the normal distribution does every summary rest on?

A golden-ratio lattice fills the unit cube evenly (the first coordinate in equal steps, the others by powers
of the generalised golden ratio: Roberts 2018,
https://extremelearning.com.au/unreasonable-effectiveness-of-quasirandom-sequences/); normal quantiles carry
it over. Quantiles read off it are half as far off as with as many of Sobol's points. The points never
change, so a summary is deterministic.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def base_points(count: int, dimensions: int) -> NDArray[np.float32]:
    """Points float32 [count, dimensions] of the standard normal: mean 0 and identity covariance, exactly.

    dimensions >= 1, count > 2 × dimensions; ValueError otherwise.
    """
    if dimensions < 1 or count <= 2 * dimensions:
        raise ValueError(f"cannot spread {count} points over {dimensions} dimensions")
    quantile = NormalDist().inv_cdf
    normal = np.array([[quantile(float(u)) for u in row] for row in golden_lattice(count, dimensions)])
    normal -= normal.mean(axis=0)
    spread = np.linalg.cholesky(normal.T @ normal / count)
    return np.linalg.solve(spread, normal.T).T.astype(np.float32)


def golden_lattice(count: int, dimensions: int) -> NDArray[np.float64]:
    """Evenly spread points [count, dimensions] in the open unit cube."""
    index = np.arange(count)
    ratio = _golden_ratio(dimensions - 1)
    steps = [((0.5 + index * ratio**-k) % 1.0) for k in range(1, dimensions)]
    return np.clip(np.stack([(index + 0.5) / count, *steps], axis=1), 0.25 / count, 1 - 0.25 / count)


def _golden_ratio(order: int) -> float:
    """The positive root of x**(order + 1) = x + 1: the golden ratio for order 1."""
    x = 1.5
    for _ in range(64):
        x = (1.0 + x) ** (1.0 / (order + 1))
    return x
