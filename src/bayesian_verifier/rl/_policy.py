"""Which network turns (s, θ*, σ) into a choice?

One scorer is shared by the options, so that their order means nothing; a head of its own says what an ask is worth,
another what the state is. σ may also set the temperature of the choice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from bayesian_verifier.rl._environment import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._environment import Seen


class Said(NamedTuple):
    """log_probability [4] of the options and of an ask, -inf where it is not open; value: of the state."""

    log_probability: Array
    value: Array


class PolicyNet(eqx.Module):
    """Scores of options and of an ask. known: how many numbers it is told about the person (θ*, σ)."""

    context: eqx.nn.MLP
    scorer: eqx.nn.MLP
    ask: eqx.nn.MLP
    value: eqx.nn.MLP
    known: int = eqx.field(static=True)

    def __init__(self, key: Array, *, known: int, width: int = 64) -> None:
        keys = jax.random.split(key, 4)

        def layers(key: Array, inputs: int, outputs: int | Literal["scalar"], depth: int = 2) -> eqx.nn.MLP:
            return eqx.nn.MLP(inputs, outputs, width, depth, activation=jax.nn.silu, key=key)

        self.known = known
        self.context = layers(keys[0], REST_FEATURES + known, width, 1)
        self.scorer = layers(keys[1], OPTION_FEATURES + known + width, "scalar")
        self.ask = layers(keys[2], 2 * OPTION_FEATURES + known + width, "scalar")
        self.value = layers(keys[3], 2 * OPTION_FEATURES + known + width, "scalar")

    def __call__(self, seen: Seen, known: Array, temperature: Array | float = 1.0) -> Said:
        """For one state; known [K]: what is told of the person.   temperature: scores are divided by it."""
        context = jax.nn.silu(self.context(jnp.concatenate([seen.rest, known])))
        of_person = jnp.concatenate([known, context])
        scores = jax.vmap(lambda option: self.scorer(jnp.concatenate([option, of_person])))(seen.options)
        all_options = jnp.concatenate([seen.options.mean(axis=0), seen.options.max(axis=0), of_person])
        ask = jnp.where(seen.may_ask, self.ask(all_options), -jnp.inf)
        logits = jnp.concatenate([scores, ask[None]]) / temperature
        return Said(jax.nn.log_softmax(logits), self.value(all_options))
