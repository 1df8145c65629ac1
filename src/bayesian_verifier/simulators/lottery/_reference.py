"""At which values of risk aversion are judgments described, and how is it read in between?

Every utility has a kink at r = 1 where an outcome leaves nothing (docs/model.md, step 2), so that r = 1 is one of
the points and no polynomial reaches across it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import ModuleType

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
    """Values of r, `spread` apart around the centre, moved so that one of them is 1, where that lies among them."""
    points: Float = centre + spread * (np.arange(count, dtype=np.float64) - 0.5 * (count - 1))
    nearest = int(np.argmin(np.abs(points - KINK)))
    if 0 < nearest < count - 1:
        points += KINK - points[nearest]
        points[nearest] = KINK
    return points


def stencils(points: Float, at: Float, xp: ModuleType = np) -> tuple[NDArray[np.intp], Float]:
    """Four neighbouring points of each value, as indices [n, 4], and their weights [n, 4] in Lagrange's cubic.

    points: increasing [K], K >= 4.   at: [n]; held within the ends. Neighbours lie on the value's own side of r = 1.
    xp: NumPy, or jax.numpy where JAX traces this.
    """
    at = xp.clip(at, points[0], points[-1])
    # counted rather than searched for: what JAX makes of a search is a loop
    first = (xp.asarray(points)[None, :] < at[:, None]).sum(axis=1) - _STENCIL // 2
    kink = int(np.searchsorted(points, KINK))
    if kink + 1 >= _STENCIL and kink + _STENCIL <= points.size and points[kink] == KINK:
        first = xp.where(at <= KINK, xp.minimum(first, kink + 1 - _STENCIL), xp.maximum(first, kink))
    first = xp.clip(first, 0, points.size - _STENCIL)
    index = first[:, None] + np.arange(_STENCIL)
    near = xp.asarray(points)[index]
    a, b, c, d = (at - near[:, i] for i in range(_STENCIL))
    left, right = a * b, c * d
    weight = xp.stack([b * right, a * right, left * d, left * c], axis=1)
    if xp is np:
        return index, weight / _gaps(points.tobytes())[first]
    gaps = near[:, :, None] - near[:, None, :] + np.eye(_STENCIL, dtype=near.dtype)
    return index, weight / gaps.prod(axis=2)


@lru_cache(maxsize=8)
def _gaps(points: bytes) -> Float:
    """Lagrange's denominators of each four neighbours among points, float64 [K]: [K - 3, 4]."""
    windows = np.lib.stride_tricks.sliding_window_view(np.frombuffer(points), _STENCIL)
    gaps = windows[:, :, None] - windows[:, None, :] + np.eye(_STENCIL)
    result: Float = gaps.prod(axis=2)
    return result
