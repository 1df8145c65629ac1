"""How much better is the proposal than the best other option, to somebody who sees the case as a rival does?

∆(r) as in `_advantage.py`, written so that weights need not be probabilities. With z = (y/y_max)^(1-r) for r < 1 and
(y/y_min)^(1-r) for r > 1, utilities are (z - E)/(1 - E) and (1 - z)/(1 - E), E being the far end's z: weights that sum
to 1 need only the sum of weight·z.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
#: spans of log-wealth below this are stretched to it: utility is straight there to 1e-5, and differences keep digits
STRAIGHT = 1e-5
#: and below this there is nothing to tell apart
_NO_SPAN = 1e-290
#: the advantage of what its owner could not bear: no one approves, and it is worth what a refuted proposal is
UNBEARABLE = -1.0


class SeenCases(NamedTuple):
    """N cases as somebody sees them, padded; the last axis is the case, so that the first outcomes lie together.

    wealth [n] >= 0.   payoff, weight [outcomes, options, n]: weights sum to 1 in each option.   present: which outcomes
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
            self.payoff[..., rows],
            self.weight[..., rows],
            self.present[..., rows],
            self.chosen[rows],
            self.more_loss[rows],
        )


class _Outcomes(NamedTuple):
    """Outcomes of feasible options, the first of each option before the second.

    at [O]: place in the padded arrays.   case [O].   payoff [O].   feasible [options, n]: which options are.
    """

    at: Index
    case: Index
    payoff: Float
    feasible: Mask


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
    if not cases.wealth.size:
        return np.zeros((0, risk_aversion.size))
    # cases without an advantage are computed all the same, to whatever comes of it, and then answered for
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        outcomes = _outcomes(cases)
        context = _context(cases, outcomes)
        result = _computed(cases, outcomes, context, risk_aversion)
    if not context.kept.all():
        result[~context.kept] = np.where(context.bearable, 0.0, UNBEARABLE)[~context.kept, None]
    return result


def _outcomes(cases: SeenCases) -> _Outcomes:
    n = cases.wealth.size
    at = np.flatnonzero(cases.present)
    case = at % n
    payoff = cases.payoff.ravel()[at]
    feasible = np.asarray(cases.present.any(axis=0))
    unbearable = cases.wealth[case] + payoff < 0
    if unbearable.any():
        option = at % feasible.size
        feasible.ravel()[option[unbearable]] = False
        left = feasible.ravel()[option]
        at, case, payoff = at[left], case[left], payoff[left]
    return _Outcomes(at, case, payoff, feasible)


def _context(cases: SeenCases, outcomes: _Outcomes) -> _Context:
    n = cases.wealth.size
    payoff = np.full(cases.present.size, -np.inf)
    payoff[outcomes.at] = outcomes.payoff
    top = payoff.reshape(-1, n).max(axis=0)
    payoff[outcomes.at] = -outcomes.payoff
    bottom = -payoff.reshape(-1, n).max(axis=0)
    bearable = outcomes.feasible[cases.chosen, np.arange(n)]
    kept = bearable & (top > bottom) & (outcomes.feasible.sum(axis=0) >= 2)  # noqa: PLR2004 - a choice needs two
    if not kept.all():
        top, bottom = np.where(kept, top, 1.0), np.where(kept, bottom, 0.0)
    span = _below(cases.wealth, bottom, top)
    kept &= span > _NO_SPAN
    stretch = np.maximum(1.0, STRAIGHT / np.maximum(span, _NO_SPAN))
    return _Context(top, span, stretch, bearable, kept)


def _below(wealth: Float, payoff: Float, top: Float) -> Float:
    """Log-ratio >= 0 of final wealth at the top to that at a payoff; inf where nothing is left."""
    share: Float = (payoff - top) / (wealth + top)
    np.maximum(share, -1.0, out=share)
    np.log1p(share, out=share)
    share *= -1.0
    return share


def _computed(cases: SeenCases, outcomes: _Outcomes, context: _Context, risk_aversion: Float) -> Float:
    down, flips = 1.0 - risk_aversion, int(risk_aversion.searchsorted(1.0))
    worth = _worth(cases, outcomes, context, down, flips)
    far = np.multiply.outer(context.span * context.stretch, -np.abs(down))
    np.exp(far, out=far)
    scale = 1.0 - far
    losing = np.flatnonzero(cases.more_loss)
    if losing.size:
        _add_losses(worth, scale, far, losing, cases, outcomes.feasible, context, (down, flips))
    result = _lead(worth, outcomes.feasible, cases.chosen)
    result /= scale
    return result


def _worth(cases: SeenCases, outcomes: _Outcomes, context: _Context, down: Float, flips: int) -> Float:
    """Weighted sums of z [options, n, K], signed so that more is better."""
    at, case, payoff, feasible = outcomes
    weight = cases.weight.ravel()[at]
    if cases.more_loss.any():
        weight *= np.where(payoff < 0, 1.0 + cases.more_loss[case], 1.0)
    from_top = _below(cases.wealth[case], payoff, context.top[case])
    z = powers(from_top, context.span[case], context.stretch[case], down, flips)
    z *= weight[:, None]
    # an option has one outcome in a layer, so that adding by index meets no place twice
    ends = at.searchsorted(np.arange(1, len(cases.present) + 1) * feasible.size).tolist()
    whole = ends[0] == feasible.size
    worth = z[: ends[0]] if whole else np.zeros((feasible.size, down.size))
    place = at % feasible.size
    low = ends[0] if whole else 0
    for high in ends[1:] if whole else ends:
        if high > low:
            worth[place[low:high]] += z[low:high]
        low = high
    return worth.reshape(*feasible.shape, down.size)


def powers(from_top: Float, span: Float, stretch: Float, down: Float, flips: int) -> Float:
    """Signed z [O, K] of outcomes `from_top` below the top in log-wealth; down = 1 - r [K], > 0 before `flips`."""
    from_bottom = np.where(from_top >= span, 0.0, span - from_top)
    z = np.empty((from_top.size, down.size))
    np.multiply.outer(from_top * stretch, -down[:flips], out=z[:, :flips])
    np.multiply.outer(from_bottom * stretch, down[flips:], out=z[:, flips:])
    np.exp(z, out=z)
    z[:, flips:] *= -1.0
    return z


def _add_losses(
    worth: Float,
    scale: Float,
    far: Float,
    rows: Index,
    cases: SeenCases,
    feasible: Mask,
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
    losses = (cases.present & feasible)[..., rows] & (cases.payoff[..., rows] < 0)
    lost = np.where(losses, cases.weight[..., rows], 0.0).sum(axis=0)
    worth[:, rows] -= (more * lost)[..., None] * reference
    worst = np.where(down > 0, far[rows], -1.0)
    scale[rows] += more[:, None] * (reference - worst)


def _lead(worth: Float, feasible: Mask, chosen: Index) -> Float:
    """The proposal's worth less the best other one's [n, K]; worth is overwritten."""
    cases = np.arange(chosen.size)
    proposed: Float = worth[chosen, cases]
    if len(worth) == 2 and feasible.all():  # noqa: PLR2004 - the common case needs no maximum
        proposed -= worth[1 - chosen, cases]
        return proposed
    worth[~feasible] = -np.inf
    worth[chosen, cases] = -np.inf
    proposed -= worth.max(axis=0)
    return proposed
