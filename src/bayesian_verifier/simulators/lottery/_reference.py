"""At which values of risk aversion are judgments described, and how is it read in between?

Every utility has a kink at r = 1 where an outcome leaves nothing (docs/model.md, step 2), so that r = 1 is one of
the points and no polynomial reaches across it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
KINK = 1.0
_COUNT, _WIDTH, _BEND = 96, 1.2, 2.1
_STENCIL = 4


def reference_points() -> Float:
    """96 values of r: 0.05 apart near 0.5, 0.2 apart at the ends, -4.3 and 5.3, which lie 4.8 prior sd away."""
    points: Float = 0.5 + _WIDTH * np.sinh(_BEND * np.linspace(-1.0, 1.0, _COUNT))
    points[np.argmin(np.abs(points - KINK))] = KINK
    return points


def local_points(centre: float, spread: float, count: int) -> Float:
    """Values of r, `spread` apart around the centre; the nearest to 1 is 1 itself, where that lies among them."""
    points: Float = centre + spread * (np.arange(count, dtype=np.float64) - 0.5 * (count - 1))
    nearest = int(np.argmin(np.abs(points - KINK)))
    if 0 < nearest < count - 1:
        points[nearest] = KINK
    return points


def stencils(points: Float, at: Float) -> tuple[NDArray[np.intp], Float]:
    """Four neighbouring points of each value, as indices [n, 4], and their weights [n, 4] in Lagrange's cubic.

    points: increasing [K], K >= 4.   at: [n]; held within the ends. Neighbours lie on the value's own side of r = 1.
    """
    at = np.minimum(np.maximum(at, points[0]), points[-1])
    first = np.searchsorted(points, at) - _STENCIL // 2
    kink = int(np.searchsorted(points, KINK))
    if kink + 1 >= _STENCIL and kink + _STENCIL <= points.size and points[kink] == KINK:
        first = np.where(at <= KINK, np.minimum(first, kink + 1 - _STENCIL), np.maximum(first, kink))
    index = np.minimum(np.maximum(first, 0), points.size - _STENCIL)[:, None] + np.arange(_STENCIL)
    near = points[index]
    away = at[:, None] - near
    left, right = away[:, 0] * away[:, 1], away[:, 2] * away[:, 3]
    weight = np.empty(index.shape)
    weight[:, 0], weight[:, 1] = away[:, 1] * right, away[:, 0] * right
    weight[:, 2], weight[:, 3] = left * away[:, 3], left * away[:, 2]
    gaps = near[:, :, None] - near[:, None, :] + np.eye(_STENCIL)
    return index, weight / gaps.prod(axis=2)
