"""Is what a belief says of options and asks what the textbook says? By loops over nodes, from the reference model."""

from __future__ import annotations

import itertools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rl_compiling import quickly
from rl_records import decision, question

from bayesian_verifier.rl import ExactBelief, Rules, Weighed, reset
from bayesian_verifier.rl._outlook import outlook
from reference import model

RULES = Rules()
BELIEF = ExactBelief(RULES.prior, attitudes=21, noises=3)
START = quickly(lambda seed: reset(jax.random.key(seed), RULES, BELIEF))
LOOK = quickly(outlook)
ATTITUDES, NOISES = np.linspace(-1.0, 2.5, 8), np.array([0.05, 0.2])


def belief(seed: int) -> tuple[Weighed, np.ndarray]:
    """Any weights of eight attitudes by two noises."""
    weight = np.random.default_rng(seed).dirichlet(np.full(16, 0.7)).reshape(8, 2)
    nodes = jnp.broadcast_to(jnp.asarray(NOISES, jnp.float32), (8, 2))
    return Weighed(jnp.asarray(ATTITUDES, jnp.float32), nodes, jnp.asarray(weight, jnp.float32)), weight


@pytest.mark.parametrize("seed", range(6))
def test_expected_utility_and_what_asking_is_worth(seed: int) -> None:
    """Every node, every way of answering, Bayes' rule by hand."""
    state = START(seed)
    given, weight = belief(seed)
    found = LOOK(state, given)
    # the utility of options up to a constant a node, from their advantages over each other
    leads = np.stack([model.advantage(decision(state, chosen), ATTITUDES) for chosen in range(3)])
    asked = np.stack([model.advantage(question(state, number), ATTITUDES) for number in range(3)])
    best = (leads >= -1e-9).astype(float) @ weight.sum(axis=1)
    np.testing.assert_allclose(found.best, best, atol=1e-4)
    mean = (weight.sum(axis=1) * ATTITUDES).sum()
    variance = (weight.sum(axis=1) * (ATTITUDES - mean) ** 2).sum()
    third = (weight.sum(axis=1) * (ATTITUDES - mean) ** 3).sum()
    assert float(found.skew) == pytest.approx(third / variance**1.5, abs=2e-3)
    left, value_after = 0.0, 0.0
    expected = np.asarray(found.expected, float)
    assert expected.sum() == pytest.approx(0.0, abs=1e-5)
    for answers in itertools.product((1, -1), repeat=3):
        joint = np.zeros((8, 2))
        for i, j in itertools.product(range(8), range(2)):
            chances = [
                0.01 + 0.98 / (1 + math.exp(-min(max(sign * asked[k, i] / NOISES[j], -500), 500)))
                for k, sign in enumerate(answers)
            ]
            joint[i, j] = weight[i, j] * math.prod(chances)
        chance, after = joint.sum(), joint.sum(axis=1) / joint.sum()
        left += chance * (after * (ATTITUDES - (after * ATTITUDES).sum()) ** 2).sum()
        # the lead of the best option over the first, in this node's belief
        value_after += chance * (after @ relative(leads).T).max()
    assert float(found.taught) == pytest.approx(1 - left / variance, abs=2e-3)
    now = (weight.sum(axis=1) @ relative(leads).T).max()
    assert float(found.gain) == pytest.approx(value_after - now, abs=1e-4)
    np.testing.assert_allclose(
        expected - expected.max(), weight.sum(axis=1) @ relative(leads).T - now, atol=1e-4
    )


def relative(leads: np.ndarray) -> np.ndarray:
    """Utilities [3, R] less that of the best, from each option's advantage over the better of the others."""
    return np.minimum(leads, 0.0)


def test_an_ask_teaches_nothing_to_who_is_certain() -> None:
    """All weight on one node: no variance to remove, no gain, no doubt."""
    weight = jnp.zeros((8, 2)).at[3, 1].set(1.0)
    given = belief(0)[0]._replace(weight=weight)
    found = LOOK(START(1), given)
    assert float(found.gain) == pytest.approx(0.0, abs=1e-6)
    assert float(found.taught) < 1e-3
    np.testing.assert_allclose(found.doubt, 0.0, atol=1e-3)
    assert sorted(np.asarray(found.best).round(6).tolist()) == [0.0, 0.0, 1.0]
