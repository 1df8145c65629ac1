"""What happens when a policy acts for many people at once?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp

from bayesian_verifier.rl._belief import Read
from bayesian_verifier.rl._environment import Seen, seen, step

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._environment import Rules, State
    from bayesian_verifier.rl._policy import PolicyNet, Said


class View(NamedTuple):
    """What a policy decides from, of N episodes: s, what it is told [N, K], and the factors that σ sets [N]."""

    seen: Seen
    told: Array
    temperature: Array
    entropy: Array


class Moment(NamedTuple):
    """One step of N episodes: the view, the action with its log-probability, value, and what came of it.

    theta [N, 2], mean, sd: the person and the belief before the action, for reports.
    """

    view: View
    action: Array
    log_probability: Array
    value: Array
    reward: Array
    done: Array
    regret: Array
    decided: Array
    theta: Array
    mean: Array
    sd: Array


def view_of(key: Array, state: State, arm: Arm, rules: Rules, belief: Belief) -> tuple[View, Read]:
    """What the policy of an arm sees of N episodes, and the belief behind it."""
    count = len(state.decided)
    prior = rules.prior
    if arm.needs_belief:
        read = belief.read(state.evidence)
    else:
        read = Read(jnp.full(count, prior.mean[0]), jnp.full(count, prior.sd[0]))
    view = View(
        jax.vmap(lambda one: seen(one, rules))(state),
        arm.told(key, read, state.theta, prior),
        arm.scale(arm.temperature, read, prior),
        arm.scale(arm.entropy, read, prior),
    )
    return view, read


def rollout(
    key: Array,
    state: State,
    steps: int,
    choose: Callable[[Array, State, View, Read], tuple[Array, Array, Array]],
    arm: Arm,
    rules: Rules,
    belief: Belief,
) -> tuple[State, Moment]:
    """`steps` steps of N episodes, each begun anew when it ends: the state after, and moments [steps, N].

    choose: (key, state, view, belief) -> action, its log-probability and the state's value, each [N].
    """

    def one(state: State, key: Array) -> tuple[State, Moment]:
        key_view, key_choose = jax.random.split(key)
        view, read = view_of(key_view, state, arm, rules, belief)
        action, log_probability, value = choose(key_choose, state, view, read)
        after = jax.vmap(lambda s, a: step(s, a, rules, belief))(state, action)
        moment = Moment(
            view, action, log_probability, value, after.reward, after.done, after.regret, after.decided,
            state.theta, read.mean, read.sd,
        )  # fmt: skip
        return after.state, moment

    result: tuple[State, Moment] = jax.lax.scan(one, state, jax.random.split(key, steps))
    return result


def said_of(policy: PolicyNet, view: View) -> Said:
    """What the policy says of N views."""
    result: Said = jax.vmap(policy)(view.seen, view.told, view.temperature)
    return result


def sampling(policy: PolicyNet) -> Callable[[Array, State, View, Read], tuple[Array, Array, Array]]:
    """Choose at random, as likely as the policy says."""

    def choose(key: Array, state: State, view: View, read: Read) -> tuple[Array, Array, Array]:
        del state, read
        said = said_of(policy, view)
        action = jax.random.categorical(key, said.log_probability)
        chance = jnp.take_along_axis(said.log_probability, action[:, None], axis=1)[:, 0]
        return action, chance, said.value

    return choose


def greedy(policy: PolicyNet) -> Callable[[Array, State, View, Read], tuple[Array, Array, Array]]:
    """Choose what the policy thinks most likely."""

    def choose(key: Array, state: State, view: View, read: Read) -> tuple[Array, Array, Array]:
        del key, state, read
        said = said_of(policy, view)
        return said.log_probability.argmax(axis=1), jnp.zeros(len(said.value)), said.value

    return choose
