"""Does a policy learn, the same from the same key, and from what it is told alone?"""

from __future__ import annotations

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from rl_compiling import quickly

from bayesian_verifier.rl import (
    ARMS,
    RULES,
    ExactBelief,
    PolicyNet,
    Read,
    Rules,
    Seen,
    State,
    Told,
    Training,
    blank,
    evaluate,
    greedy,
    train,
)
from bayesian_verifier.rl._arms import Arm
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

A = Rules()
BELIEF = ExactBelief(A.prior, attitudes=25, noises=5)
TRAINING = Training(updates=48, environments=32, steps=32, width=16, learning_rate=2e-3)


@pytest.fixture(scope="module")
def learn():
    """Compiled once; 49,000 steps."""
    return eqx.filter_jit(lambda key: train(key, ARMS["hybrid"], A, BELIEF, TRAINING))


@pytest.fixture(scope="module")
def learned(learn):
    return learn(jax.random.key(0))


def test_a_little_learning_beats_none(learned) -> None:
    """The reward lost a decision falls by a quarter at least, from what choosing at random loses."""
    assert float(learned.reward[0]) == pytest.approx(-0.15, abs=0.03)
    assert float(learned.reward[-3:].mean()) > 0.75 * float(learned.reward[0])
    assert np.isfinite(np.asarray(learned.reward)).all()


def test_a_key_gives_the_same_policy_again(learn, learned) -> None:
    """To the last bit; another key gives another."""
    assert eqx.tree_equal(learned, learn(jax.random.key(0)))
    assert not eqx.tree_equal(learned.policy, learn(jax.random.key(1)).policy)


def test_the_order_of_options_means_nothing_to_a_policy() -> None:
    """Options changed about: their chances change about with them, the ask's and the value stay."""
    network = PolicyNet(jax.random.key(3), known=2, width=16)
    policy = quickly(partial(PolicyNet.__call__, network))
    rng = np.random.default_rng(5)
    features = rng.normal(size=(3, OPTION_FEATURES)), rng.normal(size=REST_FEATURES)
    shown = Seen(*(jnp.asarray(one, jnp.float32) for one in features), jnp.ones((), bool))
    told, order = Told(jnp.array([0.3, 0.8]), jnp.zeros((3, 0))), jnp.array([2, 0, 1])
    said, turned = policy(shown, told), policy(shown._replace(options=shown.options[order]), told)
    np.testing.assert_allclose(turned.log_probability, said.log_probability[jnp.append(order, 3)], atol=1e-5)
    assert float(turned.value) == pytest.approx(float(said.value), abs=1e-5)
    closed = policy(shown._replace(may_ask=jnp.zeros((), bool)), told)
    assert closed.log_probability[3] == -jnp.inf


def test_each_arm_is_told_what_it_is_named_for() -> None:
    """θ* and σ in prior sd, the truth, nothing; shifted, narrowed, or the prior where the service was away."""
    read = Read(jnp.array([1.5, -0.5]), jnp.array([0.2, 1.0]))
    heard = jnp.arange(10.0).reshape(2, 5)
    states = State(*(None,) * len(State._fields))._replace(
        theta=jnp.array([[2.5, 0.0], [0.5, 0.0]]), last_heard=heard
    )

    def told(arm: Arm) -> np.ndarray:
        return np.asarray(arm.told(jax.random.key(0), states, None, read, A.prior).person)

    np.testing.assert_allclose(told(ARMS["hybrid"]), [[1.0, 0.2], [-1.0, 1.0]], atol=1e-6)
    np.testing.assert_allclose(told(ARMS["oracle"]), [[2.0], [0.0]], atol=1e-6)
    assert told(ARMS["rl_only"]).shape == (2, 0)
    np.testing.assert_allclose(told(ARMS["hybrid_wrong"]), [[2.0, 0.1], [0.0, 0.5]], atol=1e-6)
    np.testing.assert_allclose(told(ARMS["rl2_evidence"]), heard)
    np.testing.assert_allclose(told(Arm("mean_sd", fallback=1.0)), [[0.0, 1.0]] * 2)


@pytest.mark.parametrize(("name", "low", "high"), [("bayes", -0.016, -0.007), ("true_rule", -1e-6, 1e-6)])
def test_rules_earn_what_they_know(name: str, low: float, high: float) -> None:
    """Who knows the person and the hidden cost loses nothing; with the posterior a third of what the prior loses."""
    rule = RULES[name]
    run = quickly(
        lambda: evaluate(1, 400, partial(rule.chooses, A), rule.seeing, A, BELIEF, jnp.zeros((400, 0)))
    )
    assert low < float(run().reward.mean()) < high


def test_a_score_is_of_one_episode_each_of_the_same_people(learned) -> None:
    """Whatever is chosen the people are the same; an episode's regret is below what a random one loses."""
    fixed = eqx.filter(learned.policy, eqx.is_array, inverse=True)

    @quickly
    def play(weights):
        policy = eqx.combine(weights, fixed)
        return evaluate(7, 64, greedy(policy), ARMS["hybrid"], A, BELIEF, blank(policy, 64))

    policies = learned.policy, PolicyNet(jax.random.key(8), known=2, width=16)
    one, other = (play(eqx.filter(policy, eqx.is_array)) for policy in policies)
    np.testing.assert_array_equal(one.risk_aversion, other.risk_aversion)
    assert float(one.regret.mean()) < 0.1
    assert ((np.asarray(one.asks) >= 0) & (np.asarray(one.asks) <= 1)).all()
