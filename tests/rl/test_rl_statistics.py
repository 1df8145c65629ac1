"""Are an experiment's figures what the textbooks say they are?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesian_verifier.rl._statistics import (
    Bootstrap,
    chance_of_improvement,
    interquartile_mean,
    median_steps,
    steps_to,
    sure_improvement,
    times_as_many,
)


@pytest.mark.parametrize("count", [4, 8, 20])
def test_the_interquartile_mean_is_scipy_s(count: int) -> None:
    """Trimmed by a quarter on either side."""
    values = np.random.default_rng(count).normal(size=(count, 3))
    np.testing.assert_allclose(interquartile_mean(values), stats.trim_mean(values, 0.25, axis=0))


def test_intervals_cover_as_often_as_they_say() -> None:
    """The gap of two arms whose seeds differ: 95% intervals hold the truth 88–99% of 200 times with 20 seeds."""
    rng, hits = np.random.default_rng(1), 0
    for trial in range(200):
        people = rng.normal(0, 0.05, (1, 60))
        seeds = rng.normal(0, 0.02, (2, 20, 1)) + np.array([0.0, 0.01])[:, None, None]
        table = people + seeds + rng.normal(0, 0.02, (2, 20, 60))
        found = Bootstrap({"a": table[0], "b": table[1]}, 400, trial).lead("b", "a")
        hits += found.low <= 0.01 <= found.high
    assert 176 <= hits <= 199


def test_the_share_of_a_gap_is_the_share() -> None:
    """Three arms without spread: a quarter of the way is a quarter, surely."""
    tables = {"low": np.full((4, 10), -1.0), "mid": np.full((4, 10), -0.75), "high": np.zeros((4, 10))}
    found = Bootstrap(tables, 300, 0).closed("mid", "low", "high")
    assert found == pytest.approx((0.25, 0.25, 0.25))
    assert Bootstrap(tables, 300, 0).closed("high", "low", "high", beyond="mid") == pytest.approx((0.75,) * 3)
    nowhere = Bootstrap(tables | {"high": tables["low"]}, 300, 0).closed("mid", "low", "high")
    assert all(np.isnan(nowhere))


def test_the_chance_of_improvement_is_mann_whitney_s() -> None:
    """U over the number of pairs."""
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=(9, 4)), rng.normal(0.2, size=(7, 4))
    expected = stats.mannwhitneyu(one.mean(axis=1), other.mean(axis=1)).statistic / 63
    means = one.mean(axis=1), other.mean(axis=1)
    assert chance_of_improvement(*means) == pytest.approx(expected)
    found = sure_improvement(*means, 400, 0)
    assert found.value == pytest.approx(expected)
    assert 0 <= found.low < expected < found.high <= 1


def test_times_as_many_steps_and_a_bound_where_they_never_got_there() -> None:
    """Medians without spread: 300 over 100; never within 1,000 is at least 10 times."""
    ours, theirs = np.full(5, 100.0), np.full(7, 300.0)
    assert times_as_many(ours, theirs, 1000.0, 200, 0) == (3.0, 3.0, 3.0)
    never = np.array([300.0, np.inf, np.inf])
    assert times_as_many(ours, never, 1000.0, 200, 0).value == 10.0
    assert times_as_many(ours, never, 1000.0, 200, 0).low < 10.0
    assert np.isnan(times_as_many(never, ours, 1000.0, 200, 0).value)


def test_steps_to_a_level_and_seeds_that_never_get_there() -> None:
    """The first window of five whose mean is at the level; a median over what may be censored."""
    steps = np.arange(1, 11) * 100.0
    reward = np.array([-5, -4, -3, -2, -1, 0, 0, 0, 0, 0.0])
    # means of five: -3, -2, -1.2, -0.6
    assert steps_to(-1.0, steps, reward) == 800.0
    assert steps_to(0.5, steps, reward) == np.inf
    assert median_steps(np.array([3.0, np.inf, 1.0])) == 3.0
    assert median_steps(np.array([3.0, np.inf])) == np.inf
    assert median_steps(np.array([np.inf, np.inf, 1.0])) == np.inf
