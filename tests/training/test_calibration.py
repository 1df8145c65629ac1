"""Does the grader see what it is there to see? Graded in a world whose posteriors are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from normal_world import NormalNetwork, People
from scipy import stats

from bayesian_verifier.training._calibration import (
    COVERAGE_LEVELS,
    band,
    calibrate,
    coverage,
    deviation,
    sampling_error,
)
from bayesian_verifier.training._quality import strata

EACH = 2000
TOGETHER = 2 * len(strata())


def ranks(width: float, *, likely: bool) -> np.ndarray:
    """Ranks of the truth [strata, EACH, 2] in posteriors whose sd is `width` times what it should be."""
    rows = calibrate(NormalNetwork(width), People(likely), None, EACH, 7, lambda: None)
    return np.array([row.ranks for row in rows]).reshape(len(strata()), EACH, 2)


@pytest.fixture(scope="module")
def perfect():
    return ranks(1.0, likely=False)


@pytest.fixture(scope="module")
def narrow():
    return ranks(0.8, likely=False)


def worst(found: np.ndarray) -> float:
    """The greatest deviation of a stratum and parameter, those without a judgment left aside."""
    return max(deviation(found[number, :, i]) for number in range(1, len(strata())) for i in range(2))


def test_a_perfect_posterior_passes(perfect):
    """Ranks stay inside the band and coverage inside the error of sampling, in every stratum."""
    assert worst(perfect) < band(EACH, TOGETHER)
    for stratum in perfect:
        for i in range(2):
            for level, share in coverage(stratum[:, i]).items():
                bound = sampling_error(float(level), EACH, TOGETHER * len(COVERAGE_LEVELS))
                assert abs(share - float(level)) < bound + 0.004  # 256 points round an interval's ends


def test_a_posterior_a_fifth_too_narrow_is_caught(narrow):
    """Its ranks leave the band in every stratum, and each interval holds the truth as rarely as it must."""
    for number in range(1, len(strata())):
        for i in range(2):
            assert deviation(narrow[number, :, i]) > band(EACH, TOGETHER)
            found = coverage(narrow[number, :, i])
            for level in COVERAGE_LEVELS:
                expected = 2 * stats.norm.cdf(0.8 * stats.norm.ppf((1 + level) / 2)) - 1
                bound = sampling_error(level, EACH, TOGETHER * len(COVERAGE_LEVELS))
                assert found[str(level)] == pytest.approx(expected, abs=0.045)
                assert abs(found[str(level)] - level) > bound or level == 0.95


def test_weights_mend_a_posterior_a_fifth_too_narrow():
    """What is served is weighted where a likelihood is offered, and passes."""
    assert worst(ranks(0.8, likely=True)) < band(EACH, TOGETHER)


def test_the_same_seed_grades_the_same_people(perfect):
    """Another seed grades others."""
    network = NormalNetwork()
    first, again, other = (
        calibrate(network, People(likely=False), None, 3, seed, lambda: None) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal([row.ranks for row in first], [row.ranks for row in again])
    assert not np.array_equal([row.ranks for row in first], [row.ranks for row in other])
    np.testing.assert_array_equal([row.ranks for row in first][:3], perfect[0][:3])


def test_progress_is_told_once_every_64_people():
    """Two lots of at most 64 in each stratum."""
    ticks: list[None] = []
    rows = calibrate(NormalNetwork(), People(), None, 65, 1, lambda: ticks.append(None))
    assert len(ticks) == 2 * len(strata())
    assert [row.stratum for row in rows] == sorted(row.stratum for row in rows)
    assert all(0 < rank < 1 for row in rows for rank in row.ranks)
    assert all(math.isnan(row.typicality_p) for row in rows)


def test_deviation_is_the_kolmogorov_smirnov_statistic():
    """By scipy, of even and of uneven ranks."""
    rng = np.random.default_rng(0)
    for found in (rng.random(501), rng.beta(2, 3, 200), np.array([0.2])):
        assert deviation(found) == pytest.approx(stats.kstest(found, "uniform").statistic)


def test_the_band_holds_even_ranks_as_often_as_it_says():
    """All of 12 distributions of 400 ranks at once, in at least 99% of 1,000 trials."""
    rng = np.random.default_rng(1)
    bound = band(400, 12)
    outside = [max(deviation(row) for row in rng.random((12, 400))) > bound for _ in range(1000)]
    assert np.mean(outside) <= 0.02
    assert band(1600, 12) == pytest.approx(bound / 2)
    exact = stats.kstwo(400).isf(0.01 / 12)
    assert exact <= bound < 1.05 * exact


@pytest.mark.parametrize("level", COVERAGE_LEVELS)
def test_the_error_of_sampling_is_the_binomial_s(level):
    """99% of shares of 10,000 for one, and as much for 48 at once, by scipy's binomial quantiles."""
    for together in (1, 48):
        low, high = stats.binom(10_000, level).ppf([0.005 / together, 1 - 0.005 / together]) / 10_000
        assert sampling_error(level, 10_000, together) == pytest.approx((high - low) / 2, rel=0.03)


def test_coverage_counts_central_intervals():
    """Of ranks on an even grid each level holds its own share."""
    found = coverage((np.arange(10_000) + 0.5) / 10_000)
    assert found == pytest.approx({"0.5": 0.5, "0.8": 0.8, "0.9": 0.9, "0.95": 0.95}, abs=2e-4)
