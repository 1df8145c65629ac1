"""How much better is the proposal than the best other option, to somebody who sees the case as a rival does?

∆(r) as in `_advantage.py`, written so that weights need not be probabilities. With z = (y/y_max)^(1-r) for r < 1 and
(y/y_min)^(1-r) for r > 1, utilities are (z - E)/(1 - E) and (1 - z)/(1 - E), E being the far end's z: weights that sum
to 1 need only the sum of weight·z.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: spans of log-wealth below this are stretched to it: utility is straight there to 1e-5, and differences keep digits
_STRAIGHT = 1e-5
#: and below this there is nothing to tell apart
_NO_SPAN = 1e-290
#: the advantage of what its owner could not bear: no one approves, and it is worth what a refuted proposal is
_UNBEARABLE = -1.0


class SeenCases(NamedTuple):
    """N cases as somebody sees them.

    wealth [n] >= 0.   payoff, weight [n, options, outcomes]: weights sum to 1 in each option.   present: which outcomes
    there are.   chosen [n].   more_loss [n]: how much more a loss of utility below the wealth counts, less 1.
    """

    wealth: Float
    payoff: Float
    weight: Float
    present: Mask
    chosen: Index
    more_loss: Float

    def part(self, rows: slice) -> SeenCases:
        """Some of them."""
        return SeenCases(
            self.wealth[rows],
            self.payoff[rows],
            self.weight[rows],
            self.present[rows],
            self.chosen[rows],
            self.more_loss[rows],
        )


class _Context(NamedTuple):
    """What utilities are measured between: the best final wealth, and its log-ratio to the worst [n]."""

    top: Float
    span: Float
    stretch: Float
    bearable: Mask
    kept: Mask


def seen_advantages(cases: SeenCases, risk_aversion: Float) -> Float:
    """∆ [n, K] at K ascending values of r, none of them 1.

    Where the proposal could not be borne it is -1, in other cases without an advantage 0.
    """
    present = cases.present
    unbearable = (cases.wealth[:, None, None] + cases.payoff < 0) & present
    feasible = np.asarray(present.any(axis=2))
    if unbearable.any():
        feasible &= ~unbearable.any(axis=2)
        present = present & feasible[:, :, None]
    context = _context(cases, present, feasible)
    # cases without an advantage are computed all the same, to whatever comes of it, and then answered for
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result = _computed(cases, present, feasible, context, risk_aversion)
    if not context.kept.all():
        result[~context.kept] = np.where(context.bearable, 0.0, _UNBEARABLE)[~context.kept, None]
    return result


def _computed(
    cases: SeenCases, present: Mask, feasible: Mask, context: _Context, risk_aversion: Float
) -> Float:
    down, flips = 1.0 - risk_aversion, int(np.searchsorted(risk_aversion, 1.0))
    worth = _worth(cases, present, context, down, flips)
    far = np.exp(np.abs(down) * -(context.span * context.stretch)[:, None])
    scale = 1.0 - far
    losing = np.flatnonzero(cases.more_loss)
    if losing.size:
        _add_losses(worth, scale, far, losing, cases, present, context, (down, flips))
    result: Float = _lead(worth, feasible, cases.chosen) / scale
    return result


def _context(cases: SeenCases, present: Mask, feasible: Mask) -> _Context:
    top = np.where(present, cases.payoff, -np.inf).max(axis=(1, 2))
    bottom = np.where(present, cases.payoff, np.inf).min(axis=(1, 2))
    bearable = feasible[np.arange(len(feasible)), cases.chosen]
    kept = bearable & (feasible.sum(axis=1) >= 2) & (top > bottom)  # noqa: PLR2004 - a choice needs two
    if not kept.all():
        top, bottom = np.where(kept, top, 1.0), np.where(kept, bottom, 0.0)
    span = _below(cases.wealth, bottom, top)
    kept &= span > _NO_SPAN
    stretch = np.maximum(1.0, _STRAIGHT / np.maximum(span, _NO_SPAN))
    return _Context(top, span, stretch, bearable, kept)


def _below(wealth: Float, payoff: Float, top: Float) -> Float:
    """Log-ratio >= 0 of final wealth at the top to that at a payoff; inf where nothing is left."""
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Float = -np.log1p(np.maximum((payoff - top) / (wealth + top), -1.0))
    return result


def _worth(cases: SeenCases, present: Mask, context: _Context, down: Float, flips: int) -> Float:
    """Weighted sums of z [n, options, K], signed so that more is better."""
    n, options, outcomes = present.shape
    if present.all():
        slot, row, option = (i.ravel() for i in np.indices((outcomes, n, options)))
    else:
        slot, row, option = np.nonzero(present.transpose(2, 0, 1))
    payoff = cases.payoff[row, option, slot]
    weight = cases.weight[row, option, slot]
    if cases.more_loss.any():
        weight = weight * np.where(payoff < 0, 1.0 + cases.more_loss[row], 1.0)
    from_top = _below(cases.wealth[row], payoff, context.top[row])
    z = powers(from_top, context.span[row], context.stretch[row], down, flips)
    z *= weight[:, None]
    worth = np.zeros((n * options, down.size))
    place = row * options + option
    ends = np.searchsorted(slot, np.arange(outcomes + 1))
    # each option has one outcome in a slot, so that adding by index meets no place twice
    for low, high in pairwise(ends):
        if high - low == len(worth):
            worth += z[low:high]
        elif high > low:
            worth[place[low:high]] += z[low:high]
    return worth.reshape(n, options, down.size)


def powers(from_top: Float, span: Float, stretch: Float, down: Float, flips: int) -> Float:
    """Signed z [O, K] of outcomes `from_top` below the top in log-wealth; down = 1 - r [K], > 0 before `flips`."""
    from_bottom = np.where(from_top >= span, 0.0, span - from_top)
    z = np.empty((from_top.size, down.size))
    np.multiply.outer(-from_top * stretch, down[:flips], out=z[:, :flips])
    np.multiply.outer(from_bottom * stretch, down[flips:], out=z[:, flips:])
    np.exp(z, out=z)
    np.negative(z[:, flips:], out=z[:, flips:])
    return z


def _add_losses(
    worth: Float,
    scale: Float,
    far: Float,
    rows: Index,
    cases: SeenCases,
    present: Mask,
    context: _Context,
    exponents: tuple[Float, int],
) -> None:
    """Measure the added weight of losses from the reference wealth, in place, where it lies within the context."""
    down, flips = exponents
    span, top = context.span[rows], context.top[rows]
    # without gains, or without losses, every outcome is scaled alike: measuring from an end of the context says so
    from_top = np.clip(_below(cases.wealth[rows], np.zeros(rows.size), top), 0.0, span)
    reference = powers(from_top, span, context.stretch[rows], down, flips)
    more = cases.more_loss[rows]
    lost = np.where(present[rows] & (cases.payoff[rows] < 0), cases.weight[rows], 0.0).sum(axis=2)
    worth[rows] -= (more[:, None] * lost)[:, :, None] * reference[:, None, :]
    worst = np.where(down > 0, far[rows], -1.0)
    scale[rows] += more[:, None] * (reference - worst)


def _lead(worth: Float, feasible: Mask, chosen: Index) -> Float:
    """The proposal's worth less the best other one's [n, K]."""
    rows = np.arange(len(worth))
    proposed = worth[rows, chosen]
    if worth.shape[1] == 2 and feasible.all():  # noqa: PLR2004 - the common case needs no maximum
        result: Float = proposed - worth[rows, 1 - chosen]
        return result
    worth[~feasible] = -np.inf
    worth[rows, chosen] = -np.inf
    lead: Float = proposed - worth.max(axis=1)
    return lead
