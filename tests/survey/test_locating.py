"""Is a posterior of several parameters found where it lies, whatever its shape?"""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest

from bayesian_verifier.posterior import base_points
from bayesian_verifier.survey._locating import cholesky, found, located, place_of


def test_a_normal_posterior_is_found_however_narrow_and_slanted():
    """Mean and covariance within 5%, from 1 to 0.003 prior sd."""
    rng = np.random.default_rng(0)
    factors = np.tril(rng.normal(size=(6, 3, 3))) + 2.0 * np.eye(3)
    factors *= np.geomspace(0.3, 0.002, 6)[:, None, None]
    means = rng.normal(size=(6, 3))
    inverse = np.linalg.inv(factors)

    def log_density(points):
        white = jnp.einsum("bij,bmj->bmi", inverse, points - means[:, None])
        return -0.5 * (white**2).sum(-1)

    place = found(log_density, base_points(128, 3), 6)
    off = np.einsum("bij,bj->bi", inverse, np.asarray(place.mean) - means)
    assert np.abs(off).max() < 0.05
    white = inverse @ np.asarray(place.factor)
    assert white @ white.swapaxes(1, 2) == pytest.approx(np.tile(np.eye(3), (6, 1, 1)), abs=0.1)


def test_a_skewed_posterior_is_found_by_its_moments():
    """Of the logarithm of a gamma variable and two normal ones: digamma and trigamma at 2."""

    def log_density(points):
        return 2.0 * points[..., 0] - jnp.exp(points[..., 0]) - 0.5 * (points[..., 1:] ** 2).sum(-1)

    place = found(log_density, base_points(128, 3), 1)
    digamma, trigamma = 1.0 - 0.5772156649, math.pi**2 / 6.0 - 1.0
    assert float(place.mean[0, 0]) == pytest.approx(digamma, abs=0.05 * math.sqrt(trigamma))
    assert float(place.factor[0, 0, 0]) == pytest.approx(math.sqrt(trigamma), rel=0.05)


def test_the_factor_is_numpys():
    """Of random positive matrices; where one is singular it is held above nothing."""
    some = np.random.default_rng(1).normal(size=(5, 4, 7))
    matrix = some @ some.swapaxes(1, 2)
    expected = np.linalg.cholesky(matrix)
    assert np.asarray(cholesky(jnp.asarray(matrix))) == pytest.approx(expected, rel=1e-3, abs=1e-4)
    assert np.isfinite(cholesky(jnp.ones((2, 2)))).all()


def test_a_place_is_what_was_located_and_the_prior_is_zeros():
    """There and back; a standard normal distribution is told by zeros alone."""
    rng = np.random.default_rng(2)
    mean, factor = rng.normal(size=(3, 4)), np.tril(rng.normal(size=(3, 4, 4)))
    factor[:, range(4), range(4)] = np.exp(rng.normal(size=(3, 4)))
    place = place_of(located(jnp.asarray(mean), jnp.asarray(factor)), 4)
    assert np.asarray(place.mean) == pytest.approx(mean, rel=1e-6)
    assert np.asarray(place.factor) == pytest.approx(factor, rel=1e-5, abs=1e-6)
    assert not np.asarray(located(jnp.zeros(4), jnp.eye(4))).any()
