"""How does JAX read cases from a sheet: which options can be borne, and between what are utilities measured?

Everything is of one lot of cases, ROWS at a time, whatever their number of options and outcomes: loops go as far as
the widest case. Cases without an advantage are computed all the same, and masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery._sheet import MOST_NUMBERS, MOST_OPTIONS, ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from jax import Array

#: the least payoff and the least of what is owed are infinite, and probabilities add up to nothing
_NO_OPTIONS = np.zeros((3, MOST_OPTIONS, ROWS))
_NO_OPTIONS[:2] = np.inf
#: log-ratios of wealth below this tell nothing apart
NO_SPAN = 1e-290


class Lot(NamedTuple):
    """ROWS cases of a sheet.

    numbers: the sheet's.   stride, start: where an outcome's column begins, and the lot in it.
    across: options of the sheet's widest case, by which its columns are laid out.   options, outcomes: of the widest of
    these cases, or of the sheet's.   wealth, chosen, sign, reward, rewarded, there: by case [ROWS].
    """

    numbers: Array
    stride: Array
    start: Array
    across: Array
    options: Array
    outcomes: Array
    wealth: Array
    chosen: Array
    sign: Array
    reward: Array
    rewarded: Array
    there: Array

    def outcome(self, option: Array, place: Array) -> tuple[Array, Array]:
        """Payoffs and probabilities [ROWS] of one outcome of one option of each case; probability 0 is padding."""
        return self.column(0, option, place), self.column(1, option, place)

    def column(self, number: int, option: Array, place: Array) -> Array:
        """The sheet's payoffs, probabilities or what it has besides, by number, of the outcome [ROWS]."""
        at = (place * self.across + option) * self.stride + self.start
        return lax.dynamic_slice(self.numbers, (at + number * MOST_NUMBERS,), (ROWS,))


def lot_of(numbers: Array, rows: Array, shape: Array, index: Array) -> Lot:
    """The lot of this index."""
    count, options, outcomes = shape[0], shape[1], shape[2]
    start = index * ROWS
    wealth, chosen, sign, reward, rewarded = lax.dynamic_slice(
        rows, (jnp.zeros_like(start), start), (rows.shape[0], ROWS)
    )
    return Lot(
        numbers,
        (count + ROWS - 1) // ROWS * ROWS,
        start,
        options,
        options,
        outcomes,
        wealth,
        chosen.astype(jnp.int32),
        sign,
        reward,
        rewarded != 0.0,
        start + jnp.arange(ROWS) < count,
    )


class Options(NamedTuple):
    """Of each option [MOST_OPTIONS, ROWS]: its least and greatest payoff, and the sum of its probabilities."""

    least: Array
    greatest: Array
    total: Array

    @property
    def largest(self) -> Array:
        """The largest payoff of a case, either sign [ROWS]."""
        return jnp.where(self.total > 0, jnp.maximum(-self.least, self.greatest), 0.0).max(axis=0)

    @property
    def losing(self) -> Array:
        """Whether a payoff lies below 0 [ROWS]."""
        return (self.least < 0).any(axis=0)


def options_of(lot: Lot) -> Options:
    """What can be said of options before anybody looks at them."""

    def option(i: Array, known: Array) -> Array:
        def outcome(j: Array, one: Array) -> Array:
            payoff, probability = lot.outcome(i, j)
            ends = jnp.where(probability > 0, jnp.stack([payoff, -payoff]), jnp.inf)
            return jnp.concatenate([jnp.minimum(one[:2], ends), (one[2] + probability)[None]])

        one = lax.fori_loop(0, lot.outcomes, outcome, jnp.asarray(_NO_OPTIONS[:, 0]))
        return lax.dynamic_update_index_in_dim(known, one, i, 1)

    least, most, total = lax.fori_loop(0, lot.options, option, jnp.asarray(_NO_OPTIONS))
    return Options(least, -most, total)


class Context(NamedTuple):
    """What utilities are measured between, to somebody with this wealth [ROWS].

    feasible [MOST_OPTIONS, ROWS].   top, bottom: the best and the worst payoff; of a case without an advantage 1, 0.
    bearable: whether the proposal is.   kept: whether it has an advantage, but for too short a span.
    """

    wealth: Array
    feasible: Array
    top: Array
    bottom: Array
    bearable: Array
    kept: Array


def context_of(options: Options, wealth: Array, chosen: Array) -> Context:
    """As somebody with this wealth sees the options."""
    feasible = (options.total > 0) & (wealth + options.least >= 0)
    top = jnp.where(feasible, options.greatest, -jnp.inf).max(axis=0)
    bottom = jnp.where(feasible, options.least, jnp.inf).min(axis=0)
    proposed = jnp.arange(MOST_OPTIONS)[:, None] == chosen
    bearable = (feasible & proposed).any(axis=0)
    kept = bearable & (top > bottom) & (feasible.sum(axis=0) >= 2)  # noqa: PLR2004 - a choice needs two
    return Context(wealth, feasible, jnp.where(kept, top, 1.0), jnp.where(kept, bottom, 0.0), bearable, kept)


def lead_of(
    lot: Lot,
    context: Context,
    shape: tuple[int, ...],
    worth: Callable[[Array], Array],
    kind: type[np.generic] = np.float64,
) -> Array:
    """The proposal's worth less that of the best other feasible option [ROWS, *shape].

    worth: of the option of an index [ROWS, *shape], of this kind of number.
    """

    def option(i: Array, sides: Array) -> Array:
        mine = lot.chosen == i
        there = jnp.stack([mine, context.feasible[i] & ~mine])
        return jnp.where(there.reshape((2, ROWS, *(1 for _ in shape))), jnp.maximum(sides, worth(i)), sides)

    # one array and not two: a step with many beginnings is handed to other threads, which takes longer than the step
    nothing = jnp.full((2, ROWS, *shape), -jnp.inf, kind)
    proposed, best = lax.fori_loop(0, lot.options, option, nothing)
    return proposed - best


def zeros_after(shape: tuple[int, ...], count: Array, kind: type[np.generic] = np.float64) -> Array:
    """Zeros that cannot be made before a count is known, so that a step does not begin before the one that counts."""
    return jnp.full(shape, (count < 0).astype(kind))
