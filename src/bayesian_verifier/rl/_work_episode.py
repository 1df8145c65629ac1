"""How does an episode go in which plans are carried out for one person?

A hidden θ, 32 decisions between three plans of an executor, each told by its last sixteen runs. The chosen plan is
carried out sixteen times: runs that were recorded. The person lives through what came of it and approves or rejects,
as in `simulators.executor`. Pure functions of (state, action); one person each, to be vmapped. What is drawn at a
decision depends on the episode's key and the decision's number alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._belief import LAPSE
from bayesian_verifier.rl._cases import Prior, draw_person
from bayesian_verifier.rl._environment import SHOWN_AT
from bayesian_verifier.rl._value import advantages, utility
from bayesian_verifier.rl._work import OFFERED, Offer, Work, draw_offer
from bayesian_verifier.simulators.executor import FORECAST

if TYPE_CHECKING:
    from bayesian_verifier.rl._belief import Belief

_PERSON, _NEXT, _OFFERS, _ANSWERS = 0, 1, 1000, 3000
#: of what is seen: worth of three plans at SHOWN_AT and its spread, decisions behind, last feedback
WORK_FEATURES = OFFERED * (len(SHOWN_AT) + 1) + 2


class WorkRules(NamedTuple):
    """decisions: T.   heard: share of decisions whose approval is heard."""

    prior: Prior = Prior()
    decisions: int = 32
    heard: float = 0.5


class WorkState(NamedTuple):
    """key: of the episode.   theta [2]: hidden.   offer: at hand.   decided: how many are behind.

    last_feedback: 1, -1, or 0 where none was heard.   evidence [E]: what was heard, as a belief keeps it.
    """

    key: Array
    theta: Array
    offer: Offer
    decided: Array
    last_feedback: Array
    evidence: Array


class Carried(NamedTuple):
    """After a decision: the state, which begins anew after the last one, the reward, and whether it did.

    reward: what was lived through, less what the best plan is worth on average over all its runs.   regret: what the
    chosen one is worth on average less than that.
    """

    state: WorkState
    reward: Array
    done: Array
    regret: Array


def begin_work(key: Array, work: Work, rules: WorkRules, belief: Belief) -> WorkState:
    """A new person and their first decision."""
    start = jnp.zeros((), jnp.int32)
    theta = draw_person(jax.random.fold_in(key, _PERSON), rules.prior)
    return WorkState(key, theta, _offer(key, start, work), start, jnp.zeros(()), belief.nothing())


def carry_out_plan(state: WorkState, action: Array, work: Work, rules: WorkRules, belief: Belief) -> Carried:
    """Carry out the plan `action`, 0 to 2."""
    offer, attitude = state.offer, state.theta[:1]
    worth = values_of(offer, jnp.concatenate([attitude, belief.points]))
    promised = advantages(worth)[action]
    average = utility(offer.paid, offer.top, attitude).mean(axis=1)
    keys = jax.random.split(jax.random.fold_in(state.key, _ANSWERS + state.decided), 2)
    run = jax.random.randint(keys[0], (FORECAST,), 0, offer.paid.shape[1])
    lived = utility(offer.paid[action, run], offer.top, attitude).mean()
    chance, heard = jax.random.uniform(keys[1], (2,))
    logistic = jax.nn.sigmoid((promised[0] + lived - worth[action, 0]) / jnp.exp(state.theta[1]))
    said = jnp.where(chance < LAPSE / 2 + (1 - LAPSE) * logistic, 1.0, -1.0)
    feedback = jnp.where(heard < rules.heard, said, 0.0)
    decided = state.decided + 1
    done = decided >= rules.decisions
    later = state._replace(
        offer=_offer(state.key, decided, work),
        decided=decided,
        last_feedback=feedback,
        evidence=state.evidence + belief.of_answer(promised[1:], feedback),
    )
    anew = begin_work(jax.random.fold_in(state.key, _NEXT), work, rules, belief)
    after = jax.tree.map(lambda one, other: jnp.where(done, one, other), anew, later)
    return Carried(after, lived - average.max(), done, average.max() - average[action])


def values_of(offer: Offer, risk_aversion: Array) -> Array:
    """What the forecasts are worth [3, R] at values of r [R]."""
    return utility(offer.forecast[:, :, None], offer.top, risk_aversion).mean(axis=1)


def seen_of_work(state: WorkState, rules: WorkRules) -> Array:
    """What a policy may see [WORK_FEATURES], without θ and without the belief."""
    each = utility(state.offer.forecast[:, :, None], state.offer.top, jnp.array(SHOWN_AT))
    spread = each[:, :, SHOWN_AT.index(0.0)].std(axis=1)
    behind = state.decided / rules.decisions
    return jnp.concatenate([each.mean(axis=1).ravel(), spread, jnp.stack([behind, state.last_feedback])])


def _offer(key: Array, number: Array, work: Work) -> Offer:
    return draw_offer(jax.random.fold_in(key, _OFFERS + number), work)
