"""People drawn from a pool of tabulated cases are people of the simulator."""

from __future__ import annotations

import math

import numpy as np
import pytest
from normal_world import NormalNetwork, People
from scipy import stats

from bayesian_verifier.simulators.lottery import (
    ANSWERS,
    KNOTS,
    CaseMixture,
    LotterySimulator,
    advantage_curves,
    advantages,
    generate_cases,
    pack_dense,
)
from bayesian_verifier.training._pool import CasePool, draw_pool, tabulate, warp
from bayesian_verifier.training._simulated import PooledCases, Population
from bayesian_verifier.training._typicality import SIZES, typicality_table

SIMULATOR = LotterySimulator()


@pytest.fixture(scope="module")
def packed():
    return pack_dense(*generate_cases(np.random.default_rng(2), 256, CaseMixture()))[0]


@pytest.fixture(scope="module")
def pool(packed):
    """A pool of just these cases, in their order."""
    points = SIMULATOR.points
    grid = np.interp(np.arange((points.size - 1) * 4 + 1) / 4, np.arange(points.size), points)
    curves = tabulate(packed, grid)
    described = np.ascontiguousarray(curves[:, ::4])
    return CasePool(grid, curves, described, warp(described))


def test_a_pool_reads_off_what_the_simulator_works_out(packed, pool):
    """Advantages at any r within 0.0002 and 4e-6 rms, at the reference points to single precision."""
    rng = np.random.default_rng(3)
    index, r = rng.integers(0, len(packed), 2000), rng.uniform(-4, 5, 2000)
    table = advantage_curves(packed, np.sort(r))
    exact = table[index, np.argsort(np.argsort(r))]
    error = pool.advantage(index, r) - exact
    assert np.abs(error).max() < 2e-4
    assert np.sqrt((error**2).mean()) < 4e-6
    cases = PooledCases(pool, np.arange(len(packed)))
    np.testing.assert_allclose(
        cases.curves(SIMULATOR.points), advantage_curves(packed, SIMULATOR.points), atol=1e-6
    )
    at = np.linspace(-2, 3, 40)
    np.testing.assert_allclose(cases.curves(at), advantage_curves(packed, at), atol=2e-4)
    assert len(advantages(packed, r[: len(packed)])) == len(packed)


def test_a_pool_is_of_about_the_size_asked_for():
    """Cases without an advantage are left out, and the reference points are every fourth of its grid."""
    drawn = draw_pool(np.random.default_rng(4), 300, CaseMixture(), SIMULATOR.points)
    assert 270 <= len(drawn.curves) <= 300
    np.testing.assert_array_equal(drawn.points, SIMULATOR.points)
    np.testing.assert_array_equal(drawn.described, drawn.curves[:, ::4])


@pytest.mark.parametrize("kind", [*ANSWERS, "either"])
def test_a_person_answers_by_what_was_asked_for(pool, kind):
    """As many judgments as said, each with feedback, a reward or both; "either" never leaves one without."""
    rng = np.random.default_rng(5)
    person = Population(SIMULATOR, pool).person(rng, 60, kind)
    sums = person.evidence.sums.reshape(len(SIMULATOR.points), -1)
    told = sums[0, :KNOTS].sum()
    assert person.evidence.kind == ("both" if kind == "either" else kind)
    assert person.size <= 60
    if kind == "feedback":
        assert (person.size, told) == (60, 60)
    elif kind == "reward":
        assert told == 0
        assert person.size >= 55  # a reward beyond ±3 is left out
    elif kind == "both":
        assert told == person.size == 60
    else:
        assert person.size >= 55
        assert 25 < told < 55


def test_nobody_asked_says_nothing(pool):
    """A person without judgments has empty sums."""
    person = Population(SIMULATOR, pool).person(np.random.default_rng(6), 0, "both")
    assert person.size == 0
    assert not person.evidence.sums.any()


def test_the_same_seed_gives_the_same_person(pool):
    """θ and what they said, to the bit."""
    one, other = (
        Population(SIMULATOR, pool, 0.4).person(np.random.default_rng(7), 30, "both") for _ in range(2)
    )
    np.testing.assert_array_equal(one.theta, other.theta)
    np.testing.assert_array_equal(one.evidence.sums, other.evidence.sums)


def test_people_who_repeat_meet_few_cases(pool):
    """With `repeating` 1 nobody meets more than 60, half of them no more than about 8; without, hardly any twice."""
    met = [
        np.unique(Population(SIMULATOR, pool, 1.0)._indices(np.random.default_rng(i), 512)).size
        for i in range(300)
    ]
    assert max(met) <= 60
    assert np.median(met) == pytest.approx(math.sqrt(61), abs=2.5)
    free = Population(SIMULATOR, pool, 0.0)._indices(np.random.default_rng(1), 512)
    assert np.unique(free).size > 180


def test_p_values_of_a_table_are_even_for_new_people():
    """In a world where the summary is normal: 600 others of a size between two of the table's, 5% below 0.05."""
    ticks: list[tuple[int, int]] = []
    known = typicality_table(NormalNetwork(), People(), 400, 1, lambda *told: ticks.append(told))
    assert ticks[-1] == (len(ANSWERS) * len(SIZES), len(ANSWERS) * len(SIZES))
    assert known.kinds == ANSWERS
    p = []
    for i in range(600):
        person = People().person(np.random.default_rng([9, i]), 40, "feedback")
        p.append(known.p_value(NormalNetwork().ask([person.evidence])[0].summary, "feedback", 40))
    low, high = stats.binom(600, 0.05).ppf([1e-4, 1 - 1e-4])
    assert low <= (np.array(p) < 0.05).sum() <= high
    assert stats.kstest(p, "uniform").statistic < 0.1
