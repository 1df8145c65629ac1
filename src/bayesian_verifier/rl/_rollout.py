"""What happens when a policy acts for many people at once?"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from bayesian_verifier.rl._belief import Read
from bayesian_verifier.rl._environment import ACTIONS, State, step
from bayesian_verifier.rl._memory import said_of
from bayesian_verifier.rl._seen import Seen, seen

if TYPE_CHECKING:
    from bayesian_verifier.rl._arms import Arm, Told
    from bayesian_verifier.rl._belief import Belief, Weighed
    from bayesian_verifier.rl._environment import Rules
    from bayesian_verifier.rl._memory import Policy


class View(NamedTuple):
    """What a policy decides from, of N episodes: s, what it is told, and the factors that σ sets [N].

    fresh [N]: whether the episode begins.
    """

    seen: Seen
    told: Told
    temperature: Array
    entropy: Array
    fresh: Array


class Choice(NamedTuple):
    """Of N episodes: the action with its log-probability, and the state's value; 0 where a rule has none."""

    action: Array
    log_probability: Array
    value: Array


class Moment(NamedTuple):
    """One step of N episodes: view, choice, what came of it; theta [N, 2] and the belief before, for reports."""

    view: View
    choice: Choice
    reward: Array
    done: Array
    regret: Array
    decided: Array
    theta: Array
    read: Read


#: (key, states, view, belief, memory) -> choice and memory
Chooser = Callable[[Array, State, View, Read, Array], tuple[Choice, Array]]


def view_of(key: Array, state: State, arm: Arm, rules: Rules, belief: Belief) -> tuple[View, Read]:
    """What the policy of an arm sees of N episodes, and the belief behind it."""
    weighed = belief.weighed(state.evidence) if arm.needs_belief else None
    return view_given(key, state, weighed, arm, rules)


def view_given(
    key: Array, state: State, weighed: Weighed | None, arm: Arm, rules: Rules
) -> tuple[View, Read]:
    """The same, of a belief that is at hand; None: the prior's mean and sd."""
    count, prior = len(state.decided), rules.prior
    read = (
        weighed.read
        if weighed is not None
        else Read(jnp.full(count, prior.mean[0]), jnp.full(count, prior.sd[0]))
    )
    view = View(
        jax.vmap(lambda one: seen(one, rules))(state),
        arm.told(key, state, weighed, read, prior),
        arm.scale(arm.temperature, read, prior),
        arm.scale(arm.entropy, read, prior),
        state.last_action == ACTIONS,
    )
    return view, read


def act(
    key: Array, state: State, memory: Array, choose: Chooser, arm: Arm, rules: Rules, belief: Belief
) -> tuple[State, Array, Moment]:
    """One step of N episodes: the states and the memory after, and the moment."""
    key_view, key_choose = jax.random.split(key)
    view, read = view_of(key_view, state, arm, rules, belief)
    choice, memory = choose(key_choose, state, view, read, memory)
    after = jax.vmap(lambda s, a: step(s, a, rules, belief))(state, choice.action)
    moment = Moment(view, choice, after.reward, after.done, after.regret, after.decided, state.theta, read)
    return after.state, memory, moment


def rollout(
    key: Array,
    state: State,
    memory: Array,
    steps: int,
    choose: Chooser,
    arm: Arm,
    rules: Rules,
    belief: Belief,
) -> tuple[State, Array, Moment]:
    """`steps` steps of N episodes, each begun anew when it ends: states and memory after, and moments [steps, N]."""

    def one(carried: tuple[State, Array], key: Array) -> tuple[tuple[State, Array], Moment]:
        state, memory, moment = act(key, *carried, choose, arm, rules, belief)
        return (state, memory), moment

    (state, memory), moments = jax.lax.scan(one, (state, memory), jax.random.split(key, steps))
    return state, memory, moments


def sampling(policy: Policy) -> Chooser:
    """Choose at random, as likely as the policy says."""

    def choose(key: Array, state: State, view: View, read: Read, memory: Array) -> tuple[Choice, Array]:
        del state, read
        said, memory = said_of(policy, view, memory)
        action = jax.random.categorical(key, said.log_probability)
        chance = jnp.take_along_axis(said.log_probability, action[:, None], axis=1)[:, 0]
        return Choice(action, chance, said.value), memory

    return choose


def greedy(policy: Policy) -> Chooser:
    """Choose what the policy thinks most likely."""

    def choose(key: Array, state: State, view: View, read: Read, memory: Array) -> tuple[Choice, Array]:
        del key, state, read
        said, memory = said_of(policy, view, memory)
        action = said.log_probability.argmax(axis=1)
        return Choice(action, jnp.zeros(len(action)), said.value), memory

    return choose
