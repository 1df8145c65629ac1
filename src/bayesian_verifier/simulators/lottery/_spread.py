"""How are the advantages of many answers kept in a table of fixed size?

Each signed advantage is spread over the three quadratic B-splines around it, on an axis stretched near zero. The
sums of their weights say of any smooth function of the advantage what it adds up to (de Boor 1978, ch. XII), the
learned potentials and the logarithm of the chance of an answer among them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import ModuleType

Float = NDArray[np.float64]
#: advantages are spread by arcsinh(∆ / STRETCH): small ones decide for people with little noise
STRETCH = 0.01
#: weights are multiples of this: up to 1,024 answers are summed exactly in single precision and in 24 bits
GRAIN = 2.0**-13
KNOTS = 40
_CELLS = KNOTS - 2


def warped(delta: Float) -> Float:
    """Signed advantages in [-1, 1] on the axis of the knots, [-1, 1]."""
    result: Float = delta / STRETCH
    np.arcsinh(result, out=result)
    result /= math.asinh(1.0 / STRETCH)
    return result


def unwarped(place: Float) -> Float:
    """The advantage at a place on the axis; past its ends it goes on growing."""
    result: Float = STRETCH * np.sinh(place * math.asinh(1.0 / STRETCH))
    return result


def spread(delta: Float) -> Float:
    """Counts [K, KNOTS] of signed advantages [n, K] of n answers at K reference points; each answer adds 1 to a row."""
    n, points = delta.shape
    if not n:
        return np.zeros((points, KNOTS))
    at = warped(delta)
    at += 1.0
    at *= 0.5 * _CELLS
    cell = at.astype(np.intp)
    np.minimum(cell, _CELLS - 1, out=cell)
    at -= cell
    low, high = 1.0 - at, at
    for part in (low, high):
        np.multiply(part, part, out=part)
        np.multiply(part, 0.5 / GRAIN, out=part)
        np.rint(part, out=part)
    cell += np.arange(0, points * KNOTS, KNOTS)
    place, size = cell.ravel(), points * KNOTS
    total: Float = np.bincount(place, low.ravel(), size).astype(np.float64, copy=False)
    total[2:] += np.bincount(place, high.ravel(), size)[:-2]
    low += high
    total[1:] += np.bincount(place, np.subtract(1.0 / GRAIN, low, out=low).ravel(), size)[:-1]
    total *= GRAIN
    return total.reshape(points, KNOTS)


def sites() -> Float:
    """The advantages [KNOTS + 2] that a function is read at for `collected` counts."""
    place: Float = -1.0 + (np.arange(-1, KNOTS + 1, dtype=np.float64) - 0.5) / (0.5 * _CELLS)
    return unwarped(place)


def collected(counts: Float, xp: ModuleType = np) -> Float:
    """Counts [K, KNOTS] turned into weights [K, KNOTS + 2] of a function's values at the `sites`.

    Σ f(∆) over the answers is their product: the spline with these values' quasi-interpolant coefficients
    (-1/8, 5/4, -1/8) follows quadratics exactly.
    """
    end = xp.zeros((counts.shape[0], 2), counts.dtype)
    padded = xp.concatenate([end, counts, end], axis=1)
    result: Float = 1.25 * padded[:, 1:-1] - 0.125 * (padded[:, 2:] + padded[:, :-2])
    return result
