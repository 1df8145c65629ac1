"""How likely is a better outcome of the same option, and one as good, as JAX computes it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
from jax import lax

from bayesian_verifier.simulators.lottery._sheet import ROWS

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.simulators.lottery._traced_cases import Lot, Options


class Rank(NamedTuple):
    """Of one outcome of one option of each case [ROWS].

    share: of its option's probabilities.   above, reached: chances of a better one, and of one as good, at most 1.
    worst: whether all that there is is as good.
    """

    share: Array
    above: Array
    reached: Array
    worst: Array


def rank_of(lot: Lot, options: Options, option: Array, place: Array) -> Rank:
    """Of two outcomes that pay the same the first is the better one."""

    def share_of(m: Array) -> tuple[Array, Array]:
        payoff, probability = lot.outcome(option, m)
        return payoff, jnp.where(probability > 0, probability / options.total[option], 0.0)

    payoff, share = share_of(place)

    def other(m: Array, seen: tuple[Array, Array]) -> tuple[Array, Array]:
        its_payoff, its_share = share_of(m)
        first = (its_payoff > payoff) | ((its_payoff == payoff) & (m < place))
        better = jnp.where(first, its_share, 0.0)
        return seen[0] + better, seen[1] & (first | (its_share == 0) | (m == place))

    nothing = jnp.zeros(ROWS), jnp.ones(ROWS, jnp.bool_)
    before, worst = lax.fori_loop(0, lot.outcomes, other, nothing)
    return Rank(share, jnp.minimum(before, 1.0), jnp.minimum(before + share, 1.0), worst)
