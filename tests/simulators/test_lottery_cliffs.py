"""How likely are answers at a person between two points: in NumPy, in JAX, and where likelihoods fall off a cliff."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesian_verifier.simulators import load_simulator, log_prior
from bayesian_verifier.simulators.lottery import ANSWERS, KNOTS, CaseMixture, simulate_person
from bayesian_verifier.simulators.lottery._chance import log_likelihood_between
from reference import exact

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment

SIMULATOR = load_simulator("lottery")
#: as far from the exact mean, in exact sd, as draws of the served network lie
REACH = 3.6


def one_case_often(seed: int) -> list[Judgment]:
    """Somebody who was asked about the same case 256 times."""
    rng = np.random.default_rng([256, 1, seed])
    person = simulate_person(rng, SIMULATOR, CaseMixture(), 1, answered="feedback", max_reward=3.0)
    answers = SIMULATOR.simulate(rng, np.repeat(person.theta[None], 256, 0), person.judgments * 256).approve
    case = person.judgments[0]
    return [case.model_copy(update={"feedback": "approve" if yes else "reject"}) for yes in answers]


def moments(log_joint: np.ndarray, weight: np.ndarray, r: np.ndarray) -> tuple[float, float]:
    """Mean and sd of r by quadrature [R, T]; weight 0 leaves a node out."""
    kept = np.where(weight > 0, log_joint, -np.inf)
    share = weight * np.exp(kept - kept.max())
    over_r = share.sum(axis=1) / share.sum()
    mean = float(over_r @ r)
    return mean, math.sqrt(over_r @ (r - mean) ** 2)


@pytest.mark.parametrize("seed", [8, 17])
def test_one_case_answered_256_times_is_read_without_overshooting(seed: int) -> None:
    """Ruin makes cliffs of the likelihood: no more than 0 nats anywhere, and over ±3.6 sd
    mean of r within 0.1 sd, sd within 5%.
    """
    judgments = one_case_often(seed)
    truth = exact.posterior([j.model_dump(mode="json", exclude_none=True) for j in judgments])
    r, t = truth.r_axis.nodes, truth.ln_tau_axis.nodes
    theta = np.stack([m.ravel() for m in np.meshgrid(r, t, indexing="ij")], axis=1)
    near = [np.abs(n - b.mean) < REACH * b.sd for n, b in ((r, truth.r), (t, truth.ln_tau))]
    weight = truth.r_axis.weights[:, None] * truth.ln_tau_axis.weights[None, :] * np.outer(*near)
    read = SIMULATOR.describe(judgments).evidence.log_likelihood(theta)
    assert read.max() <= 0.0
    joint = (read + log_prior(SIMULATOR.parameters, theta)).reshape(r.size, t.size)
    (mean, sd), (exact_mean, exact_sd) = (moments(log, weight, r) for log in (joint, truth.log_joint))
    assert abs(mean - exact_mean) < 0.1 * exact_sd
    assert sd == pytest.approx(exact_sd, rel=0.05)


def straight_and_cubic(height: float, at: float) -> float:
    """Read between four points whose log-likelihoods are 0, 0, -height, -height, by rewards alone."""
    points = np.array([2.0, 2.1, 2.2, 2.3])
    table = np.zeros((4, KNOTS + 2))
    table[2:, KNOTS] = height / 8.0  # -½ residual² / 0.25² = -8 residual²
    return float(log_likelihood_between(points, table, np.array([[at, -2.0]]))[0])


@pytest.mark.parametrize("part", [0.0, 0.25, 0.5, 0.8])
def test_a_cliff_is_read_on_straight_lines_and_a_slope_on_a_cubic(part: float) -> None:
    """A bend of 41 nats is a cliff, one of 39 is not; Lagrange's cubic by hand."""
    at = 2.1 + 0.1 * part
    assert straight_and_cubic(41.0, at) == pytest.approx(-41.0 * part, abs=1e-9)
    u = part + 1.0  # places of the four points: 0, 1, 2, 3
    cubic = -39.0 * (u * (u - 1) * (u - 3) / -2.0 + u * (u - 1) * (u - 2) / 6.0)
    assert straight_and_cubic(39.0, at) == pytest.approx(cubic, abs=1e-9)


@pytest.mark.parametrize("answered", ANSWERS)
@pytest.mark.parametrize("count", [1, 40, 512])
def test_jax_says_in_single_precision_what_numpy_says(count: int, answered: str) -> None:
    """Of people near whoever answered: within 0.001 nats."""
    rng = np.random.default_rng([count, 3])
    person = simulate_person(rng, SIMULATOR, CaseMixture(), count, answered=answered, max_reward=3.0)
    sums = SIMULATOR.describe(person.judgments).evidence.sums
    theta = (person.theta + rng.standard_normal((256, 2)) * [0.15, 0.3]).astype(np.float32)
    compiled = jax.jit(lambda sums, theta: SIMULATOR.log_likelihood_of_sums(sums, theta, jnp))
    found = np.asarray(compiled(sums, theta), np.float64)
    expected = SIMULATOR.log_likelihood_of_sums(sums.astype(np.float64), theta.astype(np.float64), np)
    likely = expected > expected.max() - 20
    assert likely.sum() > 100
    assert np.abs(found - expected)[likely].max() < 1e-3
