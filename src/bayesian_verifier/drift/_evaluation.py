"""Does the detector keep its promise, and how late is it? By simulation, beside what else could decide."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.drift._detector import Detector
from bayesian_verifier.drift._message import Message, message
from bayesian_verifier.drift._people import MIXES, Population, Widths
from bayesian_verifier.drift._rivals import Cusum, EDetector, NeighbourKl
from bayesian_verifier.drift._run_lengths import (
    Delay,
    Effort,
    RunLength,
    delays,
    first_crossings,
    run_length,
)
from bayesian_verifier.drift._variance_scale import variance_scale

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.drift._rivals import Statistic

Float = NDArray[np.float64]

#: how many windows of how many people a variance scale is learned from
_SCALE_PEOPLE, _SCALE_WINDOWS = 20, 30
_USUAL = Effort()


class Row(NamedTuple):
    """Run lengths of one population, by threshold. promised: whether the detector's guarantee speaks of it."""

    population: str
    promised: bool
    variance_scale: float
    run_lengths: dict[float, RunLength]


class Rival(NamedTuple):
    """One way to decide: threshold, windows to a false alarm, delay by size of change in prior sd."""

    name: str
    threshold: float
    run_length: RunLength
    delays: dict[float, Delay]


class DriftEvaluation(NamedTuple):
    """All of it. quiet_kl: share of windows without change whose KL from the one before is above 0.1."""

    rows: tuple[Row, ...]
    rivals: tuple[Rival, ...]
    quiet_kl: float


def evaluate_drift(
    thresholds: Sequence[float] = (370.0, 1000.0),
    changes: Sequence[float] = (0.5, 1.0, 2.0),
    effort: Effort = _USUAL,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> DriftEvaluation:
    """Run lengths without change in populations of `_populations`, and delays at the largest threshold."""
    named = list(_populations())
    rows = []
    for place, (name, population, scaled) in enumerate(named):
        promised = scaled or not population.overconfident
        rng = np.random.default_rng([effort.seed, place])
        scale = _learned_scale(population, rng) if scaled else 1.0
        crossed = first_crossings(
            partial(_deaf_detector, population, scale), population, thresholds, effort, rng
        )
        rows.append(
            Row(name, promised, scale, {a: run_length(c, effort.windows) for a, c in crossed.items()})
        )
        tick("run lengths", place + 1, len(named))
    rivals = _rivals(MIXES[0], max(thresholds), changes, effort, tick)
    return DriftEvaluation(tuple(rows), rivals, _quiet_kl(MIXES[0], effort))


def _populations() -> Iterator[tuple[str, Population, bool]]:
    """Name, people, and whether their variance scale is learned first."""
    for widths in MIXES:
        yield widths.name, Population(widths), False
    for away in (-2.0, 2.0):
        yield f"people {away:+.0f} prior sd away", Population(MIXES[0], theta=away), False
    yield "sd 20% too small", Population(MIXES[0], overconfident=0.2), False
    yield "sd 20% too small, after scaling", Population(MIXES[0], overconfident=0.2), True


def _rivals(
    widths: Widths,
    threshold: float,
    changes: Sequence[float],
    effort: Effort,
    tick: Callable[[str, int, int], None],
) -> tuple[Rival, ...]:
    """The detector at its threshold, the others at one found by simulation to give the same mean run length."""
    population = Population(widths)
    detector = _deaf(population)
    ways: dict[str, Callable[[int], Statistic]] = {
        "e-detector": lambda people: EDetector(people, detector),
        "CUSUM, calibrated": lambda people: Cusum(people, detector),
        "KL to the window before, calibrated": lambda people: NeighbourKl(people, detector),
    }
    found: list[Rival] = []
    for place, (name, made) in enumerate(ways.items()):
        if found:
            threshold = _calibrated(made, population, found[0].run_length.mean, effort)
        rng = np.random.default_rng([effort.seed, 100, place])
        times = first_crossings(made, population, [threshold], effort, rng)[threshold]
        late = {moved: delays(made, population, threshold, moved, effort, rng) for moved in changes}
        found.append(Rival(name, threshold, run_length(times, effort.windows), late))
        tick("delays", place + 1, len(ways))
    return tuple(found)


def _calibrated(
    made: Callable[[int], Statistic], population: Population, wanted: float, effort: Effort
) -> float:
    """The threshold whose mean run length is the wanted one, from the running maxima of one set of paths."""
    rng = np.random.default_rng([effort.seed, 200])
    watched, highest = made(effort.people), np.zeros(effort.people)
    levels: list[Float] = []
    for _, window in zip(range(effort.windows), population.windows(effort.people, rng), strict=False):
        highest = np.maximum(highest, watched.update(window))
        levels.append(highest)
    maxima = np.array(levels)
    low, high = 0.0, float(maxima.max())
    for _ in range(40):
        middle = 0.5 * (low + high)
        times = (maxima < middle).sum(axis=0) + 1
        low, high = (middle, high) if np.minimum(times, effort.windows).mean() < wanted else (low, middle)
    return 0.5 * (low + high)


def _quiet_kl(widths: Widths, effort: Effort) -> float:
    watched = NeighbourKl(effort.people, _deaf(Population(widths)))
    rng = np.random.default_rng([effort.seed, 300])
    windows = zip(range(20), Population(widths).windows(effort.people, rng), strict=False)
    loud = [float((watched.update(window) > 0.1).mean()) for _, window in windows]  # noqa: PLR2004 the folklore
    return float(np.mean(loud[1:]))


def _deaf_detector(population: Population, scale: float, people: int) -> EDetector:
    return EDetector(people, _deaf(population), variance_scale=scale)


def _deaf(population: Population) -> Detector:
    """A detector that never restarts: one path then serves for every threshold."""
    return Detector(population.prior_mean, population.prior_sd, threshold=1e300)


def _learned_scale(population: Population, rng: np.random.Generator) -> float:
    """From other people of the population, in a time without change."""
    windows = [w for w, _ in zip(population.windows(_SCALE_PEOPLE, rng), range(_SCALE_WINDOWS), strict=False)]
    prior = {"prior_mean": population.prior_mean, "prior_sd": population.prior_sd}
    told = message(np.array([w.mean for w in windows]), np.array([w.sd for w in windows]), **prior)
    people = [Message(told.value[:, n], told.precision[:, n]) for n in range(_SCALE_PEOPLE)]
    return variance_scale(people, **prior)
