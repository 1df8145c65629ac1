"""The prior that people's messages are most likely under."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import norm

from bayesian_verifier.retraining import Limits, Prior, fitted_prior, next_prior


def people(count, prior, seed, *, least=1.0, most=20.0):
    rng = np.random.default_rng(seed)
    precision = rng.uniform(least, most, count)
    theta = rng.normal(prior.mean, prior.sd, count)
    return theta + rng.standard_normal(count) / np.sqrt(precision), precision


def test_it_is_the_maximum_of_the_marginal_likelihood():
    value, precision = people(200, Prior(1.1, 0.6), seed=0)

    def loss(x):
        return -norm(x[0], np.sqrt(np.exp(2 * x[1]) + 1 / precision)).logpdf(value).sum()

    best = minimize(loss, [0.0, 0.0], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-10})
    found = fitted_prior(value, precision, Prior(0.5, 1.0))
    assert found.mean == pytest.approx(best.x[0], abs=1e-4)
    assert found.sd == pytest.approx(np.exp(best.x[1]), abs=1e-4)


def test_night_after_night_it_does_not_shrink():
    """The mean of fits over many nights, each begun where the last ended, is the truth."""
    truth, now, found = Prior(0.5, 0.8), Prior(0.5, 0.8), []
    for night in range(60):
        now = fitted_prior(*people(300, truth, seed=night), now)
        found.append(now)
    assert np.mean([one.sd for one in found]) == pytest.approx(truth.sd, abs=0.02)


def test_a_night_may_not_go_further_than_its_limits():
    value, precision = people(500, Prior(5.0, 3.0), seed=1)
    before = Prior(0.5, 1.0)
    assert next_prior(value, precision, before, Limits(0.25, 1.25, 30)) == Prior(0.75, 1.25)


def test_a_few_people_move_nothing():
    value, precision = people(29, Prior(5.0, 3.0), seed=2)
    assert next_prior(value, precision, Prior(0.5, 1.0), Limits()) == Prior(0.5, 1.0)
