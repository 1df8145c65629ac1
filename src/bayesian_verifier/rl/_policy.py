"""Which network turns (s, θ*, σ) into a choice?

One scorer is shared by the options, so that their order means nothing; a head of its own says what an ask is worth,
another what the state is. σ may also set the temperature of the choice. What a belief expects of an option is added to
its score as it is, so that only the rest has to be learned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp

from bayesian_verifier.rl._seen import OPTION_FEATURES, REST_FEATURES

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.rl._arms import Told
    from bayesian_verifier.rl._seen import Seen

#: what a unit of expected utility adds to a score, to begin with
_FIRST_WEIGHT = 10.0


class Said(NamedTuple):
    """log_probability [4] of the options and of an ask, -inf where it is not open; value: of the state."""

    log_probability: Array
    value: Array


class PolicyNet(eqx.Module):
    """Scores of options and of an ask.

    known: how many numbers it is told about the person (θ*, σ).   of_option: how many about each option, the first of
    which is expected utility.   direct [of_option]: what each of those adds to the score by itself.
    """

    context: eqx.nn.MLP
    scorer: eqx.nn.MLP
    ask: eqx.nn.MLP
    value: eqx.nn.MLP
    direct: Array

    def __init__(self, key: Array, *, known: int, of_option: int = 0, width: int = 64) -> None:
        keys = jax.random.split(key, 4)

        def layers(key: Array, inputs: int, outputs: int | Literal["scalar"], depth: int = 2) -> eqx.nn.MLP:
            return eqx.nn.MLP(inputs, outputs, width, depth, activation=jax.nn.silu, key=key)

        option = OPTION_FEATURES + of_option
        self.context = layers(keys[0], REST_FEATURES + known, width, 1)
        self.scorer = layers(keys[1], option + known + width, "scalar")
        self.ask = layers(keys[2], 2 * option + known + width, "scalar")
        self.value = layers(keys[3], 2 * option + known + width, "scalar")
        self.direct = _FIRST_WEIGHT * jnp.eye(of_option)[0] if of_option else jnp.zeros(0)

    def __call__(self, seen: Seen, told: Told, temperature: Array | float = 1.0) -> Said:
        """For one state; told: of the person [K] and the options [3, J].   temperature: scores are divided by it."""
        known = told.person
        context = jax.nn.silu(self.context(jnp.concatenate([seen.rest, known])))
        of_person = jnp.concatenate([known, context])
        options = jnp.concatenate([seen.options, told.options], axis=1)
        scores = jax.vmap(lambda option: self.scorer(jnp.concatenate([option, of_person])))(options)
        all_options = jnp.concatenate([options.mean(axis=0), options.max(axis=0), of_person])
        ask = jnp.where(seen.may_ask, self.ask(all_options), -jnp.inf)
        logits = jnp.concatenate([scores + told.options @ self.direct, ask[None]]) / temperature
        return Said(jax.nn.log_softmax(logits), self.value(all_options))
