"""How great does the misfit statistic become among simulated people who follow the model?

Every other one meets the mixture, the rest mostly one kind of case or a few questions again and again; wealth is sent
always, sometimes or never. Each table is of one way to answer and one of these, of those whom it judges, and its
quantiles hold both for those who meet the mixture and for all together: few varied judgments mislead the one, many of
the same the other.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import ALWAYS, LEVELS, MisfitCalibration, MisfitTable
from bayesian_verifier.posterior._misfit import mean_over_met
from bayesian_verifier.simulators.lottery import RIVALS, CaseMixture, Rival
from bayesian_verifier.training._misfit_people import answers_of, bayes_factors, misfit_grid
from bayesian_verifier.training._misfit_pool import draw_misfit_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bayesian_verifier.posterior import MisfitGrid
    from bayesian_verifier.simulators.lottery import LotterySimulator
    from bayesian_verifier.training._misfit_pool import MisfitPool

Float = NDArray[np.float64]
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
ANSWERED = {"feedback": ("feedback",), "reward": ("reward",), "both": ("both", "either")}
#: weight of each rival in the mean; see docs/adr/0006-misfit.md for how they were chosen
WEIGHTS = {
    "random_answers": 0.05,
    "changed": 0.19,
    "probability_weighting": 0.13,
    "loss_aversion": 0.10,
    "wealth_too_low": 0.14,
    "wealth_too_high": 0.10,
    "wealth_far_too_high": 0.09,
    "wealth_left_out": 0.20,
}
#: kinds of cases in which wealth is sent
_WEALTH = ("ruin", "wealthy")
_POOL = 600
#: tables are of those they judge if there are so many
_ENOUGH = 100
#: rivals that somebody may not have met, by whether wealth is sent
_UNMET: dict[str, tuple[set[str], ...]] = {
    "some": (set(), {"loss_aversion"}),
    "never": ({"loss_aversion", "wealth_too_low", "wealth_too_high", "wealth_far_too_high"},),
    "always": ({"wealth_left_out"}, {"wealth_left_out", "loss_aversion"}),
}


def calibrate_misfit(
    simulator: LotterySimulator,
    mixture: CaseMixture,
    *,
    seed: int,
    people: int = 2000,
    tick: Callable[[str, int, int], None] = lambda *_: None,
) -> MisfitCalibration:
    """Tables from so many simulated people each.   tick: told (stage, done, total) as it goes."""
    rivals = (*ALWAYS, *RIVALS)
    grid = misfit_grid(simulator)
    weights = np.log([WEIGHTS[name] for name in rivals])
    tables: list[MisfitTable] = []
    for number, (wealth, some) in enumerate(_mixtures(mixture).items()):
        pool = draw_misfit_pool(np.random.default_rng([seed, number]), _POOL, some, Rival())
        for kind, (answers, ways) in enumerate(ANSWERED.items()):
            lot = number * len(ANSWERED) + kind
            rng = np.random.default_rng([seed, number, lot])
            factors = []
            for i in range(people):
                way = ways[i // 2 % len(ways)]
                factors.append(_honest(rng, simulator, pool, grid, way, varied=i % 2 == 1))
                tick("misfit calibration", lot * people + i + 1, 9 * people)
            tables += [
                _table(np.array(factors), answers, met, weights) for met in _met(_UNMET[wealth], answers)
            ]
    return MisfitCalibration(rivals, tuple(tables))


def _mixtures(mixture: CaseMixture) -> dict[str, CaseMixture]:
    """The mixture whole, and its kinds of cases with and without wealth; all kinds where it has none of them."""
    parts = {"some": mixture}
    for name, kept in (("never", False), ("always", True)):
        dropped = {f.name: 0.0 for f in fields(mixture) if (f.name in _WEALTH) != kept}
        part = replace(mixture, **dropped)
        parts[name] = (
            part if any(getattr(part, f.name) for f in fields(part)) else replace(CaseMixture(), **dropped)
        )
    return parts


def _met(unmet: Iterable[set[str]], answers: str) -> list[NDArray[np.bool_]]:
    """Which rivals [R] have had cases to differ on, for each set of those that have not."""
    tossed = answers != "reward"
    return [np.array([tossed, True, *(name not in without for name in RIVALS)]) for without in unmet]


def _honest(
    rng: np.random.Generator,
    simulator: LotterySimulator,
    pool: MisfitPool,
    grid: MisfitGrid,
    answered: str,
    *,
    varied: bool,
) -> Float:
    """Log Bayes factors [SIZES, R] of one person who follows the model."""
    rows = pool.meet(rng, SIZES[-1], varied=varied)
    theta = simulator.sample_prior(rng, 1)[0]
    answers = answers_of(rng, pool.model[rows], theta, answered)
    return bayes_factors(pool.curves.of(rows), answers, grid, SIZES)


def _table(factors: Float, answers: str, met: NDArray[np.bool_], log_weights: Float) -> MisfitTable:
    """Quantiles of the statistic over people [N, SIZES, R], every other one of whom met the mixture.

    Of those whom this table judges: they met no rivals but these, and some that no smaller table has.
    """
    smaller = [
        other
        for other in _met([without for sets in _UNMET.values() for without in sets], answers)
        if (other <= met).all() and not (other == met).all()
    ]
    seen = factors != 0
    if answers == "reward":
        seen[..., 0] = False
    statistics = np.maximum(mean_over_met(factors, log_weights, seen & met), -30.0)
    judged = ~(seen & ~met).any(axis=2)
    for other in smaller:
        judged &= (seen & ~other).any(axis=2)
    return MisfitTable(
        answers=answers,
        met=met,
        sizes=np.array(SIZES, dtype=np.float64),
        weights=np.tile(np.exp(log_weights), (len(SIZES), 1)),
        quantiles=np.array([_quantiles(*of) for of in zip(statistics.T, judged.T, strict=True)]),
    )


def _quantiles(statistics: Float, judged: NDArray[np.bool_]) -> Float:
    """Quantiles [LEVELS] that hold for those judged among people [N], and for every other one if there are enough."""
    chances = 1.0 - np.array(LEVELS)
    if judged.sum() < _ENOUGH:
        judged = np.ones_like(judged)
    result: Float = np.quantile(statistics[judged], chances)
    mixed = statistics[::2][judged[::2]]
    return np.maximum(result, np.quantile(mixed, chances)) if mixed.size >= _ENOUGH else result
