"""How likely are judgments on a sheet to people with several traits, as JAX computes it beside the network?

As `_cases.py`, `_summing.py` and `_likelihood.py` do in NumPy; tests hold the one to the other. Lot after lot, as many
as there are, as the lottery's are described.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery import (
    LAPSE,
    REWARD_SD,
    ROWS,
    lead_of,
    lot_of,
    options_of,
    rank_of,
    values_of,
)
from bayesian_verifier.simulators.traits._answers import people_of
from bayesian_verifier.simulators.traits._drawn_in import drawn_in, drawn_out
from bayesian_verifier.simulators.traits._summing import COUNTS, log_rewards

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jax import Array

    from bayesian_verifier.simulators.lottery import Lot, Options
    from bayesian_verifier.simulators.traits._summing import Summing


class _Across(NamedTuple):
    """People of K kinds, each with X explorations.

    down: 1 - r [K].   exploration [X, 1], or [1, K] where each has its own.   exponent: α [K], None where chances are
    weighed as they are.
    """

    down: Array
    exploration: Array
    exponent: Array | None


class _Advantages(NamedTuple):
    """Of a lot: float32 [ROWS, X, K], and which of its cases have one and were answered by feedback, by a reward
    [ROWS].
    """

    delta: Array
    spoken: Array
    paid: Array


def counted(sheet: Sequence[Array]) -> Array:
    """How many judgments of a sheet say something, how many by feedback, and how many by a reward [3]."""

    def lot(index: Array, so_far: Array) -> Array:
        lot = _lot_of(sheet, index)
        kept = values_of(lot, options_of(lot), jnp.zeros(1)).kept
        found = jnp.stack([kept, kept & (lot.sign != 0), kept & lot.rewarded])
        return so_far + found.sum(axis=1, dtype=jnp.int32)

    return lax.fori_loop(0, _lots(sheet), lot, jnp.zeros(3, jnp.int32))


def summed(sheet: Sequence[Array], summing: Summing) -> Array:
    """Log-likelihoods of the judgments of a sheet at the nodes [N]."""
    nodes = summing.nodes
    weighed = 1 if nodes.exponent is None else nodes.exponent.size
    people = _Across(
        jnp.asarray(np.repeat(1.0 - nodes.risk_aversion, weighed)),
        jnp.asarray(nodes.exploration[:, None]),
        None if nodes.exponent is None else jnp.asarray(np.tile(nodes.exponent, nodes.risk_aversion.size)),
    )
    rates = jnp.asarray(np.float32(-1.0) / summing.noises)[:, None]
    count, kinds = nodes.exploration.size, people.down.size

    def lot(index: Array, so_far: tuple[Array, Array]) -> tuple[Array, Array]:
        lot = _lot_of(sheet, index)
        found = _advantages(lot, _novelty(sheet, lot), people)
        delta = found.delta.reshape(ROWS, -1)

        def row(c: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
            said = _log_chances(lot.sign[c].astype(np.float32) * delta[c] * rates)
            paid = log_rewards(lot.reward[c] - delta[c], jnp)
            return (
                sums[0] + jnp.where(found.spoken[c], said, np.float32(0.0)),
                sums[1] + jnp.where(found.paid[c], paid, 0.0),
            )

        result: tuple[Array, Array] = lax.fori_loop(0, lot.there.sum(), row, so_far)
        return result

    nothing = jnp.zeros((rates.size, count * kinds)), jnp.zeros(count * kinds)
    feedback, rewards = lax.fori_loop(0, _lots(sheet), lot, nothing)
    # from noise, exploration, risk aversion and exponent to the order of the lattice
    by_node = (feedback + rewards).reshape(rates.size, count, -1, weighed)
    return by_node.transpose(2, 1, 3, 0).ravel()


def log_likelihood(sheet: Sequence[Array], theta: Array) -> Array:
    """Log p(answers | θ) [D] up to a constant of the judgments of a sheet, θ [D, P] on the link scale, float32."""
    who = people_of(theta, jnp)
    people = _Across(1.0 - who.risk_aversion, who.exploration[None], who.exponent)
    rate = -jnp.exp(-theta[:, -1])

    def lot(index: Array, so_far: Array) -> Array:
        lot = _lot_of(sheet, index)
        found = _advantages(lot, _novelty(sheet, lot), people)

        def row(c: Array, total: Array) -> Array:
            delta = found.delta[c, 0]
            off = (lot.reward[c].astype(np.float32) - delta) * np.float32(1.0 / REWARD_SD)
            said = _log_chances(lot.sign[c].astype(np.float32) * delta * rate)
            both = jnp.where(found.spoken[c], said, np.float32(0.0))
            both += jnp.where(found.paid[c], np.float32(-0.5) * off * off, np.float32(0.0))
            return total + both

        return lax.fori_loop(0, lot.there.sum(), row, so_far)

    return lax.fori_loop(0, _lots(sheet), lot, jnp.zeros(len(theta)))


def coefficients(sums: Array, summing: Summing) -> Array:
    """Of the spline through sums, float32 [C], less the greatest."""
    nodes: Any = sums[:-COUNTS]
    below = (nodes - nodes.max()).astype(np.float32)[None]
    return cast("Array", summing.lattice.coefficients(drawn_in(below, jnp), jnp)[0])


def read_between(spline: Array, summing: Summing, theta: Array) -> Array:
    """Log p(judgments | θ) [D] up to a constant, read between nodes, θ [D, P]: as `Summing.read`."""
    places: Any = (theta - summing.centre.astype(np.float32)) / summing.scale.astype(np.float32)
    read: Any = summing.lattice.read(cast("Any", spline)[None], places[None], jnp)[0]
    return cast("Array", drawn_out(read, jnp).astype(np.float64))


def _lots(sheet: Sequence[Array]) -> Array:
    return (sheet[2][0] + ROWS - 1) // ROWS


def _lot_of(sheet: Sequence[Array], index: Array) -> Lot:
    numbers, rows, shape = sheet[:3]
    return lot_of(numbers, rows, shape, index)


def _novelty(sheet: Sequence[Array], lot: Lot) -> Array:
    """Of the options of a lot [MOST_OPTIONS, ROWS]."""
    return lax.dynamic_slice_in_dim(sheet[3], lot.start, ROWS, axis=1)


def _advantages(lot: Lot, novelty: Array, people: _Across) -> _Advantages:
    """Of a lot's proposals to each."""
    options, kind = options_of(lot), people.down.dtype
    values = values_of(lot, options, people.down)
    weigh = _weigh(lot, options, people.exponent)
    count, kinds = jnp.broadcast_shapes(people.exploration.shape, people.down.shape)

    def worth(i: Array) -> Array:
        def outcome(j: Array, total: Array) -> Array:
            payoff, probability = lot.outcome(i, j)
            return total + weigh(i, j).astype(kind) * values.of(payoff, probability > 0)

        value = lax.fori_loop(0, lot.outcomes, outcome, jnp.zeros((ROWS, kinds), kind))
        more = novelty[i].astype(kind)[:, None, None] * people.exploration
        return (value / values.scale).astype(np.float32)[:, None] + more.astype(np.float32)

    delta = lead_of(lot, values.context, (count, kinds), worth, np.float32)
    return _Advantages(delta, values.kept & (lot.sign != 0), values.kept & lot.rewarded)


def _weigh(lot: Lot, options: Options, exponent: Array | None) -> Callable[[Array, Array], Array]:
    """What an outcome of an option counts for [ROWS, K], or [ROWS, 1] where that is its chance."""

    def chance(i: Array, j: Array) -> Array:
        _, probability = lot.outcome(i, j)
        return jnp.where(probability > 0, probability / options.total[i], 0.0)[:, None]

    if exponent is None:
        return chance

    def weighed(p: Array) -> Array:
        return jnp.exp(-jnp.exp(jnp.log(-jnp.log(p))[:, None].astype(exponent.dtype) * exponent))

    def by_rank(i: Array, j: Array) -> Array:
        rank = rank_of(lot, options, i, j)
        reached = weighed(jnp.where(rank.worst, 1.0, rank.reached))
        return jnp.where((rank.share > 0)[:, None], reached - weighed(rank.above), 0.0)

    return by_rank


def _log_chances(against: Array) -> Array:
    """Log-chances of feedback, float32, of signed advantages times -1 / τ."""
    chance = np.float32(1.0 - LAPSE) / (jnp.exp(against) + np.float32(1.0))
    return jnp.log(chance + np.float32(LAPSE / 2.0))
