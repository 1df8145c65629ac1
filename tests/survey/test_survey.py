"""Does a survey say where a posterior lies, and how it differs from a normal one there?"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesian_verifier.simulators import log_prior
from bayesian_verifier.simulators.traits import ExplorerSimulator, TraitsSimulator
from bayesian_verifier.survey import location_size, probe_weights, probes, survey_size, surveyed, unfolded
from bayesian_verifier.training._exact_joint import joint_posterior
from bayesian_verifier.training._trait_examination import judged

SIMULATORS = pytest.mark.parametrize(
    "simulator", [ExplorerSimulator(), TraitsSimulator()], ids=lambda one: one.name
)


def test_of_a_normal_posterior_all_is_in_the_location():
    """As dense around there as the normal distribution that was found, but for what turns leave: 0.05 sd."""
    factor = np.array([[0.3, 0.0, 0.0], [0.1, 0.5, 0.0], [-0.2, 0.1, 0.8]])
    mean = np.array([0.4, -0.3, 0.1])

    def log_density(points):
        white = jnp.einsum("ij,bmj->bmi", np.linalg.inv(factor), points - mean)
        return (-0.5 * (white**2).sum(-1)).astype(np.float32)

    survey = surveyed(log_density, 1, 3)
    assert survey.shape == (1, survey_size(3))
    place, surplus = unfolded(survey, 3)
    assert np.linalg.inv(factor) @ (np.asarray(place.mean[0]) - mean) == pytest.approx(np.zeros(3), abs=0.05)
    assert np.linalg.inv(factor) @ np.asarray(place.factor[0]) == pytest.approx(np.eye(3), abs=0.05)
    weight = np.asarray(jax.nn.softmax(probe_weights(3)))
    off = np.asarray(surplus[0]) - weight @ np.asarray(surplus[0])
    assert weight @ off**2 < 0.1**2


def test_zeros_are_a_standard_normal_posterior():
    """What is kept of somebody of whom nothing is known: their prior."""
    place, surplus = unfolded(np.zeros((1, survey_size(4)), np.float32), 4)
    assert not np.asarray(place.mean).any()
    assert np.array_equal(place.factor[0], np.eye(4))
    assert not surplus.any()


def test_weights_of_probes_give_the_moments_of_what_they_stand_for():
    """Of a standard normal distribution, whose surplus is nothing: mean 0, variance 1, by probes drawn out."""
    for parameters in (3, 4):
        points, weight = probes(parameters), np.asarray(jax.nn.softmax(probe_weights(parameters)))
        assert weight @ points == pytest.approx(np.zeros(parameters), abs=0.05)
        assert weight @ points**2 == pytest.approx(np.ones(parameters), abs=0.15)


@SIMULATORS
@pytest.mark.parametrize("kind", ["feedback", "both"])
def test_the_survey_of_judgments_is_that_of_their_exact_posterior(simulator, kind):
    """Means of traits by quadrature within 0.3 sd, sds within a fifth; density at the probes by NumPy."""
    some = judged(simulator, np.random.default_rng(7), 20, kind)
    evidence = simulator.describe(some).evidence
    survey = evidence.sums
    p = len(simulator.parameters)
    grids = {3: ((25, 21, 13), (33, 33, 21)), 4: ((17, 13, 11, 11), (25, 19, 13, 13))}
    exact = joint_posterior(simulator, some, coarse=grids[p][0], fine=grids[p][1])
    share = exact.weight.ravel()
    mean = share @ exact.points
    sd = np.sqrt(share @ (exact.points - mean) ** 2)
    prior_mean, prior_sd = (
        np.array([getattr(one, name) for one in simulator.parameters]) for name in ("prior_mean", "prior_sd")
    )
    place, surplus = unfolded(survey[None], p)
    factor = np.asarray(place.factor[0])
    off = (prior_mean + prior_sd * np.asarray(place.mean[0]) - mean) / sd
    assert off[:-1] == pytest.approx(np.zeros(p - 1), abs=0.3)
    wide = prior_sd * np.sqrt((factor**2).sum(axis=1))
    assert wide[:-1] == pytest.approx(sd[:-1], rel=0.2)
    theta = prior_mean + prior_sd * (np.asarray(place.mean[0]) + probes(p) @ factor.T)
    dense = simulator.log_likelihood(theta, some) + log_prior(simulator.parameters, theta)
    expected = dense + 0.5 * (probes(p) ** 2).sum(axis=1)
    assert survey[location_size(p) :] == pytest.approx(expected - expected.max(), abs=0.02)
    assert np.asarray(surplus).max() == 0.0
