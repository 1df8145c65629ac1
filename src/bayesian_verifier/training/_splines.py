"""How are values at knots carried in between?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def cubic_interpolation(points: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
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
    rows = np.arange(at.size)
    matrix = np.zeros((at.size, n))
    matrix[rows, cell] += a
    matrix[rows, cell + 1] += b
    bend = (h[cell] ** 2 / 6)[:, None]
    matrix += bend * ((a**3 - a)[:, None] * curvature[cell] + (b**3 - b)[:, None] * curvature[cell + 1])
    return matrix
