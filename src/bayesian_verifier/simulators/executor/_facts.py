"""What is a proposal to a principal in numbers?

To a principal: what else is on offer, by its forecast, at any risk aversion, and what the proposal really pays. To a
network: by how much the proposal's forecast beats the others' at some values of risk aversion, and how far its runs
are apart. Utility is CRRA in the context of the case, as in docs/model.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import normalised_utility
from bayesian_verifier.simulators.executor._cases import outcomes_of
from bayesian_verifier.simulators.lottery import PackedCases, advantage_curves, pack_judgments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
#: risk aversion that judgments are described at, and that what else is on offer is tabulated at
POINTS: Float = np.linspace(-2.5, 4.0, 14)
FINE: Float = np.linspace(-4.5, 5.5, 41)
#: quantiles that what a plan really pays is kept at
OUTCOMES = 64
#: nothing is worth less than this share of the best outcome
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Facts:
    """Columns of the facts of n cases.

    advantage, spread [n, K]: of the forecasts at POINTS: ∆, and the sd of the proposal's utility over its runs.
    others [n, F]: utility of the best other option at FINE.   below_top [n, M]: ln(y / y_max) of what is really paid.
    span [n]: ln(y_max / y_min) of the case.
    """

    advantage: Float
    spread: Float
    others: Float
    below_top: Float
    span: Float

    def table(self) -> Float:
        """All in one [n, D]."""
        parts = [self.advantage, self.spread, self.others, self.below_top, self.span[:, None]]
        return np.concatenate(parts, axis=1)

    @classmethod
    def of(cls, table: Float) -> Facts:
        """From one [n, D]."""
        ends = np.cumsum([POINTS.size, POINTS.size, FINE.size, OUTCOMES])
        advantage, spread, others, below_top, span = np.split(table, ends, axis=1)
        return cls(advantage, spread, others, below_top, span[:, 0])


def facts_of(cases: Sequence[Judgment], paid: Mapping[str, Float]) -> Float:
    """Facts [n, D] of cases; NaN where a case offers no choice between different outcomes.

    paid: even quantiles [M] of what the plan that an `id` names paid, whenever it was carried out.
    """
    packed, telling = pack_judgments(cases)
    width = 2 * POINTS.size + FINE.size + OUTCOMES + 1
    table = np.full((len(cases), width), np.nan)
    if not len(packed):
        return table
    _, spread = _moments(packed, POINTS)
    fine, _ = _moments(packed, FINE)
    told = [case for case, tells in zip(cases, telling, strict=True) if tells]
    below_top, span = _paid(told, paid)
    table[telling] = Facts(
        advantage=advantage_curves(packed, POINTS),
        spread=spread,
        others=fine - advantage_curves(packed, FINE),
        below_top=below_top,
        span=span,
    ).table()
    return table


def _moments(packed: PackedCases, risk_aversion: Float) -> tuple[Float, Float]:
    """Mean and sd [C, K] of the utility of the proposals' forecasts."""
    ends = np.append(packed.option_start[1:], packed.probability.size)
    first, last = packed.option_start[packed.chosen], ends[packed.chosen]
    rows = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)])
    starts = (np.cumsum(last - first) - (last - first)).astype(np.intp)
    value = normalised_utility(
        packed.below_top[rows, None],
        packed.above_bottom[rows, None],
        packed.span[packed.outcome_case[rows], None],
        risk_aversion,
    )
    share = packed.probability[rows, None]
    mean = np.add.reduceat(share * value, starts, axis=0)
    square = np.add.reduceat(share * value**2, starts, axis=0)
    return mean, np.sqrt(np.maximum(square - mean**2, 0.0))


def _paid(cases: Sequence[Judgment], paid: Mapping[str, Float]) -> tuple[Float, Float]:
    """Ln(y / y_max) [n, M] of what is really paid, held within the context, and ln(y_max / y_min) [n]."""
    below_top, span = np.empty((len(cases), OUTCOMES)), np.empty(len(cases))
    for i, case in enumerate(cases):
        within = [
            [case.wealth + o.payoff for o in option.outcomes if o.probability > 0] for option in case.options
        ]
        feasible = [y for some in within if min(some) >= 0 for y in some]
        top = max(feasible)
        bottom = max(min(feasible), _LEAST * top)
        really = np.clip(case.wealth + outcomes_of(case, paid, OUTCOMES), bottom, top)
        below_top[i] = np.log(really / top)
        span[i] = np.log(top / bottom)
    return below_top, span
