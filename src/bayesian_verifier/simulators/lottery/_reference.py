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
    points = 0.5 + _WIDTH * np.sinh(_BEND * np.linspace(-1.0, 1.0, _COUNT))
    points[np.argmin(np.abs(points - KINK))] = KINK
    return points


def local_points(centre: float, spread: float, count: int) -> Float:
    """Values of r, `spread` apart around the centre; the nearest to 1 is 1 itself, where that lies among them."""
    points: Float = centre + spread * (np.arange(count) - 0.5 * (count - 1))
    nearest = int(np.argmin(np.abs(points - KINK)))
    if 0 < nearest < count - 1:
        points[nearest] = KINK
    return points


def stencils(points: Float, at: Float) -> tuple[NDArray[np.intp], Float]:
    """Four neighbouring points of each value, as indices [n, 4], and their weights [n, 4] in Lagrange's cubic.

    points: increasing [K], K >= 4.   at: [n]; held within the ends. Neighbours lie on the value's own side of r = 1.
    """
    at = np.clip(at, points[0], points[-1])
    first = np.clip(np.searchsorted(points, at) - _STENCIL // 2, 0, points.size - _STENCIL)
    kink = int(np.searchsorted(points, KINK))
    if _STENCIL <= kink + 1 and kink + _STENCIL <= points.size and points[kink] == KINK:
        first = np.where(
            at <= KINK, np.minimum(first, kink + 1 - _STENCIL), np.maximum(first, kink)
        )
    index = first[:, None] + np.arange(_STENCIL)
    here = points[index]
    weight = np.ones(index.shape)
    for i in range(_STENCIL):
        for j in range(_STENCIL):
            if i != j:
                weight[:, i] *= (at - here[:, j]) / (here[:, i] - here[:, j])
    return index, weight
