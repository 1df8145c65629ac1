"""The fixed points behind a summary against the normal distribution itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from bayesian_verifier.posterior._base_points import base_points, golden_lattice


@pytest.mark.parametrize("dimensions", [1, 2, 3, 5])
@pytest.mark.parametrize("count", [64, 512, 1024, 4096])
def test_points_have_mean_zero_and_identity_covariance(count: int, dimensions: int) -> None:
    """To single precision, so that an affine flow's mean and sd come out exact."""
    points = base_points(count, dimensions).astype(np.float64)
    assert points.shape == (count, dimensions)
    assert np.abs(points.mean(axis=0)).max() < 1e-6
    assert np.abs(np.cov(points.T, bias=True) - np.eye(dimensions)).max() < 1e-6


def test_one_dimension_is_the_normal_quantiles_of_cell_midpoints() -> None:
    """By scipy's normal quantiles, up to the standardising."""
    points = base_points(1024, 1)[:, 0].astype(np.float64)
    exact = stats.norm.ppf((np.arange(1024) + 0.5) / 1024)
    assert np.abs(points * exact.std() - exact).max() < 1e-5


@pytest.mark.parametrize("angle", np.linspace(0, np.pi, 13)[:-1])
def test_quantiles_in_any_direction_are_near_the_normal_ones(angle: float) -> None:
    """Within 0.035 sd for 1024 points; independent draws miss by four times that."""
    points = base_points(1024, 2).astype(np.float64)
    belief = Belief.from_draws(np.cos(angle) * points[:, 0] + np.sin(angle) * points[:, 1])
    assert np.abs(np.array(belief.quantiles) - stats.norm.ppf(QUANTILE_LEVELS)).max() < 0.035


@pytest.mark.parametrize("dimensions", [2, 3, 4])
def test_lattice_is_more_even_than_random_points(dimensions: int) -> None:
    """By scipy's centred discrepancy, against the median of twenty random sets."""
    even = stats.qmc.discrepancy(golden_lattice(512, dimensions))
    rng = np.random.default_rng(0)
    rough = np.median([stats.qmc.discrepancy(rng.random((512, dimensions))) for _ in range(20)])
    assert even < rough / 4


def test_lattice_stays_inside_the_open_cube() -> None:
    """A 0 or 1 would be an infinite normal quantile."""
    points = golden_lattice(4096, 6)
    assert points.min() > 0
    assert points.max() < 1


@pytest.mark.parametrize(("count", "dimensions"), [(4, 2), (0, 1), (8, 0)])
def test_too_few_points_are_refused(count: int, dimensions: int) -> None:
    """They cannot have an identity covariance."""
    with pytest.raises(ValueError, match="cannot spread"):
        base_points(count, dimensions)
