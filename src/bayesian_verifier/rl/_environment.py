"""How does an episode of decisions for one person go?

A hidden θ, 32 decisions between the options of a ladder. Options also cost latency and energy, which the person's
approvals do not see and no posterior knows: that is for the policy to learn. Environment B adds a battery that a
decision drains. Pure functions of (state, action); one person each, to be vmapped. What happens at a decision is drawn
from the episode's key and the decision's number alone, so that two policies meet the same people, cases and answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._belief import LAPSE
from bayesian_verifier.rl._cases import (
    LADDER_DRAWS,
    OPTIONS,
    QUESTION_DRAWS,
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
#: of advantages, before arcsinh
_SCALE = 10.0
#: what is drawn from an episode's key, so that no two draws share one
_PERSON, _NEXT, _CASES, _ANSWERS = 0, 1, 1000, 3000
#: numbers are drawn further from 0 and 1 than this
_GRAIN = 1e-6


class State(NamedTuple):
    """One episode.

    key: of the episode.   theta [2]: the person, hidden, on the link scale.
    ladder, questions, stake: of the decision at hand.
    decided: how many are behind.   asked: whether this decision's question was put.   battery: 0 to 1.
    last_action: 0–3, or 4 at the beginning.   last_feedback: 1, -1, or 0 where none was heard; the mean of three
    after an ask.   last_heard [5]: the last answers as numbers, signed advantages at SHOWN_AT.
    evidence [E]: what was heard, as a belief keeps it.
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
    last_heard: Array
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
    start = jnp.zeros((), jnp.int32)
    return State(
        key,
        draw_person(jax.random.fold_in(key, _PERSON), rules.prior),
        *_decision(key, start, rules),
        start,
        jnp.zeros((), bool),
        jnp.ones(()),
        jnp.full((), ACTIONS, jnp.int32),
        jnp.zeros(()),
        jnp.zeros(len(SHOWN_AT)),
        belief.nothing(),
    )


def step(state: State, action: Array, rules: Rules, belief: Belief) -> Stepped:
    """Ask, or decide. An ask where one was put already is the decision for the first option."""
    ask = (action == ASK) & ~state.asked
    chosen = jnp.where(action == ASK, 0, action)
    answers = _answers(state, chosen, ask, rules)
    regret = _regret(state, chosen, rules)
    drained = jnp.clip(state.battery - DRAIN * state.ladder.energy[chosen] + CHARGE, 0.0, 1.0)
    battery = jnp.where(ask, state.battery, drained)
    penalty = EMPTY_COST * (drained <= 0.0) if rules.battery else 0.0
    decided = state.decided + 1
    done = ~ask & (decided >= rules.decisions)
    following = _following(state, done, decided, rules)
    after = following._replace(
        ladder=_choose(ask, state.ladder, following.ladder),
        questions=_choose(ask, state.questions, following.questions),
        stake=jnp.where(ask, state.stake, following.stake),
        decided=jnp.where(ask, state.decided, following.decided),
        asked=ask,
        battery=jnp.where(done, 1.0, battery if rules.battery else state.battery),
        last_action=jnp.where(done, ACTIONS, jnp.where(ask, ASK, chosen)),
        last_feedback=jnp.where(done, 0.0, jnp.where(ask, answers.sign[1:].mean(), answers.sign[0])),
        last_heard=jnp.where(done, 0.0, _heard(answers.at_shown, answers.sign)),
        evidence=jnp.where(
            done, belief.nothing(), state.evidence + _evidence(state, chosen, answers.sign, belief)
        ),
    )
    reward = jnp.where(ask, -rules.ask_cost, -state.stake * regret - penalty)
    return Stepped(after, reward, done, jnp.where(ask, 0.0, regret), ~ask)


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
    uniform = _uniform(jax.random.fold_in(key, _CASES + number), LADDER_DRAWS + QUESTION_DRAWS + 1)
    return (
        draw_ladder(uniform[:LADDER_DRAWS], rules.prior),
        draw_questions(uniform[LADDER_DRAWS:-1], rules.prior),
        jnp.where(uniform[-1] < rules.high_share, rules.high_stake, rules.low_stake),
    )


def _uniform(key: Array, count: int) -> Array:
    """Numbers in (0, 1), neither end among them."""
    return jax.random.uniform(key, (count,), minval=_GRAIN, maxval=1.0 - _GRAIN)


class _Answers(NamedTuple):
    """sign [4]: of the decision, then of the three questions; 0 where nothing was answered.

    at_shown [4, 5]: the advantages that were judged, at SHOWN_AT.
    """

    sign: Array
    at_shown: Array


def _answers(state: State, chosen: Array, ask: Array, rules: Rules) -> _Answers:
    """What the person says of a choice, half the time, or of three questions."""
    at = jnp.concatenate([state.theta[:1], jnp.array(SHOWN_AT)])
    curves = _judged(state, chosen, at)
    uniform = _uniform(jax.random.fold_in(state.key, _ANSWERS + state.decided), 2 + QUESTIONS)
    chance = LAPSE / 2 + (1 - LAPSE) * jax.nn.sigmoid(curves[:, 0] / jnp.exp(state.theta[1]))
    said = jnp.where(uniform[1:] < chance, 1.0, -1.0)
    heard = ~ask & (uniform[0] < rules.seen)
    return _Answers(jnp.where(jnp.append(heard, jnp.full(QUESTIONS, ask)), said, 0.0), curves[:, 1:])


def _judged(state: State, chosen: Array, at: Array) -> Array:
    """Advantages [4, R] that answers are about: of the choice, and of the sure amounts in question."""
    ladder = state.ladder
    of_options = advantages(values(ladder.wealth, ladder.probability, ladder.top, at))
    return jnp.concatenate([of_options[chosen][None], question_advantages(state.questions, at)])


def _evidence(state: State, chosen: Array, sign: Array, belief: Belief) -> Array:
    """What the answers add to the belief."""
    return jax.vmap(belief.of_answer)(_judged(state, chosen, belief.points), sign).sum(axis=0)


def _heard(at_shown: Array, sign: Array) -> Array:
    """The last answers as numbers [5]: signed advantages on a scale that shows small ones, summed."""
    return (sign[:, None] * jnp.arcsinh(_SCALE * at_shown)).sum(axis=0)


def _regret(state: State, chosen: Array, rules: Rules) -> Array:
    worth = utilities(state, rules)
    return worth.max() - worth[chosen]


def _following(state: State, done: Array, decided: Array, rules: Rules) -> State:
    """The state with the next decision, of the same person or of the next one."""
    key = _choose(done, jax.random.fold_in(state.key, _NEXT), state.key)
    number = jnp.where(done, 0, decided)
    theta = jnp.where(done, draw_person(jax.random.fold_in(key, _PERSON), rules.prior), state.theta)
    ladder, questions, stake = _decision(key, number, rules)
    return state._replace(
        key=key, theta=theta, ladder=ladder, questions=questions, stake=stake, decided=number
    )


def _choose(condition: Array, one: Any, other: Any) -> Any:  # noqa: ANN401 any tree of arrays
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), one, other)
