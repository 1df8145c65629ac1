"""How does a policy act and learn that remembers the episode by itself (RL², Duan et al. 2016, arXiv 1611.02779)?

A gated recurrent unit (Cho et al. 2014, arXiv 1406.1078) reads what is seen and told, and its memory stands where θ*
and σ stand for others. A policy without a memory goes the same way, with a memory of no numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import equinox as eqx
import jax
import jax.numpy as jnp

from bayesian_verifier.rl._arms import Told
from bayesian_verifier.rl._cases import OPTIONS
from bayesian_verifier.rl._policy import PolicyNet, Said
from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._rollout import View


class Remembering(eqx.Module):
    """A recurrent unit before a policy. told: how many numbers it is told at a step."""

    inward: eqx.nn.Linear
    onward: eqx.nn.Linear
    net: PolicyNet

    def __init__(self, key: Array, *, told: int, width: int) -> None:
        keys = jax.random.split(key, 3)
        self.inward = eqx.nn.Linear(OPTIONS * OPTION_FEATURES + REST_FEATURES + told, 3 * width, key=keys[0])
        self.onward = eqx.nn.Linear(width, 3 * width, key=keys[1])
        self.net = PolicyNet(keys[2], known=width, width=width)

    def gated(self, inward: Array, memory: Array) -> Array:
        """The memory [N, H] after one step, from the inputs' part of the gates [N, 3H]."""
        onward = memory @ self.onward.weight.T + self.onward.bias
        reset_in, keep_in, new_in = jnp.split(inward, 3, axis=-1)
        reset_on, keep_on, new_on = jnp.split(onward, 3, axis=-1)
        new = jnp.tanh(new_in + jax.nn.sigmoid(reset_in + reset_on) * new_on)
        return new + jax.nn.sigmoid(keep_in + keep_on) * (memory - new)


Policy = PolicyNet | Remembering


def policy_of(key: Array, arm: Arm, width: int) -> Policy:
    """An untrained policy of an arm."""
    if arm.memory:
        return Remembering(key, told=len(arm.known), width=width)
    return PolicyNet(key, known=len(arm.known), of_option=len(arm.of_option), width=width)


def blank(policy: Policy, count: int) -> Array:
    """The memory of `count` episodes that begin."""
    size = policy.onward.in_features if isinstance(policy, Remembering) else 0
    return jnp.zeros((count, size))


def said_over(policy: Policy, views: View, memory: Array) -> tuple[Said, Array]:
    """What a policy says of views [T, N] one after the other, and its memory [N, H] then, given that before."""
    every = jax.vmap(jax.vmap(policy.net if isinstance(policy, Remembering) else policy))
    if not isinstance(policy, Remembering):
        return every(views.seen, views.told, views.temperature), memory
    steps, count = views.fresh.shape
    parts = (views.seen.options.reshape(steps, count, -1), views.seen.rest, views.told.person)
    inward = jnp.concatenate(parts, axis=2) @ policy.inward.weight.T + policy.inward.bias

    def one(memory: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        gates, fresh = at
        memory = policy.gated(gates, jnp.where(fresh[:, None], 0.0, memory))
        return memory, memory

    memory, memories = jax.lax.scan(one, memory, (inward, views.fresh))
    return every(views.seen, Told(memories, views.told.options), views.temperature), memory


def said_of(policy: Policy, view: View, memory: Array) -> tuple[Said, Array]:
    """What it says of views [N] of one moment."""
    said, memory = said_over(policy, jax.tree.map(lambda x: x[None], view), memory)
    return jax.tree.map(lambda x: x[0], said), memory
