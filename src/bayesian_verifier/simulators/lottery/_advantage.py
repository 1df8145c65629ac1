"""How much better is the proposed option than the best other one, to someone with risk aversion r?

∆(r) of docs/model.md, "θ → feedback and reward", steps 2 and 3, for many cases at once. Utility is measured from the
top for r < 1 and from the bottom for r > 1, so that no exponential exceeds 1; what all options have in common falls
out of the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery._packed import PackedCases

Float = NDArray[np.float64]


def advantage_curves(cases: PackedCases, risk_aversion: Float) -> Float:
    """∆(r) in [-1, 1] of C cases at K values of r, increasing: [C, K]."""
    if not len(cases):
        return np.zeros((0, risk_aversion.size))
    a = 1.0 - risk_aversion[None, :]
    first, last = np.searchsorted(risk_aversion, 1.0), np.searchsorted(risk_aversion, 1.0, side="right")
    parts = [_averse_below_one(cases, a[:, :first]), _averse_above_one(cases, a[:, last:])]
    if last > first:
        parts.insert(1, np.repeat(_at_one(cases), last - first, axis=1))
    return np.concatenate(parts, axis=1)


def advantages(cases: PackedCases, risk_aversion: Float) -> Float:
    """∆(r_c) in [-1, 1] of case c at its own r_c: [C]."""
    if not len(cases):
        return np.zeros(0)
    a = (1.0 - risk_aversion)[:, None]
    below = _averse_below_one(cases, np.where(a > 0, a, 1.0))
    above = _averse_above_one(cases, np.where(a < 0, a, -1.0))
    result: Float = np.where(a > 0, below, np.where(a < 0, above, _at_one(cases)))[:, 0]
    return result


def _averse_below_one(cases: PackedCases, a: Float) -> Float:
    """∆ [C, K] for a = 1 - r > 0, a [1, K] or [C, K]."""
    with np.errstate(under="ignore"):
        scale = -1.0 / np.expm1(-a * cases.span[:, None])
        return _lead(cases, np.expm1(_by_outcome(cases, a) * cases.below_top[:, None])) * scale


def _averse_above_one(cases: PackedCases, a: Float) -> Float:
    """∆ [C, K] for a = 1 - r < 0, a [1, K] or [C, K]."""
    with np.errstate(under="ignore"):
        scale = -1.0 / np.expm1(a * cases.span[:, None])
        return _lead(cases, -np.expm1(_by_outcome(cases, a) * cases.above_bottom[:, None])) * scale


def _at_one(cases: PackedCases) -> Float:
    """∆ [C, 1] at r = 1: of logarithms, or of what is left at all where somebody may lose everything."""
    ruin = np.isinf(cases.span)[cases.outcome_case]
    with np.errstate(invalid="ignore"):
        value = cases.above_bottom / cases.span[cases.outcome_case]
    value = np.where(ruin, np.where(np.isneginf(cases.below_top), 0.0, 1.0), value)
    return _lead(cases, value[:, None])


def _by_outcome(cases: PackedCases, a: Float) -> Float:
    return a if len(a) == 1 else a[cases.outcome_case]


def _lead(cases: PackedCases, value: Float) -> Float:
    """Expected value of the chosen option less the best of the others [C, K], of values by outcome [O, K]."""
    expected = np.add.reduceat(value * cases.probability[:, None], cases.option_start, axis=0)
    chosen = expected[cases.chosen]
    expected[cases.chosen] = -np.inf
    result: Float = chosen - np.maximum.reduceat(expected, cases.case_start, axis=0)
    return result
