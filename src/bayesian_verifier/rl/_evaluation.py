"""How good is a policy, on people and cases nobody learned on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from bayesian_verifier.rl._environment import reset
from bayesian_verifier.rl._rollout import rollout

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief, Read
    from bayesian_verifier.rl._environment import Rules, State
    from bayesian_verifier.rl._rollout import View

    Chooser = Callable[[Array, State, View, Read], tuple[Array, Array, Array]]


class Score(NamedTuple):
    """Of each of N people's one episode, all [N].

    risk_aversion: the person's.   reward: a decision's mean.   regret: utility lost a decision.
    asks: questions put, a decision.   mean, sd: the belief before the last action.
    """

    risk_aversion: Array
    reward: Array
    regret: Array
    asks: Array
    mean: Array
    sd: Array


def evaluate(seed: int, people: int, choose: Chooser, arm: Arm, rules: Rules, belief: Belief) -> Score:
    """One episode of each of `people`, drawn from the seed: the same people and cases for every policy."""
    keys = jax.random.split(jax.random.key(seed), people)
    state = jax.vmap(lambda key: reset(key, rules, belief))(keys)
    # an ask before each decision is the most there can be
    _, moments = rollout(jax.random.key(seed), state, 2 * rules.decisions, choose, arm, rules, belief)
    # False for all steps from the second episode on
    first = jnp.cumsum(moments.done, axis=0) - moments.done == 0
    decisions = rules.decisions

    def mean(of: Array) -> Array:
        return (of * first).sum(axis=0) / decisions

    last = first.sum(axis=0) - 1

    def at_last(of: Array) -> Array:
        return jnp.take_along_axis(of, last[None], axis=0)[0]

    return Score(
        moments.theta[0, :, 0],
        mean(moments.reward),
        mean(moments.regret),
        mean(~moments.decided),
        at_last(moments.mean),
        at_last(moments.sd),
    )
