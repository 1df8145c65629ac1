"""How does an episode of decisions for one person go?

A hidden θ, 32 decisions between the options of a ladder. Options also cost latency and energy, which the person's
approvals do not see and no posterior knows: that is for the policy to learn. Environment B adds a battery that a
decision drains. Pure functions of (state, action); one person each, to be vmapped. What happens at a decision is drawn
from the episode's key and the decision's number alone, so that two policies meet the same people, cases and answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._belief import LAPSE
from bayesian_verifier.rl._cases import (
    OPTIONS,
    QUESTIONS,
    Ladder,
    Prior,
    Questions,
    draw_ladder,
    draw_person,
    draw_questions,
    question_advantages,
)
from bayesian_verifier.rl._value import advantages, values

if TYPE_CHECKING:
    from bayesian_verifier.rl._belief import Belief

ASK = OPTIONS
ACTIONS = OPTIONS + 1
#: values of r at which a state shows what options are worth
SHOWN_AT = (-1.0, 0.0, 0.5, 1.0, 2.0)


class Rules(NamedTuple):
    """What an episode is made of.

    decisions: T.   ask_cost: reward lost by asking.   hidden_cost: scale of what latency and energy cost.
    high_stake, low_stake, high_share: a decision's stake is the high one with that probability.
    seen: share of decisions whose approval is heard.   battery: whether there is one (environment B).
    """

    prior: Prior = Prior()
    decisions: int = 32
    ask_cost: float = 0.05
    hidden_cost: float = 0.3
    high_stake: float = 3.0
    low_stake: float = 0.5
    high_share: float = 0.2
    seen: float = 0.5
    battery: bool = False


DRAIN, CHARGE, EMPTY_COST = 0.15, 0.03, 0.3
#: energy above which latency costs more
HUNGRY = 0.6
#: what is drawn from an episode's key, so that no two draws share one
_PERSON, _NEXT, _CASES, _ASKS, _ANSWERS = 0, 1, 1000, 2000, 3000


class State(NamedTuple):
    """One episode.

    key: of the episode.   theta [2]: the person, hidden, on the link scale.
    ladder, questions, stake: of the decision at hand.
    decided: how many are behind.   asked: whether this decision's question was put.   battery: 0 to 1.
    last_action: 0–3, or 4 at the beginning.   last_feedback: 1, -1, or 0 where none was heard; the mean of three
    after an ask.   evidence [E]: what was heard, as a belief keeps it.
    """

    key: Array
    theta: Array
    ladder: Ladder
    questions: Questions
    stake: Array
    decided: Array
    asked: Array
    battery: Array
    last_action: Array
    last_feedback: Array
    evidence: Array


class Stepped(NamedTuple):
    """After an action: the state, which begins anew after the last decision, the reward, and whether it did.

    regret: utility lost against the best option, whatever the stake, 0 for an ask.   decided: whether one was made.
    """

    state: State
    reward: Array
    done: Array
    regret: Array
    decided: Array


def reset(key: Array, rules: Rules, belief: Belief) -> State:
    """A new person and their first decision."""
    ladder, questions, stake = _decision(key, jnp.zeros((), jnp.int32), rules)
    return State(
        key,
        draw_person(jax.random.fold_in(key, _PERSON), rules.prior),
        ladder,
        questions,
        stake,
        jnp.zeros((), jnp.int32),
        jnp.zeros((), bool),
        jnp.ones(()),
        jnp.full((), ACTIONS, jnp.int32),
        jnp.zeros(()),
        belief.nothing(),
    )


def step(state: State, action: Array, rules: Rules, belief: Belief) -> Stepped:
    """Ask, or decide. An ask where one was put already is the decision for the first option."""
    ask = (action == ASK) & ~state.asked
    chosen = jnp.where(action == ASK, 0, action)
    asked = _asked(state, rules, belief)
    decided = _decided(state, chosen, rules, belief)
    result: Stepped = jax.tree.map(lambda a, b: jnp.where(ask, a, b), asked, decided)
    fresh = reset(jax.random.fold_in(state.key, _NEXT), rules, belief)
    return result._replace(
        state=jax.tree.map(lambda new, old: jnp.where(result.done, new, old), fresh, result.state)
    )


def utilities(state: State, rules: Rules) -> Array:
    """True utility [3] of the options to this person, hidden costs taken off."""
    ladder = state.ladder
    worth = values(ladder.wealth, ladder.probability, ladder.top, state.theta[:1])[:, 0]
    return worth - hidden_costs(ladder, rules)


def hidden_costs(ladder: Ladder, rules: Rules) -> Array:
    """What latency and energy cost [3]."""
    slow, hungry = ladder.latency, ladder.energy > HUNGRY
    return rules.hidden_cost * 0.5 * (slow**2 + slow * hungry)


def _decision(key: Array, number: Array, rules: Rules) -> tuple[Ladder, Questions, Array]:
    case, asked, stake = jax.random.split(jax.random.fold_in(key, _CASES + number), 3)
    high = jax.random.bernoulli(stake, rules.high_share)
    return (
        draw_ladder(case, rules.prior),
        draw_questions(asked, rules.prior),
        jnp.where(high, rules.high_stake, rules.low_stake),
    )


def _approves(key: Array, advantage: Array, log_noise: Array) -> Array:
    chance = LAPSE / 2 + (1 - LAPSE) * jax.nn.sigmoid(advantage / jnp.exp(log_noise))
    return jax.random.bernoulli(key, chance)


def _asked(state: State, rules: Rules, belief: Belief) -> Stepped:
    """Three answers about sure amounts against long shots, all proposed."""
    true = question_advantages(state.questions, state.theta[:1])[:, 0]
    key = jax.random.fold_in(state.key, _ASKS + state.decided)
    sign = jnp.where(_approves(key, true, state.theta[1]), 1.0, -1.0)
    curves = question_advantages(state.questions, belief.points)
    added = jax.vmap(belief.of_answer)(curves, sign).sum(axis=0)
    after = state._replace(
        asked=jnp.ones((), bool),
        last_action=jnp.full((), ASK, jnp.int32),
        last_feedback=sign.mean(),
        evidence=state.evidence + added,
    )
    no = jnp.zeros((), bool)
    return Stepped(after, jnp.full((), -rules.ask_cost), no, jnp.zeros(()), no)


def _decided(state: State, chosen: Array, rules: Rules, belief: Belief) -> Stepped:
    ladder = state.ladder
    worth = utilities(state, rules)
    regret = worth.max() - worth[chosen]
    heard, answer = jax.random.split(jax.random.fold_in(state.key, _ANSWERS + state.decided))
    true = advantages(values(ladder.wealth, ladder.probability, ladder.top, state.theta[:1]))[chosen, 0]
    sign = jnp.where(_approves(answer, true, state.theta[1]), 1.0, -1.0)
    sign = jnp.where(jax.random.bernoulli(heard, rules.seen), sign, 0.0)
    curves = advantages(values(ladder.wealth, ladder.probability, ladder.top, belief.points))
    battery = jnp.clip(state.battery - DRAIN * ladder.energy[chosen] + CHARGE, 0.0, 1.0)
    penalty = EMPTY_COST * (battery <= 0.0) if rules.battery else 0.0
    following, questions, stake = _decision(state.key, state.decided + 1, rules)
    after = State(
        state.key,
        state.theta,
        following,
        questions,
        stake,
        state.decided + 1,
        jnp.zeros((), bool),
        battery if rules.battery else state.battery,
        chosen,
        sign,
        state.evidence + belief.of_answer(curves[chosen], sign),
    )
    yes = jnp.ones((), bool)
    return Stepped(after, -state.stake * regret - penalty, after.decided >= rules.decisions, regret, yes)


class Seen(NamedTuple):
    """What a policy may see of a state, without θ and without the belief.

    options [3, 8]: worth at SHOWN_AT, spread of the outcomes' logarithms over that of the case, latency, energy.
    rest [25]: stake, time, battery, whether asked, last action (4), last feedback, and the questions' ∆ at SHOWN_AT.
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


OPTION_FEATURES = len(SHOWN_AT) + 3
REST_FEATURES = 4 + ACTIONS + 1 + QUESTIONS * len(SHOWN_AT)
