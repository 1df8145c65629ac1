"""A belief read off draws against the distributions they came from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief, beliefs_of

DISTRIBUTIONS: dict[str, Any] = {
    "normal": stats.norm(-2.0, 0.3),
    "skewed": stats.gamma(2.0),
    "strongly skewed": stats.lognorm(0.8),
    "heavy tails": stats.t(4),
    "bounded": stats.uniform(3.0, 2.0),
}


def even(count: int) -> np.ndarray:
    """Midpoints of `count` equal cells of the unit interval."""
    return (np.arange(count) + 0.5) / count


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_quantiles_are_the_distribution_s(name: str) -> None:
    """512 even draws, shuffled: mean, sd and quantiles within 0.03 sd."""
    distribution = DISTRIBUTIONS[name]
    draws = np.random.default_rng(0).permutation(distribution.ppf(even(512)))
    found, sd = Belief.from_draws(draws), distribution.std()
    assert found.mean == pytest.approx(distribution.mean(), abs=0.03 * sd)
    assert np.array(found.quantiles) == pytest.approx(distribution.ppf(QUANTILE_LEVELS), abs=0.03 * sd)


@pytest.mark.parametrize("name", ["normal", "bounded"])
def test_the_sd_is_the_distribution_s(name: str) -> None:
    """Within 1%, where no far tail carries it."""
    draws = DISTRIBUTIONS[name].ppf(even(512))
    assert Belief.from_draws(draws).sd == pytest.approx(DISTRIBUTIONS[name].std(), rel=0.01)


def test_weighted_draws_speak_of_the_distribution_that_weights_lead_to() -> None:
    """N(0, 1) weighted to N(0.5, 0.8): within 0.02 of its mean, sd and quantiles."""
    draws = stats.norm.ppf(even(1024))
    target = stats.norm(0.5, 0.8)
    found = Belief.from_draws(draws, target.pdf(draws) / stats.norm.pdf(draws))
    assert found.mean == pytest.approx(0.5, abs=0.005)
    assert found.sd == pytest.approx(0.8, abs=0.01)
    assert np.array(found.quantiles) == pytest.approx(target.ppf(QUANTILE_LEVELS), abs=0.02)


def test_quantiles_of_random_draws_are_less_noisy_than_plain_ones() -> None:
    """Over 300 samples of 256 normal draws, the rms error is below that of interpolated order statistics."""
    rng = np.random.default_rng(1)
    exact = stats.norm.ppf(QUANTILE_LEVELS)
    samples = rng.standard_normal((300, 256))
    smooth = np.array([Belief.from_draws(draws).quantiles for draws in samples]) - exact
    plain = np.quantile(samples, QUANTILE_LEVELS, axis=1).T - exact
    assert (np.sqrt((smooth**2).mean(axis=0)) < np.sqrt((plain**2).mean(axis=0))).all()


def test_draws_without_weight_are_not_there() -> None:
    """Zeros among the weights give what is said without those draws, wherever they lie."""
    rng = np.random.default_rng(2)
    draws, weights = rng.standard_normal(200), rng.uniform(0.5, 2.0, 200)
    weights[::3] = 0.0
    draws[::6] = 1e6
    kept = weights > 0
    found, expected = Belief.from_draws(draws, weights), Belief.from_draws(draws[kept], weights[kept])
    assert (found.mean, found.sd) == pytest.approx((expected.mean, expected.sd), rel=1e-12)
    assert found.quantiles == pytest.approx(expected.quantiles, abs=1e-9)


def test_the_scale_of_weights_means_nothing() -> None:
    """They are divided by their sum."""
    rng = np.random.default_rng(3)
    draws, weights = rng.standard_normal(64), rng.random(64)
    one, other = Belief.from_draws(draws, weights), Belief.from_draws(draws, 1e6 * weights)
    assert np.array(one.quantiles) == pytest.approx(other.quantiles, rel=1e-12)
    assert one.mean == pytest.approx(other.mean, rel=1e-12)


@pytest.mark.parametrize("value", [0.0, -7.25, 1e6])
def test_draws_that_are_all_alike_are_their_own_quantiles(value: float) -> None:
    """And the sd, which must not be 0, is tiny."""
    found = Belief.from_draws(np.full(256, value))
    assert np.array(found.quantiles) == pytest.approx(np.full(5, value), rel=1e-9)
    assert found.mean == pytest.approx(value, rel=1e-12)
    assert 0 < found.sd < 1e-9 * max(1.0, abs(value))


def test_two_values_have_quantiles_at_those_values() -> None:
    """Three in four draws are 0, the others 1: the quartiles away from the jump are exact, mean and sd Bernoulli's."""
    found = Belief.from_draws(np.repeat([0.0, 1.0], [192, 64]))
    assert found.mean == pytest.approx(0.25)
    assert found.sd == pytest.approx(math.sqrt(0.25 * 0.75))
    assert (found.quantiles[0], found.quantiles[1], found.quantiles[4]) == pytest.approx(
        (0.0, 0.0, 1.0), abs=1e-9
    )


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(0, 1)), min_size=1, max_size=100).filter(
        lambda pairs: sum(weight for _, weight in pairs) > 1e-3
    )
)
@settings(deadline=None, max_examples=300)
def test_quantiles_never_decrease_and_never_leave_the_draws(pairs: list[tuple[float, float]]) -> None:
    """Whatever the draws and their weights; the mean lies among them too."""
    draws, weights = np.array(pairs).T
    found = Belief.from_draws(draws, weights)
    slack = 1e-9 * max(1.0, float(np.abs(draws).max()))
    assert (np.diff(found.quantiles) >= 0).all()
    assert draws.min() <= found.quantiles[0]
    assert found.quantiles[-1] <= draws.max()
    assert draws.min() - slack <= found.mean <= draws.max() + slack


@given(st.integers(0, 10_000), st.floats(-100, 100), st.floats(0.01, 100))
@settings(deadline=None, max_examples=60)
def test_another_unit_moves_a_belief_along(seed: int, by: float, scale: float) -> None:
    """Draws shifted and stretched: mean, sd and quantiles are shifted and stretched."""
    rng = np.random.default_rng(seed)
    draws, weights = rng.standard_normal(128), rng.random(128)
    one, other = Belief.from_draws(draws, weights), Belief.from_draws(by + scale * draws, weights)
    assert np.array(other.quantiles) == pytest.approx(
        by + scale * np.array(one.quantiles), abs=1e-9 * (100 + scale)
    )
    assert other.sd == pytest.approx(scale * one.sd, rel=1e-9)


@pytest.mark.parametrize(
    ("mean", "sd", "quantiles", "said"),
    [
        (math.nan, 1.0, (), "finite mean"),
        (0.0, 0.0, (), "sd > 0"),
        (0.0, math.inf, (), "sd > 0"),
        (0.0, 1.0, (0.0, 1.0), "expected 5"),
        (0.0, 1.0, (0.0, 1.0, 0.5, 2.0, 3.0), "must not decrease"),
    ],
)
def test_what_is_no_belief_is_refused(
    mean: float, sd: float, quantiles: tuple[float, ...], said: str
) -> None:
    """With what was wrong."""
    with pytest.raises(ValueError, match=said):
        Belief(mean, sd, quantiles)


@settings(deadline=None)
@given(mean=st.floats(-2, 2), sd=st.floats(0.01, 1.0))
def test_the_logarithm_of_a_log_normal_is_the_normal_it_was_made_of(mean: float, sd: float) -> None:
    """By its own mean and sd alone; what has no logarithm gets one that is a number."""
    exact = stats.lognorm(sd, scale=math.exp(mean))
    assert Belief(float(exact.mean()), float(exact.std())).of_logarithm == pytest.approx((mean, sd), abs=1e-9)
    assert all(map(math.isfinite, Belief(-mean - 3.0, 1e9).of_logarithm))


def test_several_parameters_at_once_are_each_as_by_itself():
    """Of four columns of other shapes under the same weights, to rounding."""
    rng = np.random.default_rng(6)
    draws = np.stack(
        [rng.normal(size=300), rng.exponential(size=300), np.full(300, 2.0), -rng.random(300)], axis=1
    )
    weights = rng.random(300)
    for found, column in zip(beliefs_of(draws, weights), draws.T, strict=True):
        expected = Belief.from_draws(column, weights)
        assert (found.mean, found.sd) == pytest.approx((expected.mean, expected.sd), rel=1e-12)
        assert found.quantiles == pytest.approx(expected.quantiles, rel=1e-12)
