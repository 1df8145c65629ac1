"""Are log-likelihoods summed at nodes, and read between them, what they should be?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from bayesian_verifier.simulators import log_prior
from bayesian_verifier.simulators.traits import (
    Axis,
    ExplorerSimulator,
    Lattice,
    TraitsSimulator,
    log_likelihood,
    people_of,
)
from bayesian_verifier.training import joint_posterior


def evidence(simulator, count, *, seed=0):
    """What somebody near the prior's mean answered, with their judgments."""
    rng = np.random.default_rng(seed)
    theta = np.array([[0.3, 0.05, *([-0.2] if len(simulator.parameters) == 4 else []), -1.6]])
    cases = simulator.draw_cases(rng, count)
    said = simulator.simulate(rng, np.repeat(theta, count, axis=0), cases)
    judged = [
        one.model_copy(update={"feedback": "approve" if yes else "reject"})
        for one, yes in zip(cases, said.approve, strict=True)
    ]
    judged[::4] = [
        one.model_copy(update={"reward": float(r)})
        for one, r in zip(judged[::4], said.reward[::4], strict=True)
    ]
    return theta[0], judged, simulator.describe(judged).evidence


def summed(found):
    """The same by its sums alone, as of somebody whose judgments a state has no room for."""
    return replace(found, judgments=None, nodes=found.totals[:-2])


def test_what_is_read_between_nodes_is_a_product_of_natural_cubic_splines():
    """Of scipy's, along the even steps of each axis; beyond the nodes the last value holds."""
    lattice = Lattice((Axis(6, 1.2, 4.0), Axis(5, 50.0, 3.0), Axis(4, 0.7, 2.0)))
    rng = np.random.default_rng(0)
    values, places = rng.normal(size=lattice.shape), rng.uniform(-2.0, 2.0, (20, 3))
    expected = []
    for place in places:
        left = values
        for axis, at in zip(lattice.axes, place, strict=True):
            step = np.arcsinh(at / axis.stretch) / np.arcsinh(axis.reach / axis.stretch)
            left = CubicSpline(np.linspace(-1.0, 1.0, axis.nodes), left, bc_type="natural")(step)
        expected.append(float(left))
    coefficients = lattice.coefficients(values.reshape(1, -1), np)
    found = lattice.read(coefficients, places[None], np)[0]
    assert found == pytest.approx(expected)
    beyond = lattice.read(coefficients, np.array([[[9.0, 0.1, 0.2], [4.0, 0.1, 0.2]]]), np)[0]
    assert beyond[0] == pytest.approx(beyond[1])


@pytest.mark.parametrize("simulator", [ExplorerSimulator(), TraitsSimulator()], ids=["explorer", "traits"])
def test_at_the_nodes_sums_are_the_exact_log_likelihood(simulator):
    """But for what does not depend on θ, in single precision."""
    _, _, found = evidence(simulator, 24)
    rng, lattice = np.random.default_rng(1), found.summing.lattice
    which = rng.integers(0, lattice.size, 50)
    grid = np.stack(np.meshgrid(*[axis.places for axis in lattice.axes], indexing="ij"), axis=-1)
    theta = found.summing.centre + found.summing.scale * grid.reshape(-1, len(lattice.axes))[which]
    off = found.totals[which] - log_likelihood(found.told, theta)
    assert off == pytest.approx(np.full(50, off[0]), abs=1e-3)


@pytest.mark.parametrize(
    ("simulator", "nats"), [(ExplorerSimulator(), 0.1), (TraitsSimulator(), 0.3)], ids=["explorer", "traits"]
)
def test_between_the_nodes_sums_of_a_state_are_near_the_exact_log_likelihood(simulator, nats):
    """Around the truth, rms, of 64 answers that went through a state's bytes."""
    theta, judged, found = evidence(simulator, 64)
    state = simulator.read_evidence(summed(found).to_bytes())
    assert state.told is None
    near = theta + 0.2 * found.summing.scale * np.random.default_rng(2).normal(size=(200, theta.size))
    off = state.log_likelihood(near) - simulator.log_likelihood(near, judged)
    assert (off - off.mean()).std() < nats


def test_cases_taken_from_others_are_the_same_cases():
    """Repeated and in another order: the advantages of those that were named."""
    simulator = TraitsSimulator()
    _, judged, _ = evidence(simulator, 30)
    cases = simulator.describe(judged).evidence.told.cases
    index = np.random.default_rng(3).integers(0, len(cases), 50)
    people = people_of(simulator.sample_prior(np.random.default_rng(4), 3))
    assert cases.taken(index).advantages(people) == pytest.approx(cases.advantages(people)[index])


def test_across_is_every_combination():
    """Of three risk aversions, two explorations and two exponents, the last running fastest; in single precision."""
    simulator = TraitsSimulator()
    _, judged, _ = evidence(simulator, 12)
    cases = simulator.describe(judged).evidence.told.cases
    risk, more, exponent = np.array([-1.0, 0.4, 1.0]), np.array([-0.1, 0.2]), np.array([0.6, 1.1])
    every = np.stack([m.ravel() for m in np.meshgrid(risk, more, np.log(exponent), indexing="ij")], axis=1)
    expected = cases.advantages(people_of(np.column_stack([every, np.zeros(12)])))
    assert cases.across(risk, more, exponent) == pytest.approx(expected, abs=2e-7)
    plain = cases.advantages(people_of(np.column_stack([every[::2, :2], np.zeros(6)])))
    assert cases.across(risk, more, None) == pytest.approx(plain, abs=2e-7)


def test_who_answers_the_same_proposals_again_and_again_is_known_by_their_sums():
    """205 answers to a few proposals fall by hundreds of nats between nodes, and splines swing there.

    KL of the posterior by the sums from the exact one, by quadrature: 9.6 nats through the sums as they are.
    """
    simulator, rng = ExplorerSimulator(), np.random.default_rng([79, 0])
    rng.uniform()
    theta = np.repeat(simulator.sample_prior(rng, 1), 205, axis=0)
    some = simulator.draw_cases(rng, int(rng.integers(2, 9)))
    cases = [some[i] for i in rng.integers(0, len(some), 205)]
    said = simulator.simulate(rng, theta, cases)
    judged = [
        one.model_copy(update={"feedback": "approve" if yes else "reject"})
        for one, yes in zip(cases, said.approve, strict=True)
    ]
    exact = joint_posterior(simulator, judged, coarse=[31, 21, 13], fine=[33, 33, 21])
    state = simulator.read_evidence(summed(simulator.describe(judged).evidence).to_bytes())
    weight = np.exp(state.log_likelihood(exact.points) + log_prior(simulator.parameters, exact.points))
    assert exact.divergence(np.log(weight / weight.sum())[exact.carrying] - exact._log_cell) < 0.2
