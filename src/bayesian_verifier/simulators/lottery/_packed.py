"""How are many cases of any shape held, so that their values are computed at once?

Cases are flattened: all outcomes of the feasible options in one array, options as slices of it, cases as slices
of options. Every exponential is taken on the flat array; sums and maxima go by slice (`ufunc.reduceat`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
Index = NDArray[np.intp]


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


def pack_dense(
    wealth: Float, payoff: Float, probability: Float, chosen: Index
) -> tuple[PackedCases, NDArray[np.bool_]]:
    """Pack cases given as padded arrays; also tells which of them have an advantage [n].

    wealth [n] >= 0.  payoff, probability [n, options, outcomes]; a probability of 0 is padding, and an option
    whose probabilities are all 0 is absent.  chosen [n].  Probabilities are divided by their sum.
    Cases without an advantage are left out of the pack, the others keep their order.
    """
    present = probability > 0
    final = wealth[:, None, None] + payoff
    exists = present.any(axis=2)
    feasible = exists & np.all((final >= 0) | ~present, axis=2)
    counted = present & feasible[:, :, None]
    top = np.where(counted, payoff, -np.inf).max(axis=(1, 2))
    bottom = np.where(counted, payoff, np.inf).min(axis=(1, 2))
    rows = np.arange(len(wealth))
    has_advantage = feasible[rows, chosen] & (feasible.sum(axis=1) >= 2) & (top > bottom)  # noqa: PLR2004 - a choice needs two
    kept = np.flatnonzero(has_advantage)
    counted = counted[kept]
    case, option, _ = np.nonzero(counted)
    flat_payoff = payoff[kept][counted]
    flat_probability = probability[kept][counted]
    option_of = case * probability.shape[1] + option
    option_ids, option_start = np.unique(option_of, return_index=True)
    sums = np.add.reduceat(flat_probability, option_start) if kept.size else np.zeros(0)
    sizes = np.diff(np.append(option_start, flat_probability.size))
    option_case = option_ids // probability.shape[1]
    case_start = np.searchsorted(option_case, np.arange(kept.size))
    chosen_at = np.searchsorted(option_ids, np.arange(kept.size) * probability.shape[1] + chosen[kept])
    below_top, above_bottom, span = _log_ratios(wealth[kept], flat_payoff, case, top[kept], bottom[kept])
    packed = PackedCases(
        below_top=below_top,
        above_bottom=above_bottom,
        probability=flat_probability / np.repeat(sums, sizes),
        span=span,
        outcome_case=case,
        option_case=option_case,
        option_start=option_start,
        case_start=case_start,
        chosen=chosen_at,
    )
    return packed, has_advantage


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
    change = (payoff - base) / (wealth + base)
    near = np.abs(change) < 0.5  # noqa: PLR2004 - either form is good to rounding around here
    return np.where(near, np.log1p(np.where(near, change, 0.0)), np.log((wealth + payoff) / (wealth + base)))


def pack_judgments(judgments: Sequence[Judgment]) -> tuple[PackedCases, NDArray[np.bool_]]:
    """Pack judgment records; also tells which of them have an advantage [n]. See `pack_dense`."""
    n = len(judgments)
    options = max((len(j.options) for j in judgments), default=1)
    outcomes = max((len(o.outcomes) for j in judgments for o in j.options), default=1)
    payoff = np.zeros((n, options, outcomes))
    probability = np.zeros((n, options, outcomes))
    rows, columns, depths, payoffs, probabilities = [], [], [], [], []
    for row, judgment in enumerate(judgments):
        for column, option in enumerate(judgment.options):
            for depth, outcome in enumerate(option.outcomes):
                rows.append(row)
                columns.append(column)
                depths.append(depth)
                payoffs.append(outcome.payoff)
                probabilities.append(outcome.probability)
    payoff[rows, columns, depths] = payoffs
    probability[rows, columns, depths] = probabilities
    wealth = np.array([j.wealth for j in judgments], dtype=np.float64)
    chosen = np.array([j.chosen for j in judgments], dtype=np.intp)
    return pack_dense(wealth, payoff, probability, chosen)
