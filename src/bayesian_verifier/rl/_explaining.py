"""What is kept of a policy, so that a report can explain it?

How it would choose in states that people came to, had the belief been another (probes), and what it did decide, in
terms that a person can read (decisions). Both are tables of plain columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from bayesian_verifier.rl._belief import Weighed
from bayesian_verifier.rl._cases import OPTIONS
from bayesian_verifier.rl._environment import ASK, State, reset
from bayesian_verifier.rl._rollout import act, view_given
from bayesian_verifier.rl._seen import ranks_of_risk
from bayesian_verifier.rl._value import values

if TYPE_CHECKING:
    from jax import Array
    from numpy.typing import NDArray

    from bayesian_verifier.rl._arms import Arm
    from bayesian_verifier.rl._belief import Belief
    from bayesian_verifier.rl._environment import Rules
    from bayesian_verifier.rl._rollout import Chooser, Moment

    Columns = dict[str, NDArray[np.generic]]

#: beliefs that are tried in each state, in prior sd
MEANS = (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
SDS = (0.3, 0.5, 0.7, 0.9)
#: steps that people are followed for, to have their decisions
_FOLLOWED = 40
_NODES = 61
_REACH = 4.0


def visited(seed: int, people: int, choose: Chooser, arm: Arm, rules: Rules, belief: Belief) -> State:
    """A state of each of so many people's episodes, at any step, before anything was asked there."""
    key = jax.random.key(seed)
    state = jax.vmap(lambda one: reset(one, rules, belief))(jax.random.split(key, people))
    wanted = jnp.arange(people) % rules.decisions

    def one(number: Array, carried: tuple[State, State]) -> tuple[State, State]:
        state, kept = carried
        after, _, _ = act(
            jax.random.fold_in(key, number), state, jnp.zeros((people, 0)), choose, arm, rules, belief
        )
        now = (after.decided == wanted) & ~after.asked & (kept.decided != wanted)
        return after, _where(now, after, kept)

    _, kept = jax.lax.fori_loop(0, 2 * rules.decisions, one, (state, state))
    return kept


class Probed(NamedTuple):
    """Of N states with a belief: the option that is best but for an ask, by its rank of risk, and whether it asks."""

    risk: Array
    asks: Array


def probe(state: State, mean: Array, sd: Array, choose: Chooser, arm: Arm, rules: Rules) -> Probed:
    """How N states would be decided, were the belief normal with this mean and sd, in prior sd; so is the person."""
    count, prior = len(state.decided), rules.prior
    centre = prior.mean[0] + prior.sd[0] * mean
    grid = jnp.linspace(-_REACH, _REACH, _NODES) * prior.sd[0] * sd + centre
    weight = jax.nn.softmax(-0.5 * ((grid - centre) / (prior.sd[0] * sd)) ** 2)
    weighed = Weighed(
        jnp.broadcast_to(grid, (count, _NODES)),
        jnp.full((count, _NODES, 1), jnp.exp(prior.mean[1])),
        jnp.broadcast_to(weight[:, None], (count, _NODES, 1)),
    )
    person = state._replace(theta=state.theta.at[:, 0].set(centre))
    key, memory = jax.random.key(0), jnp.zeros((count, 0))
    view, read = view_given(key, person, weighed, arm, rules)
    closed = view._replace(seen=view.seen._replace(may_ask=jnp.zeros(count, bool)))
    option = choose(key, person, closed, read, memory)[0].action
    asks = choose(key, person, view, read, memory)[0].action == ASK
    ranks = ranks_of_risk(view.seen.options)
    return Probed(jnp.take_along_axis(ranks, option[:, None], axis=1)[:, 0], asks)


def probe_all(state: State, choose: Chooser, arm: Arm, rules: Rules) -> Probed:
    """N states under every belief of the grid, [beliefs, N]."""
    mean, sd = (jnp.asarray(part.ravel()) for part in np.meshgrid(MEANS, SDS, indexing="ij"))
    result: Probed = jax.lax.map(lambda at: probe(state, at[0], at[1], choose, arm, rules), (mean, sd))
    return result


def probes(found: Probed) -> Columns:
    """The same as a table: state, mean, sd, risk (0, ½, 1), asks."""
    mean, sd = (part.ravel() for part in np.meshgrid(MEANS, SDS, indexing="ij"))
    count = found.risk.shape[1]
    return {
        "state": np.tile(np.arange(count, dtype=np.int16), len(mean)),
        "mean": np.repeat(mean, count).astype(np.float32),
        "sd": np.repeat(sd, count).astype(np.float32),
        "risk": np.asarray(found.risk, np.float32).ravel(),
        "asks": np.asarray(found.asks).ravel(),
    }


RISKS = ("sure", "middle", "long")


def follow(
    seed: int, people: int, choose: Chooser, arm: Arm, rules: Rules, belief: Belief, memory: Array
) -> dict[str, Array]:
    """What was done for `people` and why, [steps, people]: the belief, the stake, and what each option is worth.

    action: 0–2, the rank of the option's risk, or 3 for an ask.   lead_…: utility at θ* above the better of the
    others, hidden costs aside.
    """
    key = jax.random.key(seed)
    state = jax.vmap(lambda one: reset(one, rules, belief))(jax.random.split(key, people))

    def one(carried: tuple[State, Array], number: Array) -> tuple[tuple[State, Array], dict[str, Array]]:
        before, memory = carried
        after, memory, moment = act(
            jax.random.fold_in(key, number), before, memory, choose, arm, rules, belief
        )
        return (after, memory), _described(before, moment, rules)

    _, rows = jax.lax.scan(one, (state, memory), jnp.arange(_FOLLOWED))
    result: dict[str, Array] = rows
    return result


def decisions(rows: dict[str, Array]) -> Columns:
    """The same as a table."""
    return {name: np.round(np.asarray(column, np.float32).ravel(), 3) for name, column in rows.items()}


def _described(state: State, moment: Moment, rules: Rules) -> dict[str, Array]:
    ladder, read = state.ladder, moment.read
    worth = jax.vmap(lambda a, r: values(a.wealth, a.probability, a.top, r[None])[:, 0])(ladder, read.mean)
    ranks = ranks_of_risk(moment.view.seen.options)
    order = ranks.argsort(axis=1)
    sorted_worth = jnp.take_along_axis(worth, order, axis=1)
    described = {
        "mean": read.mean,
        "sd": read.sd,
        "stake": state.stake,
        "left": rules.decisions - state.decided,
        "battery": state.battery,
        "asked": state.asked,
    }
    for rank, name in enumerate(RISKS):
        place = order[:, rank][:, None]
        others = jnp.delete(sorted_worth, rank, axis=1).max(axis=1)
        described[f"lead_{name}"] = sorted_worth[:, rank] - others
        described[f"latency_{name}"] = jnp.take_along_axis(ladder.latency, place, axis=1)[:, 0]
        described[f"energy_{name}"] = jnp.take_along_axis(ladder.energy, place, axis=1)[:, 0]
    chosen = jnp.minimum(moment.choice.action, OPTIONS - 1)[:, None]
    rank = (jnp.take_along_axis(ranks, chosen, axis=1)[:, 0] * (OPTIONS - 1)).round()
    described["action"] = jnp.where(moment.decided, rank, float(ASK))
    return described


def _where(condition: Array, one: State, other: State) -> State:
    """By person, whatever the shape of a leaf."""

    def leaf(a: Array, b: Array) -> Array:
        return jnp.where(condition.reshape(-1, *[1] * (a.ndim - 1)), a, b)

    result: State = jax.tree.map(leaf, one, other)
    return result
