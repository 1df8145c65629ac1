"""How much better is the proposed option than the best other one, to someone with risk aversion r?

∆(r) of docs/model.md, "θ → feedback and reward", steps 2 and 3, for many cases at once. Utility is measured from the
top for r < 1 and from the bottom for r > 1, so that no exponential exceeds 1; what all options have in common falls
out of the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._runs import run_maxima, run_sums

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery._packed import PackedCases

Float = NDArray[np.float64]


def advantage_curves(cases: PackedCases, risk_aversion: Float) -> Float:
    """∆(r) in [-1, 1] of C cases at K values of r, increasing: [C, K]."""
    if not len(cases):
        return np.zeros((0, risk_aversion.size))
    value, scale = utility_curves(cases, risk_aversion)
    lead = _lead(cases, value)
    lead /= scale
    return lead


def utility_curves(cases: PackedCases, risk_aversion: Float) -> tuple[Float, Float]:
    """Utility of the outcomes of one or more cases at K values of r, increasing: values [O, K] and scales [C, K].

    Utility in a case's context is value / scale, but for what all its outcomes have in common.
    """
    a = 1.0 - risk_aversion
    first, last = int(risk_aversion.searchsorted(1.0)), int(risk_aversion.searchsorted(1.0, side="right"))
    value, scale = np.empty((cases.probability.size, a.size)), np.empty((len(cases), a.size))
    np.multiply.outer(cases.below_top, a[:first], out=value[:, :first])
    np.multiply.outer(cases.span, -a[:first], out=scale[:, :first])
    np.multiply.outer(cases.above_bottom, a[last:], out=value[:, last:])
    np.multiply.outer(cases.span, a[last:], out=scale[:, last:])
    value[:, first:last] = scale[:, first:last] = 0.0
    np.expm1(value, out=value)
    np.expm1(scale, out=scale)
    if last > first:
        value[:, first:last] = _at_one(cases)[:, None]
        scale[:, first:last] = -1.0
    # not np.negative: in place on a column of eight it leaves values as they were (NumPy 2.4 with AVX-512)
    value[:, last:] *= -1.0
    scale *= -1.0
    return value, scale


def advantages(cases: PackedCases, risk_aversion: Float) -> Float:
    """∆(r_c) in [-1, 1] of case c at its own r_c: [C]."""
    if not len(cases):
        return np.zeros(0)
    value, scale = utilities(cases, risk_aversion)
    result: Float = _lead(cases, value[:, None])[:, 0] / scale
    return result


def utilities(cases: PackedCases, risk_aversion: Float) -> tuple[Float, Float]:
    """As `utility_curves`, of case c at its own r_c: values [O] and scales [C]."""
    a = 1.0 - risk_aversion
    averse = a > 0
    positive, negative = np.where(averse, a, 1.0), np.where(a < 0, a, -1.0)
    of_case = cases.outcome_case
    below = np.expm1(positive[of_case] * cases.below_top)
    above = -np.expm1(negative[of_case] * cases.above_bottom)
    value = np.where(averse[of_case], below, np.where((a < 0)[of_case], above, _at_one(cases)))
    scale = np.where(
        averse, -np.expm1(-positive * cases.span), np.where(a < 0, -np.expm1(negative * cases.span), 1.0)
    )
    return value, scale


def _at_one(cases: PackedCases) -> Float:
    """Utility [O] at r = 1: of logarithms, or of what is left at all where somebody may lose everything."""
    span = cases.span[cases.outcome_case]
    ruin = np.isinf(span)
    with np.errstate(invalid="ignore"):
        value: Float = np.where(
            ruin, np.where(np.isneginf(cases.below_top), 0.0, 1.0), cases.above_bottom / span
        )
    return value


def _lead(cases: PackedCases, value: Float) -> Float:
    """Expected value of the chosen option less the best of the others [C, K], of values by outcome [O, K], which are
    overwritten.
    """
    value *= cases.probability[:, None]
    expected = run_sums(value, cases.option_start)
    chosen = expected[cases.chosen]
    expected[cases.chosen] = -np.inf
    chosen -= run_maxima(expected, cases.case_start)
    return chosen
