"""How are many cases of any shape held, so that their values are computed at once?

Cases are flattened: all outcomes of the feasible options in one array, options as slices of it, cases as slices
of options. Every exponential is taken on the flat array; sums and maxima go by slice (`ufunc.reduceat`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._advantage import advantage_curves
from bayesian_verifier.simulators.lottery._written import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.lottery._written import Written

Float = NDArray[np.float64]
Index = NDArray[np.intp]
Truth = NDArray[np.bool_]
#: log-ratios of wealth below this are stretched to it, and those below the other tell nothing apart
_STRAIGHT, _NO_SPAN = 1e-200, 1e-290


@dataclass(frozen=True, slots=True)
class PackedCases:
    """C cases that have an advantage (two feasible options or more, y_max > y_min, the chosen one feasible).

    below_top, above_bottom: ln(y/y_max) and ln(y/y_min) of every outcome [O].   probability: [O], sums to 1
    in each option.   span: ln(y_max/y_min) [C], inf where y_min = 0.
    outcome_case [O], option_case [P], option_start [P] into O, case_start [C] into P, chosen [C] into P.
    """

    below_top: Float
    above_bottom: Float
    probability: Float
    span: Float
    outcome_case: Index
    option_case: Index
    option_start: Index
    case_start: Index
    chosen: Index

    def __len__(self) -> int:
        """How many cases."""
        return self.span.size

    def curves(self, risk_aversion: Float) -> Float:
        """∆(r) in [-1, 1] of C cases at K values of r, increasing: [C, K]."""
        return advantage_curves(self, risk_aversion)


class _Flat(NamedTuple):
    """Outcomes with a probability [O] of options [P] of cases [C], in order; chosen [C] into P."""

    payoff: Float
    probability: Float
    outcomes: Index
    option_case: Index
    wealth: Float
    chosen: Index


def pack_dense(wealth: Float, payoff: Float, probability: Float, chosen: Index) -> tuple[PackedCases, Truth]:
    """Pack cases given as padded arrays; also tells which of them have an advantage [n].

    wealth [n] >= 0.  payoff, probability [n, options, outcomes]; a probability of 0 is padding, and an option
    whose probabilities are all 0 is absent.  chosen [n].  Probabilities are divided by their sum.
    Cases without an advantage are left out of the pack, the others keep their order.
    """
    present = probability > 0
    outcomes = present.sum(axis=2)
    exists = outcomes > 0
    rows = np.arange(len(wealth))
    position = np.cumsum(exists.ravel()).reshape(exists.shape) - 1
    at = np.where(exists[rows, chosen], position[rows, chosen], -1) if rows.size else np.zeros(0, np.intp)
    flat = _Flat(payoff[present], probability[present], outcomes[exists], np.nonzero(exists)[0], wealth, at)
    return _packed(flat)


def pack_judgments(judgments: Sequence[Judgment]) -> tuple[PackedCases, Truth]:
    """Pack judgment records; also tells which of them have an advantage [n]. See `pack_dense`."""
    return pack_written(written(judgments))


def pack_written(cases: Written) -> tuple[PackedCases, Truth]:
    """Pack cases as judgments give them; also tells which of them have an advantage [n]. See `pack_dense`."""
    if not cases.options.size:
        return _nothing(), np.zeros(0, np.bool_)
    payoff, probability, outcomes, options = cases.payoff, cases.probability, cases.outcomes, cases.options
    if not probability.all():
        there = probability > 0
        outcomes = np.bincount(np.repeat(np.arange(outcomes.size), outcomes)[there], minlength=outcomes.size)
        payoff, probability = payoff[there], probability[there]
    first = options.cumsum() - options
    of_case = np.repeat(np.arange(options.size), options)
    return _packed(_Flat(payoff, probability, outcomes, of_case, cases.wealth, first + cases.chosen))


def _packed(flat: _Flat) -> tuple[PackedCases, Truth]:
    """The cases that have an advantage, infeasible options left out."""
    cases = flat.wealth.size
    if not flat.payoff.size:
        return _nothing(), np.zeros(cases, np.bool_)
    start = flat.outcomes.cumsum() - flat.outcomes
    least = np.minimum.reduceat(flat.payoff, start)
    possible = flat.wealth[flat.option_case] + least >= 0
    top, bottom, feasible = _extremes(flat, start, least, possible)
    span = _log_ratio(flat.wealth, top, bottom)
    chosen_possible = (flat.chosen >= 0) & possible[flat.chosen]
    kept = chosen_possible & (feasible >= 2) & (top > bottom) & (span > _NO_SPAN)  # noqa: PLR2004 - a choice needs two
    option_kept = possible & kept[flat.option_case]
    if option_kept.all():
        return _with_ratios(flat, start, top, bottom, span), kept
    outcome_kept = np.repeat(option_kept, flat.outcomes)
    new_case, new_option = np.cumsum(kept) - 1, np.cumsum(option_kept) - 1
    outcomes = flat.outcomes[option_kept]
    fewer = _Flat(
        flat.payoff[outcome_kept],
        flat.probability[outcome_kept],
        outcomes,
        new_case[flat.option_case[option_kept]],
        flat.wealth[kept],
        new_option[flat.chosen[kept]],
    )
    if not outcomes.size:
        return _nothing(), kept
    return _with_ratios(fewer, np.cumsum(outcomes) - outcomes, top[kept], bottom[kept], span[kept]), kept


def _extremes(flat: _Flat, start: Index, least: Float, possible: Truth) -> tuple[Float, Float, Index]:
    """The greatest and the least payoff among the feasible options of each case, and how many those are [C]."""
    cases = flat.wealth.size
    greatest = np.maximum.reduceat(flat.payoff, start)
    if possible.all():
        options = np.bincount(flat.option_case, minlength=cases)
        if options.all():
            first = options.cumsum() - options
            return np.maximum.reduceat(greatest, first), np.minimum.reduceat(least, first), options
    top, bottom = np.full(cases, -np.inf), np.full(cases, np.inf)
    np.maximum.at(top, flat.option_case[possible], greatest[possible])
    np.minimum.at(bottom, flat.option_case[possible], least[possible])
    return top, bottom, np.bincount(flat.option_case[possible], minlength=cases)


def _with_ratios(flat: _Flat, start: Index, top: Float, bottom: Float, span: Float) -> PackedCases:
    case = np.repeat(flat.option_case, flat.outcomes)
    below_top, above_bottom = _log_ratios(flat.wealth[case], flat.payoff, top[case], bottom[case])
    straight = span < _STRAIGHT
    if straight.any():
        # utility is straight over such stakes, so that they may be stretched to where its differences are numbers
        stretch = np.where(straight, _STRAIGHT / np.where(straight, span, 1.0), 1.0)
        below_top, above_bottom, span = (
            below_top * stretch[case],
            above_bottom * stretch[case],
            span * stretch,
        )
    sums = np.add.reduceat(flat.probability, start)
    return PackedCases(
        below_top=below_top,
        above_bottom=above_bottom,
        probability=flat.probability / np.repeat(sums, flat.outcomes),
        span=span,
        outcome_case=case,
        option_case=flat.option_case,
        option_start=start,
        case_start=flat.option_case.searchsorted(np.arange(flat.wealth.size)),
        chosen=flat.chosen,
    )


def _nothing() -> PackedCases:
    numbers, indices = np.zeros(0), np.zeros(0, np.intp)
    return PackedCases(numbers, numbers, numbers, numbers, indices, indices, indices, indices, indices)


def _log_ratios(wealth: Float, payoff: Float, top: Float, bottom: Float) -> tuple[Float, Float]:
    """Logarithms of ratios of final wealth by outcome [O]: ln(y/y_max) and ln(y/y_min)."""
    ends = np.concatenate([top, bottom])
    ratio = _log_ratio(np.concatenate([wealth, wealth]), np.concatenate([payoff, payoff]), ends)
    below_top, above_bottom = ratio[: wealth.size], ratio[wealth.size :]
    ruin = wealth + bottom <= 0
    if ruin.any():
        below_top[wealth + payoff <= 0] = -np.inf
        above_bottom[ruin] = np.where(payoff[ruin] > bottom[ruin], np.inf, 0.0)
    return below_top, above_bottom


def _log_ratio(wealth: Float, payoff: Float, base: Float) -> Float:
    """Log of (w + payoff) / (w + base): near 1 from the difference of payoffs, elsewhere from the ratio itself.

    Stakes far below wealth keep their digits in the one, outcomes far apart in the other. Where nothing is left of the
    base it is inf.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        above = wealth + base
        change = (payoff - base) / above
        far = np.log(wealth + payoff) - np.log(above)
        near = np.abs(change) < 0.5  # noqa: PLR2004 - either form is good to rounding around here
        np.log1p(change, out=far, where=near)
    return far
