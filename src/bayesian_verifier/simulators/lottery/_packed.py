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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

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
    if not judgments:
        return _nothing(), np.zeros(0, np.bool_)
    options = [option.outcomes for judgment in judgments for option in judgment.options]
    pairs = np.array(
        [(outcome.payoff, outcome.probability) for option in options for outcome in option], np.float64
    ).reshape(-1, 2)
    counts = np.array([len(judgment.options) for judgment in judgments], np.intp)
    outcomes = np.array([len(option) for option in options], np.intp)
    there = pairs[:, 1] > 0
    if not there.all():
        outcomes = np.bincount(np.repeat(np.arange(outcomes.size), outcomes)[there], minlength=outcomes.size)
        pairs = pairs[there]
    chosen = np.array([judgment.chosen for judgment in judgments], np.intp)
    flat = _Flat(
        pairs[:, 0].copy(),
        pairs[:, 1].copy(),
        outcomes,
        np.repeat(np.arange(counts.size), counts),
        np.array([judgment.wealth for judgment in judgments], np.float64),
        np.cumsum(counts) - counts + chosen,
    )
    return _packed(flat)


def _packed(flat: _Flat) -> tuple[PackedCases, Truth]:
    """The cases that have an advantage, infeasible options left out."""
    cases = flat.wealth.size
    if not flat.payoff.size:
        return _nothing(), np.zeros(cases, np.bool_)
    start = np.cumsum(flat.outcomes) - flat.outcomes
    least = np.minimum.reduceat(flat.payoff, start)
    possible = flat.wealth[flat.option_case] + least >= 0
    chosen_possible = (flat.chosen >= 0) & possible[flat.chosen]
    top, bottom = np.full(cases, -np.inf), np.full(cases, np.inf)
    np.maximum.at(top, flat.option_case[possible], np.maximum.reduceat(flat.payoff, start)[possible])
    np.minimum.at(bottom, flat.option_case[possible], least[possible])
    feasible = np.bincount(flat.option_case[possible], minlength=cases)
    kept = chosen_possible & (feasible >= 2) & (top > bottom)  # noqa: PLR2004 - a choice needs two
    kept[kept] = _log_ratio(flat.wealth[kept], top[kept], bottom[kept]) > _NO_SPAN
    option_kept = possible & kept[flat.option_case]
    if option_kept.all():
        return _with_ratios(flat, start, top, bottom), kept
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
    return _with_ratios(fewer, np.cumsum(outcomes) - outcomes, top[kept], bottom[kept]), kept


def _with_ratios(flat: _Flat, start: Index, top: Float, bottom: Float) -> PackedCases:
    case = np.repeat(flat.option_case, flat.outcomes)
    below_top, above_bottom, span = _log_ratios(flat.wealth, flat.payoff, case, top, bottom)
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
        case_start=np.searchsorted(flat.option_case, np.arange(flat.wealth.size)),
        chosen=flat.chosen,
    )


def _nothing() -> PackedCases:
    numbers, indices = np.zeros(0), np.zeros(0, np.intp)
    return PackedCases(numbers, numbers, numbers, numbers, indices, indices, indices, indices, indices)


def _log_ratios(
    wealth: Float, payoff: Float, case: Index, top: Float, bottom: Float
) -> tuple[Float, Float, Float]:
    """Logarithms of ratios of final wealth: ln(y/y_max), ln(y/y_min) by outcome, ln(y_max/y_min) by case."""
    w, hi, lo = wealth[case], top[case], bottom[case]
    with np.errstate(divide="ignore", invalid="ignore"):
        below_top = np.where(w + payoff <= 0, -np.inf, _log_ratio(w, payoff, hi))
        above_bottom = np.where(w + lo > 0, _log_ratio(w, payoff, lo), np.where(payoff > lo, np.inf, 0.0))
        span = np.where(wealth + bottom > 0, _log_ratio(wealth, top, bottom), np.inf)
    return below_top, above_bottom, span


def _log_ratio(wealth: Float, payoff: Float, base: Float) -> Float:
    """Log of (w + payoff) / (w + base): near 1 from the difference of payoffs, elsewhere from the ratio itself.

    Stakes far below wealth keep their digits in the one, outcomes far apart in the other.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        change = (payoff - base) / (wealth + base)
        near = np.abs(change) < 0.5  # noqa: PLR2004 - either form is good to rounding around here
        far = np.log(wealth + payoff) - np.log(wealth + base)
    return np.where(near, np.log1p(np.where(near, change, 0.0)), far)
