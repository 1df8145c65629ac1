"""What are outcomes worth to people with given risk aversions, as JAX computes it?

As `_advantage.py` does in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np

from bayesian_verifier.simulators.lottery._traced_cases import NO_SPAN, Context, context_of

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.simulators.lottery._traced_cases import Lot, Options

#: as in `_packed.py`: log-ratios of wealth below this are stretched to it; in single precision to a larger one
_STRAIGHT, _STRAIGHT_SINGLE = 1e-200, 1e-20
#: below this so many terms of the exponential's series are exact, in double and in single precision
_SMALL, _TERMS, _TERMS_SINGLE = 0.125, 10, 6


class Values(NamedTuple):
    """Utilities of a lot's outcomes to K people, by `value / scale`, but for what all outcomes of a case share.

    down: 1 - r of each of them [K], in whose precision they are.   context: what they are measured between.
    kept [ROWS]: which cases have an advantage.   scale [ROWS, K].
    ruin, stretch, whole [ROWS]: whether somebody may lose everything, and the case's log-ratio of wealth.
    """

    down: Array
    context: Context
    kept: Array
    scale: Array
    ruin: Array
    stretch: Array
    whole: Array

    def of(self, payoff: Array, there: Array) -> Array:
        """Of outcomes with these payoffs [ROWS]: [ROWS, K], 0 where an outcome is not there."""
        wealth, ruin, down = self.context.wealth, self.ruin, self.down
        below = jnp.where(
            wealth + payoff <= 0, -jnp.inf, log_ratio(wealth, payoff, self.context.top) * self.stretch
        )
        above = jnp.where(payoff > self.context.bottom, jnp.inf, 0.0)
        above = jnp.where(ruin, above, log_ratio(wealth, payoff, self.context.bottom) * self.stretch)
        even = jnp.where(ruin, jnp.where(jnp.isneginf(below), 0.0, 1.0), above / self.whole)
        # of an outcome that is not there nothing may reach the sum, infinities least of all
        below, above, even = (
            jnp.where(there, x, 0.0).astype(down.dtype)[:, None] for x in (below, above, even)
        )
        risen = jnp.sign(down) * expm1(jnp.where(down > 0, below, above) * down)
        return jnp.where(down == 0, even, risen)


def values_of(lot: Lot, options: Options, down: Array) -> Values:
    """To people whose 1 - r are `down` [K]."""
    context = context_of(options, lot.wealth, lot.chosen)
    wealth, top, bottom = context.wealth, context.top, context.bottom
    span = log_ratio(wealth, top, bottom)
    kept = context.kept & lot.there & (span > NO_SPAN)
    straight = _STRAIGHT if down.dtype == np.float64 else _STRAIGHT_SINGLE
    stretch = jnp.where(span < straight, straight / span, 1.0)
    ruin = wealth + bottom <= 0
    whole = jnp.where(ruin, jnp.inf, span * stretch)
    width = whole.astype(down.dtype)[:, None]
    scale = jnp.where(down == 0, 1.0, -expm1(-width * jnp.abs(down)))
    return Values(down, context, kept, scale, ruin, stretch, whole)


def log_ratio(wealth: Array, payoff: Array, base: Array) -> Array:
    """Log of (w + payoff) / (w + base), as in `_packed.py`."""
    above = wealth + base
    change = (payoff - base) / above
    far = jnp.log(wealth + payoff) - jnp.log(above)
    return jnp.where(jnp.abs(change) < 0.5, jnp.log1p(change), far)  # noqa: PLR2004 - as there


def expm1(x: Array) -> Array:
    """exp(x) - 1 to a few units of the last place: half the time of XLA's own."""
    series = jnp.ones_like(x)
    for term in range(_TERMS if x.dtype == np.float64 else _TERMS_SINGLE, 1, -1):
        series = 1.0 + series * x * (1.0 / term)
    return jnp.where(jnp.abs(x) < _SMALL, series * x, jnp.exp(x) - 1.0)
