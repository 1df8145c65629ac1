"""How long until a statistic alarms, where nothing changes and after a change? Of simulated people."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.drift._people import Population, Window
    from bayesian_verifier.drift._rivals import Statistic

#: one-sided 99% of a normal
_Z99 = 2.326
_CHANGE_AT = 30
_LONGEST_DELAY = 300
#: so many people at once, whose alternatives then stay in a core's cache: half the time of all of them at once
_BLOCK = 60


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is simulated: people a row, and the windows after which a run without alarm is cut short."""

    people: int = 600
    windows: int = 4000
    seed: int = 0


class RunLength(NamedTuple):
    """Windows to a false alarm: mean of runs cut short at the effort's windows, so the truth is no less.

    at_least: the one-sided 99% bound of the mean.   cut_short: share of runs without alarm.
    """

    mean: float
    at_least: float
    cut_short: float


class Delay(NamedTuple):
    """Windows from a change to its alarm, the change's own included; of people without an earlier alarm.

    standard_error: of the mean.   missed: share without alarm in 300 windows, counted as 300.
    """

    mean: float
    standard_error: float
    missed: float


def first_crossings(
    made: Callable[[int], Statistic],
    population: Population,
    thresholds: Sequence[float],
    effort: Effort,
    rng: np.random.Generator,
) -> dict[float, NDArray[np.int64]]:
    """Windows [N] until a statistic first reaches each threshold; those that never do get the effort's windows.

    made: a fresh statistic of so many people.
    """
    found = []
    for size in _blocks(effort.people):
        windows = population.windows(size, rng)
        found.append(_first_of_block(made(size), windows, size, thresholds, effort.windows))
    return {a: np.concatenate([first[a] for first in found]) for a in thresholds}


def _first_of_block(
    watched: Statistic, windows: Iterator[Window], people: int, thresholds: Sequence[float], longest: int
) -> dict[float, NDArray[np.int64]]:
    first = {a: np.full(people, longest) for a in thresholds}
    who = np.arange(people)
    for count in range(1, longest):
        window = next(windows)
        statistic = watched.update(type(window)(window.mean[who], window.sd[who]))
        for threshold, times in first.items():
            new = who[(statistic >= threshold) & (times[who] == longest)]
            times[new] = count
        active = first[max(thresholds)][who] == longest
        if active.mean() < 0.9:  # noqa: PLR2004 dropping people costs a copy: not each time one alarms
            watched.keep(active)
            who = who[active]
        if not who.size:
            break
    return first


def delays(
    made: Callable[[int], Statistic],
    population: Population,
    threshold: float,
    moved: float,
    effort: Effort,
    rng: np.random.Generator,
) -> Delay:
    """How long after a change of so many prior sd, at the 31st window, a statistic reaches its threshold."""
    longest = _CHANGE_AT + _LONGEST_DELAY
    first = np.full(effort.people, longest)
    done = 0
    for size in _blocks(effort.people):
        watched, block = made(size), first[done : done + size]
        windows = population.windows(size, rng, moved=moved, at=_CHANGE_AT)
        for count, window in zip(range(longest), windows, strict=False):
            block[(watched.update(window) >= threshold) & (block == longest)] = count
            if (block < longest).all():
                break
        done += size
    return delay_of(first)


def delay_of(first: NDArray[np.int64]) -> Delay:
    """Of first alarms [N], counted from 0."""
    in_time = first[first >= _CHANGE_AT] - _CHANGE_AT
    late = in_time == _LONGEST_DELAY
    taken = np.where(late, _LONGEST_DELAY, in_time + 1)
    error = float(taken.std(ddof=1)) / math.sqrt(taken.size)
    return Delay(float(taken.mean()), error, float(late.mean()))


def _blocks(people: int) -> list[int]:
    return [min(_BLOCK, people - done) for done in range(0, people, _BLOCK)]


def run_length(times: NDArray[np.int64], longest: int) -> RunLength:
    error = float(times.std(ddof=1)) / math.sqrt(times.size)
    return RunLength(
        float(times.mean()), float(times.mean()) - _Z99 * error, float((times == longest).mean())
    )
