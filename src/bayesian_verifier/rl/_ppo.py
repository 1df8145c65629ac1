"""How is a policy learned? By proximal policy optimisation (Schulman et al. 2017, arXiv 1707.06347), compiled whole.

Rollouts, advantages (Schulman et al. 2016, arXiv 1506.02438) and updates are one function of a key, so that a seed
gives the same policy again, and many seeds are one program under vmap.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import optax

from bayesian_verifier.rl._environment import reset
from bayesian_verifier.rl._memory import Policy, blank, policy_of, said_of, said_over
from bayesian_verifier.rl._rollout import Moment, rollout, sampling, view_of

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

    policy: Policy
    reward: Array
    regret: Array
    asks: Array


class Batch(NamedTuple):
    """Moments [T, N] with the advantage and the return of each, and the memory [N, H] before the first."""

    moment: Moment
    advantage: Array
    target: Array
    memory: Array


def train(key: Array, arm: Arm, rules: Rules, belief: Belief, training: Training) -> Learned:
    """A policy for an arm, from a key; compiled as a whole."""
    key_net, key_reset, key_run = jax.random.split(key, 3)
    policy = policy_of(key_net, arm, training.width)
    weights, fixed = eqx.partition(policy, eqx.is_array)
    optimiser = _optimiser(training)
    keys = jax.random.split(key_reset, training.environments)
    state = jax.vmap(lambda k: reset(k, rules, belief))(keys)
    start = Carried(weights, optimiser.init(weights), state, blank(policy, training.environments))
    update = partial(
        _update, fixed=fixed, optimiser=optimiser, arm=arm, rules=rules, belief=belief, training=training
    )
    every = (jnp.arange(training.updates), jax.random.split(key_run, training.updates))
    last, told = jax.lax.scan(update, start, every)
    return Learned(eqx.combine(last.weights, fixed), *told)


def _optimiser(training: Training) -> optax.GradientTransformation:
    count = training.updates * training.epochs * training.minibatches
    rate = optax.linear_schedule(training.learning_rate, 0.02 * training.learning_rate, count)
    return optax.chain(optax.clip_by_global_norm(training.most_gradient), optax.adam(rate, eps=1e-5))


class Carried(NamedTuple):
    """From update to update: what can be learned, the optimiser's moments, N episodes, and the policy's memory."""

    weights: Policy
    optimiser: optax.OptState
    state: State
    memory: Array


def _update(
    carried: Carried,
    at: tuple[Array, Array],
    *,
    fixed: Policy,
    optimiser: optax.GradientTransformation,
    arm: Arm,
    rules: Rules,
    belief: Belief,
    training: Training,
) -> tuple[Carried, tuple[Array, Array, Array]]:
    """One rollout and what is learned from it."""
    number, key = at
    key_roll, key_view, key_learn = jax.random.split(key, 3)
    policy = eqx.combine(carried.weights, fixed)
    state, memory, moments = rollout(
        key_roll, carried.state, carried.memory, training.steps, sampling(policy), arm, rules, belief
    )
    last, _ = view_of(key_view, state, arm, rules, belief)
    batch = _with_advantages(moments, said_of(policy, last, memory)[0].value, carried.memory, training)
    part = number / max(training.updates - 1, 1)
    bonus = training.entropy_first * (training.entropy_last / training.entropy_first) ** part
    loss = partial(_loss, fixed=fixed, bonus=bonus, training=training)

    def minibatch(learned: tuple[Policy, optax.OptState], rows: Array) -> tuple[Any, None]:
        weights, memory = learned
        gradient = jax.grad(loss)(weights, _of_rows(batch, rows))
        change, memory = optimiser.update(gradient, memory, weights)
        return (eqx.apply_updates(weights, change), memory), None

    # whole sequences, so that a memory can be learned through them
    orders = jax.vmap(lambda k: jax.random.permutation(k, training.environments))(
        jax.random.split(key_learn, training.epochs)
    )
    rows = orders.reshape(training.epochs * training.minibatches, -1)
    (weights, moments_of_optimiser), _ = jax.lax.scan(minibatch, (carried.weights, carried.optimiser), rows)
    decisions = jnp.maximum(moments.decided.sum(), 1)
    told = (
        moments.reward.sum() / decisions,
        moments.regret.sum() / decisions,
        (~moments.decided).sum() / decisions,
    )
    return Carried(weights, moments_of_optimiser, state, memory), told


def _of_rows(batch: Batch, rows: Array) -> Batch:
    """Of some episodes."""
    chosen: Batch = jax.tree.map(lambda x: x[:, rows], batch._replace(memory=batch.memory[None]))
    return chosen._replace(memory=chosen.memory[0])


def _with_advantages(moments: Moment, last_value: Array, memory: Array, training: Training) -> Batch:
    """Generalised advantage estimation, backwards over the steps."""
    value = moments.choice.value

    def back(carried: tuple[Array, Array], at: tuple[Array, ...]) -> tuple[tuple[Array, Array], Array]:
        following, ahead = carried
        reward, done, value = at
        goes_on = training.discount * (1.0 - done)
        error = reward + goes_on * following - value
        advantage = error + goes_on * training.trace * ahead
        return (value, advantage), advantage

    start = (last_value, jnp.zeros_like(last_value))
    _, advantage = jax.lax.scan(back, start, (moments.reward, moments.done, value), reverse=True)
    return Batch(moments, advantage, advantage + value, memory)


def _loss(weights: Policy, batch: Batch, *, fixed: Policy, bonus: Array, training: Training) -> Array:
    """Clipped surrogate, value error and entropy of a minibatch."""
    view, choice = batch.moment.view, batch.moment.choice
    said, _ = said_over(eqx.combine(weights, fixed), view, batch.memory)
    chance = jnp.take_along_axis(said.log_probability, choice.action[:, :, None], axis=2)[:, :, 0]
    ratio = jnp.exp(chance - choice.log_probability)
    gain = (batch.advantage - batch.advantage.mean()) / (batch.advantage.std() + 1e-8)
    held = jnp.clip(ratio, 1.0 - training.clip, 1.0 + training.clip)
    surrogate = -jnp.minimum(ratio * gain, held * gain).mean()
    off = choice.value + jnp.clip(said.value - choice.value, -training.clip, training.clip)
    value = 0.5 * jnp.maximum((said.value - batch.target) ** 2, (off - batch.target) ** 2).mean()
    open_ = jnp.isfinite(said.log_probability)
    logs = jnp.where(open_, said.log_probability, 0.0)
    entropy = -(jnp.where(open_, jnp.exp(logs), 0.0) * logs).sum(axis=2)
    return surrogate + training.value_share * value - (bonus * view.entropy * entropy).mean()
