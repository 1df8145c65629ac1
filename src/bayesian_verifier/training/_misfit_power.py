"""How often is each kind of misfit flagged, and how often would the test that knows it flag it?

Power against the number of judgments, at the check's level and at 5% for the test that knows the alternative,
calibrated on people who follow the model and met the same cases.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.engine import LOCAL, in_order
from bayesian_verifier.posterior import MisfitEvidence, misfit
from bayesian_verifier.simulators.lottery import ANSWERS, Rival, rival_surfaces
from bayesian_verifier.training._misfit_people import answers_of, misfit_grid
from bayesian_verifier.training._misfit_pool import MisfitPool, draw_misfit_pool
from bayesian_verifier.training._misfits import WAYS, FineLikelihood, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator, RivalCurves

Float = NDArray[np.float64]
SIZES = (8, 16, 32, 64, 128, 256, 512)
#: and at so many judgments honest people are counted: a first judgment may be flagged like any other
HONEST_SIZES = (1, 2, 4, *SIZES)
#: the check flags what has a smaller p; the rest of 5% is room for other cases than those it was calibrated on
FLAG_BELOW = 0.04
_KNOWING_LEVEL = 0.05
_POOL = 400


@dataclass(frozen=True, slots=True)
class PowerRow:
    """One way to misfit at one number of judgments.

    flagged: share of people flagged by the check.   known: by the test that knows the alternative, at 5%.
    error: standard error of `flagged`.   ratio: of the two, None where the knowing test has no power (below 10%).
    """

    way: str
    answered: str
    judgments: int
    flagged: float
    known: float
    error: float
    ratio: float | None


@dataclass(frozen=True, slots=True)
class PowerStudy:
    """Rows of each way and size, and the share of honest people flagged by answers and size."""

    rows: tuple[PowerRow, ...]
    false_flags: dict[str, dict[int, float]]
    people: int

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "flag_below": FLAG_BELOW,
            "people": self.people,
            "false_flags": {k: {str(n): v for n, v in row.items()} for k, row in self.false_flags.items()},
            "rows": [asdict(row) for row in self.rows],
        }


def power_figures(study: PowerStudy) -> dict[str, Any]:
    """A study as JSON, with the sum of powers over that of the tests that know, by how much those know themselves."""
    bands = {"all": 0.0, "known_0.5": 0.5, "known_0.8": 0.8, "known_0.95": 0.95}
    power = {}
    for answered in dict.fromkeys(row.answered for row in study.rows):
        of_kind = [row for row in study.rows if row.answered == answered]
        power[answered] = {
            name: _share_of_known([row for row in of_kind if row.known >= least])
            for name, least in bands.items()
        }
    return study.to_json() | {"power": power}


def _share_of_known(rows: Sequence[PowerRow]) -> float | None:
    known = sum(row.known for row in rows)
    return sum(row.flagged for row in rows) / known if known else None


def misfit_power(
    simulator: LotterySimulator,
    mixture: CaseMixture,
    calibration: MisfitCalibration,
    *,
    seed: int,
    people: int = 300,
    answered: Sequence[str] = ("feedback",),
    ways: Sequence[Way] = WAYS,
    tick: Callable[[str, int, int], None] = lambda *_: None,
    engine: Engine = LOCAL,
) -> PowerStudy:
    """Measure power with so many people of each way.   tick: told (stage, done, total) as it goes."""
    measured = [_Asked(said, way) for said in answered for way in ways]
    asked = [*measured, *(_Asked(kind) for kind in ANSWERS)]
    study = _Study(simulator, mixture, calibration, seed, people)
    rows: list[PowerRow] = []
    flags: dict[str, dict[int, float]] = {}
    for number, (one, found) in enumerate(zip(asked, in_order(engine.results(study, asked)), strict=True)):
        rows += found.rows
        if one.way is None:
            flags[one.answered] = found.false_flags
        tick("misfit power", number + 1, len(asked))
    return PowerStudy(tuple(rows), flags, people)


class _Asked(NamedTuple):
    """One way to misfit, or none at all, and what people answer with."""

    answered: str
    way: Way | None = None


class _Found(NamedTuple):
    """Power against a way, or how often honest people are flagged."""

    rows: list[PowerRow]
    false_flags: dict[int, float]


class _Study:
    """A pure function of what is asked, for an engine."""

    def __init__(
        self,
        simulator: LotterySimulator,
        mixture: CaseMixture,
        calibration: MisfitCalibration,
        seed: int,
        people: int,
    ) -> None:
        self.simulator, self.mixture, self.calibration = simulator, mixture, calibration
        self.seed, self.people = seed, people
        self.grid, self.fine = misfit_grid(simulator), FineLikelihood(simulator)

    def __call__(self, asked: _Asked) -> _Found:
        """What is found of one way, or of none."""
        if asked.way is None:
            return _Found([], self.false_flags(asked.answered))
        measure = self.changed if asked.way.move else self.constant
        return _Found(measure(asked.way, asked.answered), {})

    def constant(self, way: Way, answered: str) -> list[PowerRow]:
        """Power against people who misfit alike from first to last."""
        rng = self._rng(way, answered)
        pool = draw_misfit_pool(rng, _POOL, self.mixture, way.rival, way.sent)
        null = []
        for _ in range(2 * self.people):
            model, seen, _, answers = self._person(rng, pool, answered, honest=True)
            null.append(self.fine.log_ratio(way, model, seen, answers, SIZES))
        known, p = [], []
        for _ in range(self.people):
            model, seen, curves, answers = self._person(rng, pool, answered, honest=False)
            way.toss(rng, answers)
            known.append(self.fine.log_ratio(way, model, seen, answers, SIZES))
            p.append(self._p_values(curves, answers, SIZES))
        return _rows(way, answered, np.array(null), np.array(known), np.array(p))

    def changed(self, way: Way, answered: str) -> list[PowerRow]:
        """Power against people who change after half of their judgments, whatever their number."""
        rng = self._rng(way, answered)
        pool = draw_misfit_pool(rng, _POOL, self.mixture, Rival())
        null: list[Float] = []
        known: list[Float] = []
        p = []
        halves = [size // 2 for size in SIZES]
        for i in range(3 * self.people):
            honest = i < 2 * self.people
            met = [pool.meet(rng, halves[-1], varied=False) for _ in range(2)]
            who = self.simulator.sample_prior(rng, 1)[0]
            then = who if honest else way.changed(rng, who, self.simulator)
            said = [
                answers_of(rng, pool.model[r], t, answered) for r, t in zip(met, (who, then), strict=True)
            ]
            lots = [self.fine.surfaces(pool.model[r], a, halves) for r, a in zip(met, said, strict=True)]
            (null if honest else known).append(self.fine.log_ratio_of_change(way, lots[0], lots[1]))
            if honest:
                continue
            # for each number of judgments another history, as the change is at its half
            found = []
            for half in halves:
                curves = pool.curves.of(np.concatenate([r[:half] for r in met]))
                found += self._p_values(curves, np.concatenate([a[:half] for a in said]), (2 * half,))
            p.append(found)
        return _rows(way, answered, np.array(null), np.array(known), np.array(p))

    def false_flags(self, answered: str) -> dict[int, float]:
        """Share flagged of people who follow the model, twice as many as misfit."""
        rng = np.random.default_rng([self.seed, *answered.encode()])
        pool = draw_misfit_pool(rng, _POOL, self.mixture, Rival())
        p = []
        for _ in range(2 * self.people):
            _, _, curves, answers = self._person(rng, pool, answered, honest=True)
            p.append(self._p_values(curves, answers, HONEST_SIZES))
        return dict(zip(HONEST_SIZES, (np.array(p) < FLAG_BELOW).mean(axis=0).tolist(), strict=True))

    def _rng(self, way: Way, answered: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *way.name.encode(), *answered.encode()])

    def _person(
        self, rng: np.random.Generator, pool: MisfitPool, answered: str, *, honest: bool
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], RivalCurves, Float]:
        """∆ to the model and as seen, what evidence reads, and answers, of one person."""
        rows = pool.meet(rng, SIZES[-1], varied=False)
        model, seen = pool.model[rows], pool.seen[rows]
        theta = self.simulator.sample_prior(rng, 1)[0]
        answers = answers_of(rng, model if honest else seen, theta, answered)
        return model, seen, pool.curves.of(rows), answers

    def _p_values(self, curves: RivalCurves, answers: Float, sizes: Sequence[int]) -> list[float]:
        evidence = MisfitEvidence.zero(len(curves.others), self.grid.shape)
        found, done = [], 0
        for size in sizes:
            part = curves.of(np.arange(done, size))
            surfaces = rival_surfaces(part, answers[done:size], evidence.cuts(size - done))
            evidence, done = evidence.add(surfaces, self.grid), size
            verdict = misfit(evidence, self.grid, self.calibration)
            found.append(1.0 if verdict is None else verdict.p)
        return found


def _rows(way: Way, answered: str, null: Float, known: Float, p: Float) -> list[PowerRow]:
    critical = np.quantile(null, 1 - _KNOWING_LEVEL, axis=0)
    power = (known > critical).mean(axis=0)
    flagged = (p < FLAG_BELOW).mean(axis=0)
    rows = []
    for size, ours, theirs in zip(SIZES, flagged.tolist(), power.tolist(), strict=True):
        error = math.sqrt(max(ours * (1 - ours), 1 / len(p)) / len(p))
        ratio = ours / theirs if theirs >= 0.1 else None  # noqa: PLR2004 - see PowerRow
        rows.append(PowerRow(way.name, answered, size, ours, theirs, error, ratio))
    return rows
