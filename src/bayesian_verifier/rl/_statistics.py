"""What do the raw numbers of an experiment say, and how surely?

Arms are compared by the mean over people of a seed, then by the interquartile mean over seeds (Agarwal et al. 2021,
NeurIPS 34), with percentile intervals from a bootstrap that draws seeds within each arm, and people for all arms
alike, as all met the same people.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Float = NDArray[np.float64]
_ENDS = (0.025, 0.975)


class Estimate(NamedTuple):
    """A figure with its 95% interval."""

    value: float
    low: float
    high: float


def interquartile_mean(values: Float) -> Float:
    """Mean of the middle half along the first axis; with fewer than four values, of all."""
    ordered = np.sort(values, axis=0)
    cut = len(ordered) // 4
    result: Float = ordered[cut : len(ordered) - cut].mean(axis=0)
    return result


class Bootstrap:
    """Rewards of each arm under many resamplings of seeds and people, from a seed of its own.

    rewards: by arm [S, N], the same N people in each.
    """

    def __init__(self, rewards: Mapping[str, Float], resamples: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        people = next(iter(rewards.values())).shape[1]
        counts = rng.multinomial(people, np.full(people, 1 / people), size=resamples) / people
        self._point = {arm: float(interquartile_mean(table.mean(axis=1))) for arm, table in rewards.items()}
        self._drawn = {arm: self._of_arm(rng, table, counts) for arm, table in rewards.items()}

    @staticmethod
    def _of_arm(rng: np.random.Generator, table: Float, counts: Float) -> Float:
        by_seed = table @ counts.T
        rows = rng.integers(0, len(table), (len(table), counts.shape[0]))
        return interquartile_mean(np.take_along_axis(by_seed, rows, axis=0))

    def reward(self, arm: str) -> Estimate:
        """Reward a decision."""
        return _estimate(self._point[arm], self._drawn[arm])

    def lead(self, arm: str, other: str) -> Estimate:
        """How much more a decision `arm` earns than `other`."""
        return _estimate(self._point[arm] - self._point[other], self._drawn[arm] - self._drawn[other])

    def closed(self, arm: str, low: str, high: str, *, beyond: str | None = None) -> Estimate:
        """Share of the gap from `low` to `high` that `arm` closes, beyond what another closes where one is named.

        NaN where there is no gap.
        """
        other = beyond or low
        gap = self._point[high] - self._point[low]
        if gap == 0:
            return Estimate(math.nan, math.nan, math.nan)
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = (self._drawn[arm] - self._drawn[other]) / (self._drawn[high] - self._drawn[low])
        return _estimate((self._point[arm] - self._point[other]) / gap, drawn)


def _estimate(value: float, drawn: Float) -> Estimate:
    low, high = np.nanquantile(drawn, _ENDS)
    return Estimate(value, float(low), float(high))


def chance_of_improvement(one: Float, other: Float) -> float:
    """Chance that a seed of `one` [S] beats one of `other` [S'], ties half; a mean reward a seed."""
    ours, theirs = one[:, None], other[None, :]
    return float(((ours > theirs) + 0.5 * (ours == theirs)).mean())


def sure_improvement(one: Float, other: Float, resamples: int, seed: int) -> Estimate:
    """The same with a 95% interval, from a bootstrap over the seeds of each arm."""
    rng = np.random.default_rng(seed)
    drawn = [
        chance_of_improvement(rng.choice(one, len(one)), rng.choice(other, len(other)))
        for _ in range(resamples)
    ]
    return _estimate(chance_of_improvement(one, other), np.array(drawn))


def steps_to(level: float, steps: Float, reward: Float) -> float:
    """Steps [U] at which the running mean of five updates' reward [U] first reaches a level; infinite: not within."""
    window = min(5, len(reward))
    smooth = np.convolve(reward, np.full(window, 1 / window), mode="valid")
    reached = np.flatnonzero(smooth >= level)
    return float(steps[reached[0] + window - 1]) if reached.size else math.inf


def median_steps(reached: Float) -> float:
    """The median over seeds. All are watched for as long, so one that never got there is later than any (infinite)."""
    # of two in the middle the later: an infinite one has no mean with another
    return float(np.sort(reached)[len(reached) // 2])


def times_as_many(ours: Float, theirs: Float, watched: float, resamples: int, seed: int) -> Estimate:
    """How many times the steps of `ours` do `theirs` need, by medians over seeds, with a 95% interval.

    watched: steps there were; who did not get there needs that many at least, so the figure is a lower bound then.
    NaN where ours did not get there.
    """
    rng = np.random.default_rng(seed)

    def ratio(one: Float, other: Float) -> float:
        first, second = median_steps(one), median_steps(other)
        return min(second, watched) / first if math.isfinite(first) else math.nan

    point = ratio(ours, theirs)
    if math.isnan(point):
        return Estimate(point, point, point)
    drawn = [ratio(rng.choice(ours, len(ours)), rng.choice(theirs, len(theirs))) for _ in range(resamples)]
    # a draw in which ours did not get there counts against ours
    return _estimate(point, np.nan_to_num(np.array(drawn), nan=0.0))
