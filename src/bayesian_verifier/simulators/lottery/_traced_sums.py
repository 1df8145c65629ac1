"""What do answers add up to at the reference points, as JAX computes it?

As `_advantage.py`, `_spread.py` and `_sums.py` do in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery._reference import reference_points
from bayesian_verifier.simulators.lottery._sheet import MOST_CASES
from bayesian_verifier.simulators.lottery._spread import GRAIN, KNOTS, STRETCH
from bayesian_verifier.simulators.lottery._sums import REWARD_GRAIN, REWARD_TERMS
from bayesian_verifier.simulators.lottery._traced_cases import Lot, lead_of, options_of
from bayesian_verifier.simulators.lottery._traced_values import values_of

if TYPE_CHECKING:
    from jax import Array

_DOWN = 1.0 - reference_points()
_COUNT = _DOWN.size
_CELLS = KNOTS - 2


class TracedSums(NamedTuple):
    """Sums over answers: counts in grains, float32 [K, KNOTS]; rewards in grains [2, K].

    kept [MOST_CASES]: which cases have an advantage.
    """

    counts: Array
    rewards: Array
    kept: Array

    @property
    def table(self) -> Array:
        """Counts, then rewards [K, KNOTS + 2]."""
        counts = GRAIN * self.counts.astype(jnp.float64)
        return jnp.concatenate([counts, REWARD_GRAIN * self.rewards.T], axis=1)


def no_traced_sums() -> TracedSums:
    """Nothing yet."""
    return TracedSums(
        jnp.zeros((_COUNT, KNOTS), jnp.float32),
        jnp.zeros((REWARD_TERMS, _COUNT)),
        jnp.zeros(MOST_CASES, jnp.bool_),
    )


def curves_of(lot: Lot) -> tuple[Array, Array]:
    """∆ of the lot's cases at the reference points [ROWS, K], and which cases have one [ROWS]."""
    options = options_of(lot)
    values = values_of(lot, options, jnp.asarray(_DOWN))

    def worth(i: Array) -> Array:
        def outcome(j: Array, total: Array) -> Array:
            payoff, probability = lot.outcome(i, j)
            share = jnp.where(probability > 0, probability / options.total[i], 0.0)
            return total + share[:, None] * values.of(payoff, probability > 0)

        return lax.fori_loop(0, lot.outcomes, outcome, jnp.zeros((lot.wealth.size, _COUNT)))

    return lead_of(lot, values.context, (_COUNT,), worth) / values.scale, values.kept


def added(sums: TracedSums, lot: Lot) -> TracedSums:
    """With the answers of a lot."""
    delta, kept = curves_of(lot)
    paid = (kept & lot.rewarded)[:, None]
    residual = jnp.where(paid, lot.reward[:, None] - delta, 0.0)
    terms = jnp.rint(jnp.stack([residual * residual, residual]) / REWARD_GRAIN)
    told = kept & (lot.sign != 0)
    signed = jnp.where(told[:, None], delta * lot.sign[:, None], 0.0)
    cell, low, middle, high = _weights(signed)
    low, middle, high = (jnp.where(told[:, None], part, 0.0) for part in (low, middle, high))
    knots = jnp.arange(KNOTS, dtype=jnp.float32)

    def row(c: Array, counts: Array) -> Array:
        off = knots - cell[c][:, None]
        spread = jnp.where(off == 0, low[c][:, None], 0.0)
        spread = jnp.where(off == 1, middle[c][:, None], spread)
        return counts + jnp.where(off == 2, high[c][:, None], spread)  # noqa: PLR2004 - three splines reach a place

    return TracedSums(
        lax.fori_loop(0, lot.wealth.size, row, sums.counts),
        sums.rewards + terms.sum(axis=1),
        lax.dynamic_update_slice(sums.kept, kept, (lot.start,)),
    )


def _weights(signed: Array) -> tuple[Array, ...]:
    """The cell of each signed advantage, and in grains the weights of the three splines that reach it, float32."""
    size = jnp.abs(signed) / STRETCH
    warped = jnp.sign(signed) * jnp.log(size + jnp.sqrt(size * size + 1.0)) / math.asinh(1.0 / STRETCH)
    at = (warped + 1.0) * (0.5 * _CELLS)
    cell = jnp.minimum(jnp.floor(at), _CELLS - 1)
    at -= cell
    low = jnp.rint((1.0 - at) * (1.0 - at) * (0.5 / GRAIN))
    high = jnp.rint(at * at * (0.5 / GRAIN))
    middle = 1.0 / GRAIN - low - high
    return tuple(part.astype(np.float32) for part in (cell, low, middle, high))
