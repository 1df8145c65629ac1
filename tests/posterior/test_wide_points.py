"""Points drawn out by a fifth still say what the standard normal is."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesian_verifier.posterior import WIDENING, base_points, log_widening, wide_points


@pytest.mark.parametrize("count", [256, 1024])
def test_weighted_wide_points_are_a_standard_normal(count: int) -> None:
    """Their weighted mean is 0 and their covariance the identity, to 2%; skewness and kurtosis to 0.1."""
    points = wide_points(count, 2)
    noise = points.noise.astype(np.float64)
    mean = points.share @ noise
    assert points.share.sum() == pytest.approx(1.0)
    assert np.abs(mean).max() < 0.01
    assert np.abs((points.share[:, None] * (noise - mean)).T @ (noise - mean) - np.eye(2)).max() < 0.02
    assert np.abs(points.share @ noise**3).max() < 0.1
    assert points.share @ noise**4 == pytest.approx([3.0, 3.0], abs=0.1)


def test_wide_points_are_the_fixed_ones_a_fifth_further_out() -> None:
    """Each point is 1.2 times the base point, and their covariance so much wider."""
    points = wide_points(256, 2).noise
    np.testing.assert_allclose(points, 1.2 * base_points(256, 2), rtol=1e-6)
    assert np.cov(points.T.astype(np.float64), bias=True) == pytest.approx(1.44 * np.eye(2), abs=1e-5)


def test_each_parameter_beyond_two_has_as_many_more() -> None:
    """64, 64, 128, 192, so that summaries of three parameters are as near as those of two."""
    assert [len(wide_points(64, dimensions).noise) for dimensions in (1, 2, 3, 4)] == [64, 64, 128, 192]


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_the_log_ratio_is_that_of_two_normal_densities(dimensions: int) -> None:
    """By scipy: how much denser the wide proposal is than the standard normal at each point."""
    points = wide_points(64, dimensions)
    noise = points.noise.astype(np.float64)
    expected = (stats.norm.logpdf(noise, scale=WIDENING) - stats.norm.logpdf(noise)).sum(axis=1)
    np.testing.assert_allclose(points.log_ratio, expected, atol=1e-6)
    np.testing.assert_allclose(log_widening(points.noise), points.log_ratio)
    np.testing.assert_allclose(points.share, np.exp(-expected) / np.exp(-expected).sum(), rtol=1e-5)
