"""Is a share above its limit, and is it back? Decided again and again, with a stated rate of false alarms.

Outcomes x are from 0 to 1. While the mean of each, given all before it, is at most p, 1 − f + f·x/p has a mean of
at most 1 for every bet 0 < f < 1. R adds up the products of these over all starts, as the Shiryaev–Roberts sum of the
detector of people does, and averages over the bets; R − t is a supermartingale, so that the mean number of outcomes
to R ≥ A is at least A (Shin, Ramdas & Rinaldo 2024, doi 10.51387/23-NEJSDS51; bets: Waudby-Smith & Ramdas 2024,
JRSS B 86). Once raised, the other side is asked: while the mean is at least b, 1 − f + f·(1 − x)/(1 − b) has a mean
of at most 1, and a false all-clear comes once in A outcomes, or less often. A measure with limits on both sides is
back when both sides are; its promise holds while it stays off on one side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

#: what is staked on each outcome, each bet with the same weight
BETS = (0.05, 0.1, 0.25, 0.5, 0.9)
# R is kept to so many thresholds, which only lowers it: of a measure that was far off on one side for long, and then
# is on the other, the first side soon speaks against its being back
_MOST = 2.0


class Levels(NamedTuple):
    """What a share is held against. above > back, both in (0, 1); two_sided: also 1 − above, and 1 − back."""

    above: float
    back: float
    two_sided: bool = False


class ShareState(NamedTuple):
    """What is known. raised: what was decided last.   sums: R by side and bet, since then."""

    raised: bool = False
    sums: tuple[tuple[float, ...], ...] = ()


class ShareInfo(NamedTuple):
    """What one outcome did. statistic: crossed at statistic >= threshold."""

    statistic: float
    crossed: bool


def share_step(
    state: ShareState, outcome: float, levels: Levels, *, threshold: float
) -> tuple[ShareState, ShareInfo]:
    """Hear one outcome, 0 to 1; what is asked turns round after a crossing.

    threshold: A > 1, the least mean number of outcomes to a false crossing. Raises ValueError for another outcome.
    """
    if not 0.0 <= outcome <= 1.0:
        raise ValueError(f"expected an outcome from 0 to 1, got {outcome}")
    sides = _sides(outcome, levels)
    before = state.sums or tuple((0.0,) * len(BETS) for _ in sides)
    sums = tuple(
        _kept(
            [
                (1.0 + total) * factor(side, levels, bet, raised=state.raised)
                for total, bet in zip(totals, BETS, strict=True)
            ],
            _MOST * threshold,
        )
        for side, totals in zip(sides, before, strict=True)
    )
    found = [sum(totals) / len(BETS) for totals in sums]
    # to be raised one side is enough, to be back both have to be
    statistic = min(found) if state.raised else sum(found) / len(found)
    crossed = statistic >= threshold
    new = ShareState(not state.raised) if crossed else ShareState(state.raised, sums)
    return new, ShareInfo(statistic, crossed)


def _kept(totals: Sequence[float], most: float) -> tuple[float, ...]:
    """R by bet, all of them lowered alike where their mean is more than `most`."""
    mean = sum(totals) / len(totals)
    return tuple(totals) if mean <= most else tuple(total * (most / mean) for total in totals)


def factor(outcome: float, levels: Levels, bet: float, *, raised: bool) -> float:
    """What a bet makes of one outcome: of its being above the limit, or below the level of return."""
    gain = (1.0 - outcome) / (1.0 - levels.back) if raised else outcome / levels.above
    return 1.0 - bet + bet * gain


def _sides(outcome: float, levels: Levels) -> tuple[float, ...]:
    return (outcome, 1.0 - outcome) if levels.two_sided else (outcome,)


def newest_that_speak(outcomes: Sequence[float], levels: Levels, *, raised: bool) -> int:
    """How many of the newest outcomes, 1 to all, speak most for what was crossed; `raised`: for its being above."""
    best, most = -math.inf, 1
    for side in range(1 + levels.two_sided):
        for bet in BETS:
            total = 0.0
            for number, one in enumerate(reversed(outcomes), start=1):
                total += math.log(factor(_sides(one, levels)[side], levels, bet, raised=not raised))
                if total > best:
                    best, most = total, number
    return most
