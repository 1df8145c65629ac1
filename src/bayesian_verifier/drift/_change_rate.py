"""How fast does a belief change? A rate per day, from two posteriors and the time between them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.posterior import between_normals

if TYPE_CHECKING:
    from bayesian_verifier.posterior import Belief, Divergences

_DAY = 86_400.0


class Change(NamedTuple):
    """From one window's posterior to the next one's.

    divergences: of the new from the old.   rate: √(2·JS) a day, 0 to √(2 ln 2) over the days between.
    distance_rate: W1 a day, in the parameter's unit.   mean, log_sd: new minus old.
    """

    divergences: Divergences
    rate: float
    distance_rate: float
    mean: float
    log_sd: float


def change(old: Belief, new: Belief, *, seconds: float) -> Change:
    """What changed in `seconds` > 0. Raises ValueError otherwise."""
    if not (0 < seconds < math.inf):
        raise ValueError(f"expected a time > 0 between two windows, got {seconds} s")
    days = seconds / _DAY
    found = between_normals(new, old)
    return Change(
        found,
        math.sqrt(2.0 * found.jensen_shannon) / days,
        found.wasserstein / days,
        new.mean - old.mean,
        math.log(new.sd / old.sd),
    )
