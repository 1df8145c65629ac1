"""What may a policy see of a state? The case, the stake, what went before; neither the person nor the belief."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._cases import QUESTIONS, question_advantages
from bayesian_verifier.rl._environment import ACTIONS, SHOWN_AT
from bayesian_verifier.rl._value import values

if TYPE_CHECKING:
    from bayesian_verifier.rl._environment import Rules, State

OPTION_FEATURES = len(SHOWN_AT) + 3
REST_FEATURES = 4 + ACTIONS + 1 + QUESTIONS * len(SHOWN_AT)
#: which feature of an option is the spread of its outcomes
SPREAD = len(SHOWN_AT)


class Seen(NamedTuple):
    """What a policy may see of a state, without θ and without the belief.

    options [3, 8]: worth at SHOWN_AT, spread of the outcomes' logarithms over that of the case, latency, energy.
    rest [24]: stake, time, battery, whether asked, last action (4), last feedback, and the questions' ∆ at SHOWN_AT.
    may_ask []: whether an ask is open.
    """

    options: Array
    rest: Array
    may_ask: Array


def seen(state: State, rules: Rules) -> Seen:
    """The state s of one episode."""
    ladder, at = state.ladder, jnp.array(SHOWN_AT)
    worth = values(ladder.wealth, ladder.probability, ladder.top, at)
    logs = jnp.log(ladder.wealth) / jnp.log(ladder.top)
    mean = (ladder.probability * logs).sum(axis=1, keepdims=True)
    spread = jnp.sqrt((ladder.probability * (logs - mean) ** 2).sum(axis=1))
    options = jnp.concatenate([worth, jnp.stack([spread, ladder.latency, ladder.energy], axis=1)], axis=1)
    rest = jnp.concatenate(
        [
            jnp.stack(
                [state.stake / rules.high_stake, state.decided / rules.decisions, state.battery, state.asked]
            ),
            jax.nn.one_hot(state.last_action, ACTIONS),
            state.last_feedback[None],
            question_advantages(state.questions, at).ravel(),
        ]
    )
    return Seen(options, rest, ~state.asked)


def ranks_of_risk(options: Array) -> Array:
    """How risky each option is within its case [..., 3], 0 the surest to 1, from what is seen of them [..., 3, 8]."""
    spread = options[..., SPREAD]
    below = spread[..., :, None] > spread[..., None, :]
    return below.sum(axis=-1) / (options.shape[-2] - 1)
