"""Which streams is every way to notice a change put on? Posteriors of people's windows, the same for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _exact_windows import PRIOR, RealPeople, draw_pool, people
from numpy.typing import NDArray

from bayesian_verifier.drift import message
from bayesian_verifier.drift._people import MIXES, Population

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Float = NDArray[np.float64]

#: the change is at this window, counted from 0, and waited for so long
CHANGE_AT, LONGEST_DELAY = 30, 300
CHANGES = (0.5, 1.0, 2.0)
CALIBRATION = "calibration"
#: streams of exact posteriors, by what their windows are answered with
EXACT = {"exact, feedback": "feedback", "exact, feedback and reward": "both"}
#: sums of float32 would not be exact; surprises may be
_SEED = 20261125


class Stream(NamedTuple):
    """Posterior mean ± sd of each window [T, N], in prior sd from the prior's mean.

    theta [N, 2]: who they are, of people who answered real cases: r and ln τ.
    """

    mean: Float
    sd: Float
    theta: Float | None = None


class Effort(NamedTuple):
    """people, windows: of normal windows.   real_*: of exact posteriors.   peers: people they get."""

    people: int
    windows: int
    real_people: int
    real_windows: int
    peers: Mapping[str, int]


def streams(effort: Effort) -> Iterator[tuple[str, Stream]]:
    """Name and stream, one after the other."""
    quiet = {CALIBRATION: Population(MIXES[0])} | {mix.name: Population(mix) for mix in MIXES}
    quiet["sd 20% too small"] = Population(MIXES[0], overconfident=0.2)
    for place, (name, population) in enumerate(quiet.items()):
        yield name, _normal(population, effort.people, effort.windows, 0.0, place)
    for place, moved in enumerate(CHANGES):
        yield (
            f"moved {moved:g}",
            _normal(Population(MIXES[0]), effort.people, CHANGE_AT + LONGEST_DELAY, moved, 50 + place),
        )
    pool = draw_pool(np.random.default_rng([_SEED, 99]))
    for kind, (name, answered) in enumerate(EXACT.items()):
        real = RealPeople(pool, answered)
        yield name, _exact(real, effort.real_people, effort.real_windows, 0.0, 100 + 10 * kind)
        for place, moved in enumerate(CHANGES):
            told = _exact(real, effort.real_people, CHANGE_AT + 100, moved, 101 + 10 * kind + place)
            yield f"{name}, moved {moved:g}", told


def surprises(stream: Stream) -> Float:
    """How far each window lies [T, N] from what a filter of one θ that never changes expects, in sd."""
    told = message(stream.mean, stream.sd, prior_mean=0.0, prior_sd=1.0)
    mean, variance = np.zeros(told.value.shape[1]), np.ones(told.value.shape[1])
    found = np.empty_like(told.value)
    for place, (value, precision) in enumerate(zip(told.value, told.precision, strict=True)):
        noise = 1.0 / precision
        spread = variance + noise
        found[place] = (value - mean) / np.sqrt(spread)
        gain = variance / spread
        mean, variance = mean + gain * (value - mean), gain * noise
    return found


def _normal(population: Population, count: int, length: int, moved: float, place: int) -> Stream:
    rng = np.random.default_rng([_SEED, place])
    at = CHANGE_AT if moved else None
    told = population.windows(count, rng, moved=moved, at=at)
    windows = [window for window, _ in zip(told, range(length), strict=False)]
    mean = np.array([one.mean for one in windows]) - population.prior_mean
    return Stream(mean / population.prior_sd, np.array([one.sd for one in windows]) / population.prior_sd)


def _exact(real: RealPeople, count: int, length: int, moved: float, place: int) -> Stream:
    rng = np.random.default_rng([_SEED, place])
    theta = people(rng, count)
    shift = moved * PRIOR.prior_sd * rng.choice((-1.0, 1.0), count)
    told = real.windows(theta, rng, moved=shift, at=CHANGE_AT)
    windows = [window for window, _ in zip(told, range(length), strict=False)]
    mean = np.array([one.mean for one in windows]) - PRIOR.prior_mean
    sd = np.array([one.sd for one in windows])
    return Stream(mean / PRIOR.prior_sd, sd / PRIOR.prior_sd, theta)
