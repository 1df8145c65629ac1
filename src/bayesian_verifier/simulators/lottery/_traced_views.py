"""How large is the advantage of a proposal to each rival of the model, as JAX computes it?

As `_rivals.py`, `_rival_advantage.py` and `_rival_curves.py` do in NumPy; tests hold the one to the other. A view is
how somebody sees a case: the model's people are the first, the rivals follow in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery._rival_advantage import STRAIGHT, UNBEARABLE
from bayesian_verifier.simulators.lottery._rival_curves import RIVALS, rival_risk_aversions
from bayesian_verifier.simulators.lottery._rivals import Rival
from bayesian_verifier.simulators.lottery._sheet import MOST_OPTIONS, MOST_OUTCOMES, ROWS
from bayesian_verifier.simulators.lottery._traced_cases import (
    NO_SPAN,
    Lot,
    Options,
    context_of,
    lead_of,
)
from bayesian_verifier.simulators.lottery._traced_ranks import rank_of

if TYPE_CHECKING:
    from jax import Array

_SEEN = (Rival(), *RIVALS.values())
VIEWS = len(_SEEN)
_DOWN = 1.0 - rival_risk_aversions()
NODES = _DOWN.size
#: kinds of weights, outcomes of a case, cases of a lot
WEIGHTS = (2, MOST_OPTIONS * MOST_OUTCOMES, ROWS)
_FACTOR = np.array([seen.wealth_factor for seen in _SEEN])
_UNSAID = np.array([seen.unsaid_wealth for seen in _SEEN])
_MORE_LOSS = np.array([seen.loss_aversion - 1.0 for seen in _SEEN])
_WEIGHS = np.array([seen.weighs for seen in _SEEN])
_CURVATURE = min(seen.curvature for seen in _SEEN)


class Weights(NamedTuple):
    """Of each outcome its share of its option's probabilities, and what stands for it to somebody who weighs them.

    both: of the shape WEIGHTS.
    """

    both: Array

    def of(self, view: Array, option: Array, place: Array) -> Array:
        """To somebody with this view [ROWS]."""
        at = option * MOST_OUTCOMES + place
        return self.both[jnp.asarray(_WEIGHS)[view].astype(jnp.int32), at]


def weights_of(lot: Lot, options: Options, room: Weights) -> Weights:
    """Of the outcomes of a lot."""

    def option(i: Array, known: Array) -> Array:
        def outcome(j: Array, known: Array) -> Array:
            rank = rank_of(lot, options, i, j)
            reached = jnp.where(rank.worst, 1.0, _weighed(rank.reached))
            weight = jnp.where(rank.share > 0, reached - _weighed(rank.above), 0.0)
            return known.at[:, i * MOST_OUTCOMES + j].set(jnp.stack([rank.share, weight]))

        return lax.fori_loop(0, lot.outcomes, outcome, known)

    return Weights(lax.fori_loop(0, lot.options, option, room.both))


def _weighed(p: Array) -> Array:
    """Decision weight of a chance p; logarithms, as powers are dear."""
    up = jnp.exp(_CURVATURE * jnp.log(p))
    down = jnp.exp(_CURVATURE * jnp.log1p(-p))
    return up * jnp.exp(-jnp.log(up + down) / _CURVATURE)


def differing(lot: Lot, options: Options) -> Array:
    """Which cases [VIEWS, ROWS] are seen otherwise than the model does; all, for the model itself."""
    sent = lot.wealth > 0
    by_view = []
    for seen in _SEEN:
        if seen.loss_aversion != 1.0:
            by_view.append(sent & options.losing)
        elif seen.unsaid_wealth:
            by_view.append(~sent)
        elif seen.wealth_factor != 1.0:
            by_view.append(sent)
        else:
            by_view.append(jnp.ones_like(sent))
    return jnp.stack(by_view)


def seen_curves(view: Array, lot: Lot, options: Options, weights: Weights) -> Array:
    """∆ of a lot's cases at the rivals' nodes, float32 [ROWS, NODES], to somebody with this view."""
    unsaid = jnp.where(lot.wealth > 0, 0.0, jnp.asarray(_UNSAID)[view] * options.largest)
    context = context_of(options, lot.wealth * jnp.asarray(_FACTOR)[view] + unsaid, lot.chosen)
    wealth, top = context.wealth, context.top
    span = _below(wealth, context.bottom, top)
    kept = context.kept & (span > NO_SPAN)
    stretch = jnp.maximum(1.0, STRAIGHT / jnp.maximum(span, NO_SPAN))
    more = jnp.asarray(_MORE_LOSS)[view]
    down = jnp.asarray(_DOWN)

    def power(from_top: Array) -> Array:
        from_bottom = jnp.where(from_top >= span, 0.0, span - from_top)
        away = jnp.where(
            down > 0, -(from_top * stretch)[:, None] * down, (from_bottom * stretch)[:, None] * down
        )
        return jnp.where(down > 0, 1.0, -1.0) * jnp.exp(away)

    # the added weight of losses is measured from the reference wealth, where it lies within the context
    reference = power(jnp.clip(_below(wealth, jnp.zeros_like(wealth), top), 0.0, span))
    far = jnp.exp(-(span * stretch)[:, None] * jnp.abs(down))
    scale = 1.0 - far + more * (reference - jnp.where(down > 0, far, -1.0))

    def worth(i: Array) -> Array:
        def outcome(j: Array, total: Array) -> Array:
            payoff, _ = lot.outcome(i, j)
            weight = weights.of(view, i, j)
            lost = jnp.where(payoff < 0, more * weight, 0.0)[:, None]
            z = jnp.where((weight > 0)[:, None], power(_below(wealth, payoff, top)), 0.0)
            return total + (weight[:, None] + lost) * z - lost * reference

        return lax.fori_loop(0, lot.outcomes, outcome, jnp.zeros((ROWS, NODES)))

    lead = lead_of(lot, context, (NODES,), worth) / scale
    absent = jnp.where(context.bearable, 0.0, UNBEARABLE)[:, None]
    return jnp.where(kept[:, None], lead, absent).astype(np.float32)


def _below(wealth: Array, payoff: Array, top: Array) -> Array:
    """Log-ratio >= 0 of final wealth at the top to that at a payoff; inf where nothing is left."""
    return -jnp.log1p(jnp.maximum((payoff - top) / (wealth + top), -1.0))
