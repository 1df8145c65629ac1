"""Does a policy learn, the same from the same key, and from what it is told alone?"""

from __future__ import annotations

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from bayesian_verifier.rl import (
    ARMS,
    RULES,
    ExactBelief,
    PolicyNet,
    Read,
    Rules,
    Training,
    evaluate,
    greedy,
    reset,
    seen,
    train,
)
from bayesian_verifier.rl._arms import Arm

A = Rules()
BELIEF = ExactBelief(A.prior, attitudes=25, noises=5)
SHORT = Training(updates=2, environments=8, steps=16, epochs=1, minibatches=1, width=16)
LONG = Training(updates=24, environments=64, steps=64, width=32)


@pytest.fixture(scope="module")
def learned():
    """A hybrid after 98,000 steps."""
    return eqx.filter_jit(lambda key: train(key, ARMS["hybrid"], A, BELIEF, LONG))(jax.random.key(0))


def test_a_little_learning_beats_none(learned) -> None:
    """The reward lost a decision falls by a quarter at least, from what choosing at random loses."""
    assert float(learned.reward[0]) == pytest.approx(-0.15, abs=0.03)
    assert float(learned.reward[-3:].mean()) > 0.75 * float(learned.reward[0])
    assert np.isfinite(np.asarray(learned.reward)).all()


def test_a_key_gives_the_same_policy_again() -> None:
    """To the last bit; another key gives another."""
    learn = eqx.filter_jit(lambda key: train(key, ARMS["hybrid"], A, BELIEF, SHORT))
    one, again, other = (learn(jax.random.key(seed)) for seed in (0, 0, 1))
    assert eqx.tree_equal(one, again)
    assert not eqx.tree_equal(one.policy, other.policy)


def test_the_order_of_options_means_nothing_to_a_policy() -> None:
    """Options changed about: their chances change about with them, the ask's and the value stay."""
    policy = PolicyNet(jax.random.key(3), known=2, width=16)
    shown = jax.jit(lambda key: seen(reset(key, A, BELIEF), A))(jax.random.key(5))
    told, order = jnp.array([0.3, 0.8]), jnp.array([2, 0, 1])
    said, turned = policy(shown, told), policy(shown._replace(options=shown.options[order]), told)
    np.testing.assert_allclose(turned.log_probability, said.log_probability[jnp.append(order, 3)], atol=1e-5)
    assert float(turned.value) == pytest.approx(float(said.value), abs=1e-5)
    closed = policy(shown._replace(may_ask=jnp.zeros((), bool)), told)
    assert closed.log_probability[3] == -jnp.inf


def test_each_arm_is_told_what_it_is_named_for() -> None:
    """θ* and σ in prior sd, the truth, nothing; shifted, narrowed, or the prior where the service was away."""
    read, theta = Read(jnp.array([1.5, -0.5]), jnp.array([0.2, 1.0])), jnp.array([[2.5, 0.0], [0.5, 0.0]])

    def told(arm: Arm) -> np.ndarray:
        return np.asarray(arm.told(jax.random.key(0), read, theta, A.prior))

    np.testing.assert_allclose(told(ARMS["hybrid"]), [[1.0, 0.2], [-1.0, 1.0]], atol=1e-6)
    np.testing.assert_allclose(told(ARMS["oracle"]), [[2.0], [0.0]], atol=1e-6)
    assert told(ARMS["rl_only"]).shape == (2, 0)
    np.testing.assert_allclose(told(ARMS["hybrid_wrong"]), [[2.0, 0.1], [0.0, 0.5]], atol=1e-6)
    np.testing.assert_allclose(told(Arm("away", "mean_sd", fallback=1.0)), [[0.0, 1.0]] * 2)


def test_rules_that_know_more_earn_more() -> None:
    """Who knows the person loses nothing; the posterior beats the prior; hidden costs ignored are costly."""
    scores = {}
    for name in ("prior_rule", "bayes_ignoring_cost", "bayes", "true_rule"):
        rule = RULES[name]
        arm = Arm(name, "mean_sd" if rule.needs_belief else "nothing")
        run = jax.jit(
            lambda rule=rule, arm=arm: evaluate(1, 400, lambda *a: rule.chooses(A, *a), arm, A, BELIEF)
        )
        scores[name] = float(run().reward.mean())
    assert scores["true_rule"] == pytest.approx(0.0, abs=1e-6)
    assert scores["bayes_ignoring_cost"] < scores["prior_rule"] < scores["bayes"] < -0.005


def test_a_score_is_of_one_episode_each_of_the_same_people(learned) -> None:
    """Whatever is chosen the people are the same; an episode's regret is below what a random one loses."""
    play = eqx.filter_jit(lambda policy: evaluate(7, 64, greedy(policy), ARMS["hybrid"], A, BELIEF))
    one, other = play(learned.policy), play(PolicyNet(jax.random.key(8), known=2, width=32))
    np.testing.assert_array_equal(one.risk_aversion, other.risk_aversion)
    assert float(one.regret.mean()) < 0.1
    assert ((np.asarray(one.asks) >= 0) & (np.asarray(one.asks) <= 1)).all()
