"""The network's parts against closed forms, other libraries and themselves done another way."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator
from bayesian_verifier.training import build_approximator
from bayesian_verifier.training._attention import LOCATION, shape_of
from bayesian_verifier.training._batches import BatchSource, set_sizes
from bayesian_verifier.training._located_flow import LocatedFlow
from bayesian_verifier.training._pool import draw_pool
from bayesian_verifier.training._settings import NetworkSettings
from bayesian_verifier.training._splines import cubic_interpolation

SMALL = NetworkSettings(
    noise_levels=8,
    noise_reach=(3.4, 3.2),
    knots=24,
    refine=(2, 2),
    context_widths=(16, 6),
    flow_depth=2,
    flow_widths=(16, 16),
)


@pytest.fixture(scope="module")
def simulator():
    return LotterySimulator()


@pytest.fixture(scope="module")
def approximator(simulator):
    """A small network with weights drawn at random, so that nothing about it is special."""
    keras.utils.set_random_seed(5)
    built = build_approximator(simulator, SMALL)
    rng = np.random.default_rng(5)
    for variable in built.trainable_variables:
        variable.assign(variable.value + 0.1 * rng.standard_normal(variable.shape))
    return built


@pytest.fixture(scope="module")
def source(simulator):
    pool = draw_pool(np.random.default_rng(1), 512, CaseMixture(), simulator.points)
    return BatchSource(simulator, pool, SMALL.knots, count=16, seed=3)


def described(source, rng, count):
    """Features [count, K + 3] of random cases with every kind of answer."""
    answers = np.zeros((count, 3), np.float32)
    answers[:, 0] = rng.choice([-1, 0, 1], count)
    answers[:, 2] = rng.choice([0, 1], count)
    answers[:, 1] = answers[:, 2] * rng.uniform(-2, 2, count)
    cases = rng.integers(0, len(source.pool.curves), count)
    return cases, answers, np.concatenate([source.pool.described[cases], answers], axis=1)


def test_the_cubic_matrix_is_the_natural_cubic_spline():
    """The matrix and scipy's natural spline carry the same values in between."""
    points = np.sort(np.random.default_rng(0).uniform(-3, 3, 12))
    values = np.sin(points) + points**2
    at = np.linspace(points[0], points[-1], 200)
    expected = CubicSpline(points, values, bc_type="natural")(at)
    np.testing.assert_allclose(cubic_interpolation(points, at) @ values, expected, atol=1e-12)


def test_sums_made_for_training_are_the_sums_that_serve(approximator, source):
    """Counting on knots in NumPy and looking up the spline in JAX give the same surface."""
    rng = np.random.default_rng(2)
    sizes = np.array([0, 1, 3, 40, *([2] * 12)])
    owner = np.repeat(np.arange(16), sizes)
    cases, answers, features = described(source, rng, owner.size)
    summary = approximator.summary_network
    table = np.asarray(summary.potential.table())
    trained = source.sums(cases, owner, answers) @ table
    for person in range(16):
        own = features[owner == person]
        served = summary.potential(jnp.asarray(own), jnp.ones(len(own)))
        np.testing.assert_allclose(served.sum(axis=0), trained[person], rtol=1e-4, atol=2e-4)


def test_potentials_add_up_whatever_the_order_and_the_padding(approximator, source):
    """Two halves in any order, padded with nonsense that is masked, sum to the whole."""
    rng = np.random.default_rng(4)
    _, _, features = described(source, rng, 30)
    potential = approximator.summary_network.potential
    whole = np.asarray(potential(features, np.ones(30)))
    shuffled = rng.permutation(30)
    first = np.concatenate([features[shuffled[:11]], np.full((5, features.shape[1]), 0.7, np.float32)])
    mask = np.concatenate([np.ones(11), np.zeros(5)]).astype(np.float32)
    parts = np.asarray(potential(first, mask)) + np.asarray(potential(features[shuffled[11:]], np.ones(19)))
    np.testing.assert_array_equal(parts[0], whole[0])
    np.testing.assert_allclose(parts[1], whole[1], atol=1e-6)


def test_attention_finds_mean_sd_and_correlation_of_a_normal_surface():
    """A bivariate normal on the points gives back its own moments, and no shape beyond them."""
    r, t = np.linspace(-4, 5, 361).astype(np.float32), np.linspace(-5, 1, 81).astype(np.float32)
    mean, sd, rho = (0.7, -2.1), (0.3, 0.4), 0.55
    z_r, z_t = np.meshgrid((r - mean[0]) / sd[0], (t - mean[1]) / sd[1], indexing="ij")
    log_weight = -(z_r**2 - 2 * rho * z_r * z_t + z_t**2) / (2 * (1 - rho**2))
    log_weight -= np.log(np.exp(log_weight).sum())
    summary = np.asarray(shape_of(jnp.asarray(log_weight[None], jnp.float32), r, t))[0]
    expected = [*mean, np.log(sd[0]), np.log(sd[1]), np.arctanh(rho)]
    np.testing.assert_allclose(summary[:LOCATION], expected, atol=2e-3)
    np.testing.assert_allclose(summary[LOCATION : LOCATION + 4], 0, atol=0.02)


@pytest.fixture(scope="module")
def flow():
    keras.utils.set_random_seed(1)
    made = LocatedFlow(
        flow={
            "depth": 2,
            "permutation": "swap",
            "subnet_kwargs": {"widths": [8, 8], "dropout": None},
        }
    )
    made.build((1, 2), (1, 9))
    rng = np.random.default_rng(1)
    for variable in made.trainable_variables:
        variable.assign(variable.value + 0.2 * rng.standard_normal(variable.shape))
    return made


CONDITIONS = np.array([0.8, -2.0, np.log(0.2), np.log(0.5), 0.6, 0.3, -0.2, 0.1, 0.0], np.float32)


def test_the_located_flow_comes_back_to_where_it_started(flow):
    """Forward after inverse is the identity, and both tell the same log-density."""
    noise = np.random.default_rng(0).standard_normal((64, 2)).astype(np.float32)
    conditions = np.broadcast_to(CONDITIONS, (64, 9))
    theta, log_density = flow(noise, conditions=conditions, inverse=True, density=True)
    back, same = flow(theta, conditions=conditions, density=True)
    np.testing.assert_allclose(back, noise, atol=1e-4)
    np.testing.assert_allclose(same, log_density, atol=1e-4)


def test_the_located_flow_log_density_is_that_of_the_change_of_variables(flow):
    """Log-density equals the base density less the log-determinant that automatic differentiation finds."""
    noise = np.random.default_rng(3).standard_normal((8, 2)).astype(np.float32)

    def drawn(z):
        return flow(z[None], conditions=CONDITIONS[None], inverse=True)[0]

    for z in noise:
        _, log_density = flow(z[None], conditions=CONDITIONS[None], inverse=True, density=True)
        _, log_det = np.linalg.slogdet(np.asarray(jax.jacfwd(drawn)(z)))
        expected = -0.5 * float(z @ z) - np.log(2 * np.pi) - log_det
        assert float(log_density[0]) == pytest.approx(expected, abs=2e-4)


def test_a_saved_approximator_reloads_and_samples_as_bayesflow_users_expect(approximator, source, tmp_path):
    """After a round trip through a .keras file log-densities are the same, and samples have BayesFlow's shape."""
    _, _, features = described(source, np.random.default_rng(9), 12)
    data = {"features": features[None], "informative": np.ones((1, 12), np.float32)}
    asked = data | {"theta": np.array([[0.4, -2.0]], np.float32)}
    file = tmp_path / "approximator.keras"
    approximator.save(file)
    reloaded = keras.saving.load_model(file, compile=False)
    np.testing.assert_allclose(reloaded.log_prob(asked), approximator.log_prob(asked), atol=1e-5)
    samples = reloaded.sample(num_samples=7, conditions=data, seed=1)
    assert samples["theta"].shape == (1, 7, 2)
    assert np.isfinite(samples["theta"]).all()


def test_padding_in_a_batch_changes_no_summary(approximator, source):
    """BayesFlow's mask: a set padded to twice its size has the same log-density."""
    _, _, features = described(source, np.random.default_rng(10), 6)
    theta = np.array([[0.1, -1.0]], np.float32)
    plain = {"features": features[None], "informative": np.ones((1, 6), np.float32), "theta": theta}
    padded = np.concatenate([features, np.full_like(features, 0.4)])[None]
    masked = {"features": padded, "informative": np.r_[np.ones(6), np.zeros(6)][None].astype(np.float32)}
    expected = approximator.log_prob(plain)
    np.testing.assert_allclose(approximator.log_prob(masked | {"theta": theta}), expected, atol=1e-4)


@pytest.mark.parametrize("count", [8, 64, 128])
def test_set_sizes_are_quantiles_of_the_log_uniform(count):
    """Half of the sets are no larger than the root of 513, none is larger than 512, and one at least is empty."""
    sizes = set_sizes(count)
    assert sizes[0] == 0
    assert sizes[-1] <= 512
    assert abs((sizes <= np.sqrt(513)).mean() - 0.5) <= 1 / count + 0.01


def test_a_batch_depends_on_seed_and_step_alone(source):
    """The same step twice is the same batch, another step is another."""
    first, again, other = source.batch(7), source.batch(7), source.batch(8)
    np.testing.assert_array_equal(first.sums, again.sums)
    np.testing.assert_array_equal(first.theta, again.theta)
    assert not np.array_equal(first.theta, other.theta)
