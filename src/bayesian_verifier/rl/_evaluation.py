"""How good is a policy, on people and cases nobody learned on?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._environment import State, reset
from bayesian_verifier.rl._rollout import act
from bayesian_verifier.rl._seen import ranks_of_risk

if TYPE_CHECKING:
    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._environment import Rules
    from bayesian_verifier.rl._rollout import Chooser, Moment


class Score(NamedTuple):
    """Of each of N people's one episode, all [N].

    risk_aversion: the person's.   reward: a decision's mean.   regret: utility lost a decision.
    asks: questions put, a decision.   risk: mean rank of the chosen option's risk in its case, 0 the surest to 1.
    """

    risk_aversion: Array
    reward: Array
    regret: Array
    asks: Array
    risk: Array


class _Going(NamedTuple):
    """While episodes go on: sums so far, and who is done."""

    moment: Array
    state: State
    memory: Array
    sums: Score
    over: Array


def evaluate(
    seed: int | Array, people: int, choose: Chooser, arm: Arm, rules: Rules, belief: Belief, memory: Array
) -> Score:
    """One episode of each of `people`, drawn from the seed: the same people and cases for every policy.

    memory [N, H]: of a policy before it begins.
    """
    key = jax.random.key(seed)
    state = jax.vmap(lambda one: reset(one, rules, belief))(jax.random.split(key, people))
    attitude, nothing = state.theta[:, 0], jnp.zeros(people)

    def one(going: _Going) -> _Going:
        state, memory, moment = act(
            jax.random.fold_in(key, going.moment), going.state, going.memory, choose, arm, rules, belief
        )
        share = ~going.over / rules.decisions
        sums = Score(
            going.sums.risk_aversion,
            going.sums.reward + share * moment.reward,
            going.sums.regret + share * moment.regret,
            going.sums.asks + share * ~moment.decided,
            going.sums.risk + share * _risk(moment),
        )
        return _Going(going.moment + 1, state, memory, sums, going.over | moment.done)

    start = _Going(
        jnp.zeros((), jnp.int32),
        state,
        memory,
        Score(attitude, nothing, nothing, nothing, nothing),
        jnp.zeros(people, bool),
    )
    return jax.lax.while_loop(lambda going: ~going.over.all(), one, start).sums


def _risk(moment: Moment) -> Array:
    """Rank of the option decided for; 0 for an ask."""
    ranks = ranks_of_risk(moment.view.seen.options)
    chosen = jnp.minimum(moment.choice.action, ranks.shape[1] - 1)
    return moment.decided * jnp.take_along_axis(ranks, chosen[:, None], axis=1)[:, 0]
