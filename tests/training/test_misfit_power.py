"""Does the misfit check flag honest people as rarely as it says, and those who misfit often?"""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from bayesian_verifier.posterior import MisfitEvidence, misfit
from bayesian_verifier.simulators.lottery import (
    RIVALS,
    CaseMixture,
    LotterySimulator,
    Rival,
    rival_surfaces,
)
from bayesian_verifier.training import calibrate_misfit, draw_power, misfit_power
from bayesian_verifier.training._misfit_people import answers_of, misfit_grid
from bayesian_verifier.training._misfit_pool import draw_misfit_pool
from bayesian_verifier.training._misfit_power import FLAG_BELOW, HONEST_SIZES
from bayesian_verifier.training._misfits import WAYS

SIMULATOR = LotterySimulator()
PEOPLE = 400
UNLIKELY = 1e-6


@pytest.fixture(scope="module")
def calibration():
    """A small one."""
    return calibrate_misfit(SIMULATOR, CaseMixture(), seed=11, people=PEOPLE)


@pytest.fixture(scope="module")
def study(calibration):
    """Three ways to misfit, strong enough to be seen by few people."""
    ways = [
        way
        for way in WAYS
        if way.name in {"random answers", "probability weighting, g 0.5", "change by 2 sd"}
    ]
    return misfit_power(SIMULATOR, CaseMixture(), calibration, seed=12, people=60, ways=ways)


def test_honest_people_are_flagged_as_rarely_as_the_level_says(study) -> None:
    """On fresh seeds, at every size and kind of answer.

    The quantile of 400 people is itself off: the chance that one of them is exceeded is Beta(17, 384), so flags of 120
    are beta-binomial. The bound holds each of 30 counts with a chance of 1 - 1e-6.
    """
    flags = stats.betabinom(2 * study.people, FLAG_BELOW * PEOPLE + 1, (1 - FLAG_BELOW) * PEOPLE)
    most = flags.ppf(1 - UNLIKELY) / (2 * study.people)
    rates = [rate for by_size in study.false_flags.values() for rate in by_size.values()]
    assert len(rates) == 3 * len(HONEST_SIZES)
    assert max(rates) <= most
    assert 0.01 < np.mean(rates) < 0.07


def test_a_second_judgment_that_meets_further_rivals_flags_nobody(calibration) -> None:
    """Of 1,000 people who follow the model, those whose two cases meet all rivals but the change: 4% should be flagged.

    It was a quarter of them while rivals that were not met counted in the mean, for nothing.
    """
    rng, grid = np.random.default_rng(13), misfit_grid(SIMULATOR)
    pool = draw_misfit_pool(rng, 100, CaseMixture(), Rival())
    flagged = []
    for _ in range(1000):
        rows = pool.meet(rng, 2, varied=False)
        answers = answers_of(rng, pool.model[rows], SIMULATOR.sample_prior(rng, 1)[0], "feedback")
        surfaces = rival_surfaces(pool.curves.of(rows), answers)
        evidence = MisfitEvidence.zero(len(RIVALS), grid.shape).add(surfaces, grid)
        if evidence.met.all():
            found = misfit(evidence, grid, calibration)
            flagged.append(found is not None and found.p < FLAG_BELOW)
    assert len(flagged) > 60
    assert np.mean(flagged) < 0.15


def test_those_who_misfit_are_flagged_and_more_so_with_more_judgments(study) -> None:
    """At 512 judgments nearly all who toss coins or bend probabilities, and most who change by 2 sd."""
    power = {(row.way, row.judgments): row.flagged for row in study.rows}
    assert power["random answers", 512] > 0.9
    assert power["probability weighting, g 0.5", 512] > 0.8
    assert power["change by 2 sd", 512] > 0.5
    for way in {name for name, _ in power}:
        assert power[way, 512] > power[way, 8]


def test_the_test_that_knows_the_alternative_is_not_beaten_by_more_than_chance(study) -> None:
    """It is the most powerful there is: at 60 people a difference has an sd of at most 0.09."""
    assert all(row.flagged <= row.known + 0.3 for row in study.rows)


def test_a_calibration_is_the_same_from_the_same_seed_and_fits_a_manifest() -> None:
    """To the byte, in at most 60 kB."""
    once, again = (
        json.dumps(calibrate_misfit(SIMULATOR, CaseMixture(), seed=5, people=3).to_json()) for _ in range(2)
    )
    assert once == again
    assert len(once) <= 60_000


def test_power_is_drawn_with_a_panel_for_each_way(study) -> None:
    """Titles name the way and how it was answered."""
    titles = [axes.get_title() for axes in draw_power(study).axes]
    assert {f"{row.way}\n{row.answered}" for row in study.rows} <= set(titles)
