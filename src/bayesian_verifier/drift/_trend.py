"""How did a measure of the population go over time? Means of as many windows each, few enough to be drawn."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.drift._measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.drift._measures import MeasureName

_MOST_POINTS = 60
_LEAST_WINDOWS = 20


class Trend(NamedTuple):
    """Values of a measure, in its unit, of blocks of `windows`, the last maybe fewer, and when each block ended."""

    measure: MeasureName
    windows: int
    ended: tuple[str, ...]
    values: tuple[float, ...]


def trend(measure: MeasureName, outcomes: Sequence[tuple[str, float]]) -> Trend:
    """Of outcomes from 0 to 1 with the times of their windows, in order."""
    size = max(_LEAST_WINDOWS, math.ceil(len(outcomes) / _MOST_POINTS))
    blocks = [outcomes[first : first + size] for first in range(0, len(outcomes), size)]
    unit = MEASURES[measure]
    return Trend(
        measure,
        size,
        tuple(block[-1][0] for block in blocks),
        tuple(unit.value(sum(x for _, x in block) / len(block)) for block in blocks),
    )
