"""How is a policy learned? By proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347), compiled whole.

Rollouts, advantages (Schulman et al. 2016, arXiv 1506.02438) and updates are one function of a key, so that a seed
gives the same policy again, and many seeds are one program under vmap.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from bayesian_verifier.rl._environment import reset
from bayesian_verifier.rl._policy import PolicyNet
from bayesian_verifier.rl._rollout import Moment, rollout, said_of, sampling, view_of

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._environment import Rules, State


class Training(NamedTuple):
    """How much, and how. Rates and the entropy bonus fall from the first to the last over the updates."""

    updates: int = 53
    environments: int = 128
    steps: int = 64
    epochs: int = 4
    minibatches: int = 4
    learning_rate: float = 1e-3
    discount: float = 0.97
    trace: float = 0.9
    clip: float = 0.2
    value_share: float = 0.5
    entropy_first: float = 0.02
    entropy_last: float = 0.001
    most_gradient: float = 0.5
    width: int = 64

    @property
    def step_count(self) -> int:
        """Steps of experience in all."""
        return self.updates * self.environments * self.steps


class Learned(NamedTuple):
    """The policy, and by update: mean reward, regret and share of asks per decision, each [updates]."""

    policy: PolicyNet
    reward: Array
    regret: Array
    asks: Array


class Batch(NamedTuple):
    """Moments with the advantage and the return of each."""

    moment: Moment
    advantage: Array
    target: Array


def train(key: Array, arm: Arm, rules: Rules, belief: Belief, training: Training) -> Learned:
    """A policy for an arm, from a key; compiled as a whole."""
    key_net, key_reset, key_run = jax.random.split(key, 3)
    policy = PolicyNet(key_net, known=len(arm.known), width=training.width)
    weights, fixed = eqx.partition(policy, eqx.is_array)
    optimiser = _optimiser(training)
    keys = jax.random.split(key_reset, training.environments)
    state = jax.vmap(lambda k: reset(k, rules, belief))(keys)
    update = partial(
        _update, fixed=fixed, optimiser=optimiser, arm=arm, rules=rules, belief=belief, training=training
    )
    every = (jnp.arange(training.updates), jax.random.split(key_run, training.updates))
    (weights, _, _), told = jax.lax.scan(update, (weights, optimiser.init(weights), state), every)
    return Learned(eqx.combine(weights, fixed), *told)


def _optimiser(training: Training) -> optax.GradientTransformation:
    count = training.updates * training.epochs * training.minibatches
    rate = optax.linear_schedule(training.learning_rate, 0.02 * training.learning_rate, count)
    return optax.chain(optax.clip_by_global_norm(training.most_gradient), optax.adam(rate, eps=1e-5))


Carried = tuple[PolicyNet, optax.OptState, "State"]
Fitted = tuple[PolicyNet, optax.OptState]


def _update(
    carried: Carried,
    at: tuple[Array, Array],
    *,
    fixed: PolicyNet,
    optimiser: optax.GradientTransformation,
    arm: Arm,
    rules: Rules,
    belief: Belief,
    training: Training,
) -> tuple[Carried, tuple[Array, Array, Array]]:
    """One rollout and what is learned from it."""
    weights, memory, state = carried
    number, key = at
    key_roll, key_view, key_learn = jax.random.split(key, 3)
    policy = eqx.combine(weights, fixed)
    state, moments = rollout(key_roll, state, training.steps, sampling(policy), arm, rules, belief)
    last, _ = view_of(key_view, state, arm, rules, belief)
    batch = _with_advantages(moments, said_of(policy, last).value, training)
    part = number / max(training.updates - 1, 1)
    bonus = training.entropy_first * (training.entropy_last / training.entropy_first) ** part
    loss = partial(_loss, fixed=fixed, bonus=bonus, training=training)
    count = training.environments * training.steps
    flat = jax.tree.map(lambda x: x.reshape(count, *x.shape[2:]), batch)

    def minibatch(carried: Fitted, rows: Array) -> tuple[Fitted, None]:
        weights, memory = carried
        gradient = jax.grad(loss)(weights, jax.tree.map(lambda x: x[rows], flat))
        change, memory = optimiser.update(gradient, memory, weights)
        return (eqx.apply_updates(weights, change), memory), None

    orders = jax.vmap(lambda k: jax.random.permutation(k, count))(
        jax.random.split(key_learn, training.epochs)
    )
    rows = orders.reshape(training.epochs * training.minibatches, -1)
    (weights, memory), _ = jax.lax.scan(minibatch, (weights, memory), rows)
    decisions = jnp.maximum(moments.decided.sum(), 1)
    told = (
        moments.reward.sum() / decisions,
        moments.regret.sum() / decisions,
        (~moments.decided).sum() / decisions,
    )
    return (weights, memory, state), told


def _with_advantages(moments: Moment, last_value: Array, training: Training) -> Batch:
    """Generalised advantage estimation, backwards over the steps."""

    def back(carried: tuple[Array, Array], moment: Moment) -> tuple[tuple[Array, Array], Array]:
        following, ahead = carried
        goes_on = training.discount * (1.0 - moment.done)
        error = moment.reward + goes_on * following - moment.value
        advantage = error + goes_on * training.trace * ahead
        return (moment.value, advantage), advantage

    start = (last_value, jnp.zeros_like(last_value))
    _, advantage = jax.lax.scan(back, start, moments, reverse=True)
    return Batch(moments, advantage, advantage + moments.value)


def _loss(weights: PolicyNet, batch: Batch, *, fixed: PolicyNet, bonus: Array, training: Training) -> Array:
    """Clipped surrogate, value error and entropy of a minibatch."""
    moment = batch.moment
    said = said_of(eqx.combine(weights, fixed), moment.view)
    chance = jnp.take_along_axis(said.log_probability, moment.action[:, None], axis=1)[:, 0]
    ratio = jnp.exp(chance - moment.log_probability)
    gain = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
    held = jnp.clip(ratio, 1.0 - training.clip, 1.0 + training.clip)
    surrogate = -jnp.minimum(ratio * gain, held * gain).mean()
    off = moment.value + jnp.clip(said.value - moment.value, -training.clip, training.clip)
    value = 0.5 * jnp.maximum((said.value - batch.target) ** 2, (off - batch.target) ** 2).mean()
    open_ = jnp.isfinite(said.log_probability)
    logs = jnp.where(open_, said.log_probability, 0.0)
    entropy = -(jnp.where(open_, jnp.exp(logs), 0.0) * logs).sum(axis=1)
    return surrogate + training.value_share * value - (bonus * moment.view.entropy * entropy).mean()
