"""Between which bounds is a share, however often one looks?

While outcomes succeed with chance p each, the likelihood ratio of a chance drawn evenly from 0 to 1 against p has a
mean of 1, so that it ever reaches 1/α with probability α at most (Robbins 1970, Ann. Math. Stat. 41; Ville 1939). The
values of p for which it has not are an interval that holds the truth at all times at once, with probability 1 − α.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_HALVINGS = 60


class Bounds(NamedTuple):
    """Of a share; 0 to 1 where nothing is known."""

    low: float
    high: float


def share_bounds(successes: int, trials: int, *, alpha: float) -> Bounds:
    """Bounds that hold at every number of trials at once, with probability 1 − alpha.

    Raises ValueError for more successes than trials, or an alpha that is none.
    """
    if not (0 <= successes <= trials and 0.0 < alpha < 1.0):
        raise ValueError(
            f"expected successes of trials and alpha in (0, 1), got {successes}, {trials}, {alpha}"
        )
    if trials == 0:
        return Bounds(0.0, 1.0)
    failures, share = trials - successes, successes / trials
    log_even = math.lgamma(successes + 1) + math.lgamma(failures + 1) - math.lgamma(trials + 2)

    def is_in(p: float) -> bool:
        log_p = _times(successes, p) + _times(failures, 1.0 - p)
        return log_even - log_p < -math.log(alpha)

    low = 0.0 if is_in(0.0) else _edge(is_in, outside=0.0, inside=share)
    high = 1.0 if is_in(1.0) else _edge(is_in, outside=1.0, inside=share)
    return Bounds(low, high)


def _times(count: int, chance: float) -> float:
    """The logarithm of a chance so many times; 0 where that is never."""
    if count == 0:
        return 0.0
    return count * math.log(chance) if chance > 0.0 else -math.inf


def _edge(is_in: Callable[[float], bool], *, outside: float, inside: float) -> float:
    for _ in range(_HALVINGS):
        middle = 0.5 * (outside + inside)
        if is_in(middle):
            inside = middle
        else:
            outside = middle
    return inside
