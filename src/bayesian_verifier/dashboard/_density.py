"""Which curve has these quantiles? A smooth density through them, or the normal where only mean and sd are known.

The quantile function is taken on the scale of the normal's: x as an increasing cubic of z, in straight lines beyond the
outermost quantiles; a normal's is one straight line. The density at x(z) is then φ(z)/x'(z).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from itertools import pairwise
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_NORMAL = NormalDist()
_SCORES = tuple(_NORMAL.inv_cdf(level) for level in LEVELS)
_REACH = 3.2
_POINTS = 241
#: quantiles that are closer than this share of the mean slope are drawn as far apart: a density has no atoms
_LEAST_SLOPE = 0.05


class Curve(NamedTuple):
    """A density at increasing places."""

    x: list[float]
    density: list[float]


def curve_of(mean: float, sd: float, quantiles: Sequence[float] | None) -> Curve:
    """The density of a belief. quantiles: at LEVELS, non-decreasing, or None."""
    known = quantiles if quantiles and quantiles[-1] > quantiles[0] else None
    knots = _apart(known) if known else tuple(mean + sd * z for z in _SCORES)
    slopes = _slopes(knots)
    x, density = [], []
    for step in range(_POINTS):
        z = _REACH * (2 * step / (_POINTS - 1) - 1)
        place, slope = _at(z, knots, slopes)
        x.append(place)
        density.append(_NORMAL.pdf(z) / slope)
    return Curve(x, density)


def _apart(quantiles: Sequence[float]) -> tuple[float, ...]:
    """The quantiles, those that are all but equal a little apart."""
    least = _LEAST_SLOPE * (quantiles[-1] - quantiles[0]) / (_SCORES[-1] - _SCORES[0])
    found = [quantiles[0]]
    for quantile, (u, v) in zip(quantiles[1:], pairwise(_SCORES), strict=True):
        found.append(max(quantile, found[-1] + least * (v - u)))
    return tuple(found)


def _slopes(knots: Sequence[float]) -> list[float]:
    """Of x(z) at each quantile, so that it never decreases (Fritsch & Carlson 1980, SIAM J. Numer. Anal. 17)."""
    chords = [(b - a) / (v - u) for (a, b), (u, v) in zip(pairwise(knots), pairwise(_SCORES), strict=True)]
    inner = [2 * a * b / (a + b) for a, b in pairwise(chords)]
    return [chords[0], *inner, chords[-1]]


def _at(z: float, knots: Sequence[float], slopes: Sequence[float]) -> tuple[float, float]:
    """x(z) and x'(z)."""
    last = len(_SCORES) - 1
    if z <= _SCORES[0]:
        return knots[0] + slopes[0] * (z - _SCORES[0]), slopes[0]
    if z >= _SCORES[last]:
        return knots[last] + slopes[last] * (z - _SCORES[last]), slopes[last]
    i = bisect_right(_SCORES, z) - 1
    width = _SCORES[i + 1] - _SCORES[i]
    s = (z - _SCORES[i]) / width
    a, b, p, q = knots[i], knots[i + 1], slopes[i] * width, slopes[i + 1] * width
    place = a + s * (p + s * (3 * (b - a) - 2 * p - q + s * (p + q - 2 * (b - a))))
    slope = p + s * (2 * (3 * (b - a) - 2 * p - q) + 3 * s * (p + q - 2 * (b - a)))
    return place, max(slope / width, math.ulp(1.0))
