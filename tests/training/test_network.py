"""The network's parts against closed forms, other libraries and themselves done another way."""

from __future__ import annotations

from functools import partial

import jax
import keras
import numpy as np
import pytest
from scipy import stats
from scipy.interpolate import CubicSpline

from bayesian_verifier.artifact import PosteriorFunction
from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.posterior import base_points, natural_spline, wide_points
from bayesian_verifier.simulators.lottery import (
    KNOTS,
    REWARD_TERMS,
    Answered,
    CaseMixture,
    LotterySimulator,
    evidence_of,
)
from bayesian_verifier.training import Network, build_approximator, parity, read_weights
from bayesian_verifier.training._attention import LOCATION, shape_of
from bayesian_verifier.training._batches import BatchSource, set_sizes
from bayesian_verifier.training._export import export_function, write_weights
from bayesian_verifier.training._located_flow import LocatedFlow
from bayesian_verifier.training._pool import draw_pool
from bayesian_verifier.training._reference_summary import ReferenceSummary
from bayesian_verifier.training._settings import NetworkSettings
from bayesian_verifier.training._simulated import PooledCases, Population

SMALL = NetworkSettings(
    noise_levels=8,
    noise_reach=(3.4, 3.2),
    refine=(2, 2),
    context_widths=(16, 6),
    flow_depth=2,
    flow_widths=(16, 16),
    flow_activation="silu",
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
    return BatchSource(simulator, pool, count=16, seed=3)


def answered(source, rng, count, kinds=(-1, 0, 1)):
    """Some cases of the pool, with random answers of every kind: index, sign, reward, whether there is one."""
    sign = rng.choice(kinds, count).astype(np.float64)
    rewarded = rng.random(count) < 0.5
    reward = np.where(rewarded, rng.uniform(-2, 2, count), 0.0)
    return rng.integers(0, len(source.pool.curves), count), sign, reward, rewarded


def summed(source, said):
    """What the simulator makes of such answers: float32 [S]."""
    index, sign, reward, rewarded = said
    return evidence_of(Answered(PooledCases(source.pool, index), sign, reward, rewarded)).sums


def test_the_cubic_matrix_is_the_natural_cubic_spline():
    """The matrix and scipy's natural spline carry the same values in between."""
    points = np.sort(np.random.default_rng(0).uniform(-3, 3, 12))
    values = np.sin(points) + points**2
    at = np.linspace(points[0], points[-1], 200)
    expected = CubicSpline(points, values, bc_type="natural")(at)
    np.testing.assert_allclose(natural_spline(points, at) @ values, expected, atol=1e-12)


def test_sums_made_for_training_are_the_sums_that_serve(source):
    """A ragged batch counted at once, and each person's evidence by itself: to the rounding of a few grains."""
    rng = np.random.default_rng(2)
    sizes = np.array([0, 1, 3, 40, *([2] * 12)])
    owner = np.repeat(np.arange(16), sizes)
    cases, sign, reward, rewarded = answered(source, rng, owner.size)
    trained = source.sums(cases, owner, np.stack([sign, reward, rewarded], axis=1).astype(np.float32))
    for person in range(16):
        own = owner == person
        served = summed(source, (cases[own], sign[own], reward[own], rewarded[own])).reshape(trained[0].shape)
        grains = 2.0**-13 * (1 + np.sqrt(own.sum()))
        np.testing.assert_allclose(trained[person][:, :KNOTS], served[:, :KNOTS], rtol=0, atol=grains)
        np.testing.assert_allclose(trained[person][:, KNOTS:], served[:, KNOTS:], rtol=1e-5, atol=1e-4)


def test_potentials_add_up(approximator, source):
    """What two sets of sums say together is what they say each; nothing says nothing."""
    rng = np.random.default_rng(4)
    potential = approximator.summary_network.potential
    shape = (len(source.simulator.points), KNOTS + REWARD_TERMS)
    one, other = (summed(source, answered(source, rng, n)).reshape(shape) for n in (11, 19))
    together = np.asarray(potential(one + other))
    np.testing.assert_allclose(np.asarray(potential(one)) + np.asarray(potential(other)), together, atol=2e-4)
    assert not np.asarray(potential(np.zeros(shape, np.float32))).any()


def normal_surface(summary, mean, sd, rho):
    """Log-weights [R, T] on the summary's own fine points of a bivariate normal, normalised."""
    r, t = summary._fine_r, summary._fine_t
    z_r, z_t = np.meshgrid((r - mean[0]) / sd[0], (t - mean[1]) / sd[1], indexing="ij")
    log_weight = -(z_r**2 - 2 * rho * z_r * z_t + z_t**2) / (2 * (1 - rho**2))
    log_weight = log_weight + np.log(np.gradient(r))[:, None]
    return (log_weight - np.log(np.exp(log_weight).sum())).astype(np.float32)


NORMALS = [((0.3, -2.4), (0.7, 0.8), 0.5), ((-1.2, -3.0), (0.4, 0.9), -0.3)]


@pytest.fixture(scope="module")
def fine_summary():
    """A summary whose attention looks closely enough for closed forms."""
    simulator = LotterySimulator()
    return ReferenceSummary(
        points=simulator.points.tolist(),
        noise_points=np.linspace(-6.0, 1.5, 24).tolist(),
        prior=[[0.5, 1.0], [-2.3, 1.0]],
        knots=KNOTS,
        refine=(4, 4),
        context_widths=(4,),
    )


def drawn_from(summary, surface, seed, count):
    """Draws [B, count, 2], compiled as a whole, not each operation by itself."""
    return np.asarray(jax.jit(summary.draws, static_argnums=2)(surface, jax.random.key(seed), count))


def test_draws_follow_their_surface(fine_summary):
    """Of normal surfaces: means, sds, correlation, and the distribution of each coordinate, by scipy."""
    surface = np.stack([normal_surface(fine_summary, *normal) for normal in NORMALS])
    drawn = drawn_from(fine_summary, surface, 1, 4000)
    assert drawn.shape == (2, 4000, 2)
    for theta, (mean, sd, rho) in zip(drawn.astype(np.float64), NORMALS, strict=True):
        for i in range(2):
            assert stats.kstest(theta[:, i], stats.norm(mean[i], sd[i]).cdf).statistic < 0.03
        assert np.corrcoef(theta.T)[0, 1] == pytest.approx(rho, abs=0.04)


def test_draws_of_risk_aversion_are_evenly_spread(fine_summary):
    """One in each of as many equal shares: seven draws lie between the eighths that enclose them."""
    mean, sd, rho = NORMALS[0]
    surface = normal_surface(fine_summary, mean, sd, rho)[None]
    drawn = drawn_from(fine_summary, surface, 2, 7)[0, :, 0]
    place = stats.norm(mean[0], sd[0]).cdf(drawn) * 7
    assert (np.floor(np.clip(place, 0, 6.999) + [0.05] * 7).astype(int) >= np.arange(7)).all()
    assert (place < np.arange(1, 8) + 0.05).all()


def test_no_draws_may_be_asked_for(fine_summary):
    """Training without them is a setting."""
    assert drawn_from(fine_summary, normal_surface(fine_summary, *NORMALS[0])[None], 0, 0).shape == (1, 0, 2)


def test_the_density_of_a_normal_surface_is_the_normal_s(fine_summary):
    """To 0.02 nats within two sd, by scipy."""
    rng, log_density = np.random.default_rng(3), jax.jit(fine_summary.log_density)
    for mean, sd, rho in NORMALS:
        covariance = [[sd[0] ** 2, rho * sd[0] * sd[1]], [rho * sd[0] * sd[1], sd[1] ** 2]]
        theta = np.asarray(mean) + np.clip(rng.standard_normal((200, 2)), -2, 2) * sd
        surface = np.broadcast_to(
            normal_surface(fine_summary, mean, sd, rho), (200, *fine_summary_shape(fine_summary))
        )
        found = log_density(surface, theta.astype(np.float32))
        expected = stats.multivariate_normal(mean, covariance).logpdf(theta)
        np.testing.assert_allclose(found, expected, atol=0.03)


def fine_summary_shape(summary):
    """How many points attention looks at."""
    return summary._fine_r.size, summary._fine_t.size


def test_without_evidence_the_surface_is_the_prior(fine_summary):
    """Mean and log sd of the summary are the prior's."""
    nothing = np.zeros((1, len(fine_summary.points), len(fine_summary.noise_points)), np.float32)

    @jax.jit
    def shape_without(potential):
        return shape_of(fine_summary.surface(potential), fine_summary._fine_r, fine_summary._fine_t)

    shape = np.asarray(shape_without(nothing))[0]
    np.testing.assert_allclose(shape[:LOCATION], [0.5, -2.3, 0.0, 0.0, 0.0], atol=0.01)


def test_attention_finds_mean_sd_and_correlation_of_a_normal_surface():
    """A bivariate normal on the points gives back its own moments, and no shape beyond them."""
    r, t = np.linspace(-4, 5, 361).astype(np.float32), np.linspace(-5, 1, 81).astype(np.float32)
    mean, sd, rho = (0.7, -2.1), (0.3, 0.4), 0.55
    z_r, z_t = np.meshgrid((r - mean[0]) / sd[0], (t - mean[1]) / sd[1], indexing="ij")
    log_weight = -(z_r**2 - 2 * rho * z_r * z_t + z_t**2) / (2 * (1 - rho**2))
    log_weight -= np.log(np.exp(log_weight).sum())
    summary = np.asarray(
        jax.jit(lambda surface: shape_of(surface, r, t))(log_weight[None].astype(np.float32))
    )[0]
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
    there = jax.jit(partial(flow, conditions=conditions, inverse=True, density=True))
    theta, log_density = there(noise)
    back, same = jax.jit(partial(flow, conditions=conditions, density=True))(theta)
    np.testing.assert_allclose(back, noise, atol=1e-4)
    np.testing.assert_allclose(same, log_density, atol=1e-4)


def test_the_located_flow_log_density_is_that_of_the_change_of_variables(flow):
    """Log-density equals the base density less the log-determinant that automatic differentiation finds."""
    noise = np.random.default_rng(3).standard_normal((8, 2)).astype(np.float32)

    def drawn(z):
        return flow(z[None], conditions=CONDITIONS[None], inverse=True)[0]

    def log_density_of(z):
        return flow(z[None], conditions=CONDITIONS[None], inverse=True, density=True)[1]

    both = jax.jit(lambda z: (log_density_of(z), jax.jacfwd(drawn)(z)))
    for z in noise:
        log_density, jacobian = both(z)
        _, log_det = np.linalg.slogdet(np.asarray(jacobian))
        expected = -0.5 * float(z @ z) - np.log(2 * np.pi) - log_det
        assert float(log_density[0]) == pytest.approx(expected, abs=2e-4)


@pytest.fixture(scope="module")
def function(approximator, simulator):
    """The same network as one exported function."""
    blob = export_function(approximator, simulator.sums_size, 2)
    return PosteriorFunction(blob, sums_size=simulator.sums_size, parameters=2)


def test_a_saved_approximator_reloads_and_samples_as_bayesflow_users_expect(
    approximator, function, source, tmp_path
):
    """Saved, reloaded and exported it has one log-density at any point, and samples have BayesFlow's shape."""
    data = {"sums": summed(source, answered(source, np.random.default_rng(9), 12))[None]}
    theta = np.asarray(function(data["sums"], base_points(8, 2)).theta)[0, 3:4]  # where its mass lies
    asked = data | {"theta": theta}
    file = tmp_path / "approximator.keras"
    approximator.save(file)
    reloaded = keras.saving.load_model(file, compile=False)
    expected = approximator.log_prob(asked)
    np.testing.assert_allclose(reloaded.log_prob(asked), expected, rtol=1e-5, atol=1e-5)
    exported = function(data["sums"], base_points(8, 2), asked["theta"]).query_density
    # run piece by piece, BayesFlow rounds otherwise; compiled they agree to 1e-5 (below)
    np.testing.assert_allclose(np.ravel(exported), np.ravel(expected), atol=5e-3)
    samples = reloaded.sample(num_samples=7, conditions=data, seed=1)
    assert samples["theta"].shape == (1, 7, 2)
    assert np.isfinite(samples["theta"]).all()


def test_the_exported_function_is_the_bayesflow_object(approximator, function, source):
    """Draws and densities agree to 1e-5 with the object and with the object reloaded, at sets of many sizes."""
    rng = np.random.default_rng(11)
    sets = [summed(source, answered(source, rng, n)) for n in (0, 1, 8, 64)]
    found = parity(approximator, function, sets, base_points(64, 2))
    assert found.log_density < 1e-5
    assert found.draws < 1e-5


def test_parity_sees_another_network(approximator, function, source):
    """Weights moved by a little are told apart, so that the check can fail."""
    sets = [summed(source, answered(source, np.random.default_rng(12), 8))]
    moved = approximator.inference_network.trainable_variables[0]
    before = np.asarray(moved.value)
    try:
        moved.assign(before + 0.01)
        assert parity(approximator, function, sets, base_points(64, 2)).log_density > 1e-4
    finally:
        moved.assign(before)


def test_the_density_of_draws_is_the_density_asked_about(function, source):
    """The exported function forwards and backwards: its own draws, asked about, have the density they came with."""
    sums = summed(source, answered(source, np.random.default_rng(13), 20))[None]
    said = function(sums, base_points(32, 2))
    again = function(sums, base_points(32, 2), np.asarray(said.theta)[0])
    np.testing.assert_allclose(again.query_density[0], np.asarray(said.log_density)[0], atol=2e-4)


def test_a_network_asked_in_lots_says_what_it_says_of_each(function, simulator, source):
    """70 people, more than one call takes: each as if asked alone, and density at a point as `Said` draws it."""
    rng = np.random.default_rng(14)
    people = [Population(simulator, source.pool).person(rng, 3, "both").evidence for _ in range(70)]
    network = Network(function, simulator, wide_points(32, 2))
    said = network.ask(people)
    assert len(said) == 70
    for i in (0, 63, 64, 69):
        alone = network.ask([people[i]])[0]
        np.testing.assert_allclose(said[i].theta, alone.theta, atol=1e-5)
        np.testing.assert_allclose(said[i].log_density, alone.log_density, atol=1e-4)
        np.testing.assert_allclose(network.density(people[i], alone.theta), alone.log_density, atol=5e-4)
    assert network.ask([]) == []


def test_weights_written_are_weights_read(approximator, simulator, tmp_path):
    """Another network of the same shape becomes the same; a file of another shape is refused by name."""
    file = tmp_path / "weights.npz"
    write_weights(approximator, file)
    other = build_approximator(simulator, SMALL)
    read_weights(other, file)
    for one, two in zip(other.variables, approximator.variables, strict=True):
        np.testing.assert_array_equal(one.value, two.value)
    wider = build_approximator(simulator, SMALL.model_copy(update={"context_widths": (16, 7)}))
    with pytest.raises(ArtifactError, match=r"weights\.npz: array \d+"):
        read_weights(wider, file)
    (tmp_path / "no.npz").write_bytes(b"nothing")
    with pytest.raises(ArtifactError, match="cannot be read"):
        read_weights(other, tmp_path / "no.npz")


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


def test_a_batch_holds_what_its_people_answered(source):
    """Set sizes are those of the quantiles: feedback counts and rewards tell as many answers, never more."""
    batch = source.batch(3)
    sizes = set_sizes(16)
    told = batch.sums[:, :, :KNOTS].sum(axis=2)
    np.testing.assert_allclose(told, np.broadcast_to(told[:, :1], told.shape), atol=1e-2)
    assert (np.abs(told[:, 0] - np.rint(told[:, 0])) < 1e-2).all()
    assert (told[:, 0] <= sizes + 1e-2).all()
    silent = told[:, 0] < 0.5
    assert (batch.sums[silent & (sizes > 0)][:, :, KNOTS] > 0).all()
    assert not batch.sums[0].any()
