"""How much better is the proposed option than the best other one, to someone with risk aversion r?

Δ(r) of docs/model.md, "θ → feedback and reward", steps 2 and 3, for many cases at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery._packed import PackedCases

Float = NDArray[np.float64]


def advantage_curves(cases: PackedCases, risk_aversion: Float) -> Float:
    """Δ(r) in [-1, 1] of C cases at K values of r: [C, K]."""
    a = np.broadcast_to(1.0 - risk_aversion, (len(cases), risk_aversion.size))
    return _advantage(cases, a)


def advantages(cases: PackedCases, risk_aversion: Float) -> Float:
    """Δ(r_c) in [-1, 1] of case c at its own r_c: [C]."""
    return _advantage(cases, (1.0 - risk_aversion)[:, None])[:, 0]


def _advantage(cases: PackedCases, a: Float) -> Float:
    if not len(cases):
        return np.zeros(a.shape)
    worth = _utilities(cases, a) * cases.probability[:, None]
    expected = np.add.reduceat(worth, cases.option_start, axis=0)
    chosen = expected[cases.chosen]
    expected[cases.chosen] = -np.inf
    result: Float = chosen - np.maximum.reduceat(expected, cases.case_start, axis=0)
    return result


def _utilities(cases: PackedCases, a: Float) -> Float:
    """Normalised utility of every outcome [O, K], a = 1 - r [C, K].

    Measured from the top for a > 0 and from the bottom for a < 0, so that no exponential exceeds 1.
    """
    positive = a > 0
    span = cases.span[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = 1.0 / np.expm1(np.where(positive, -a, a) * span)
        by_outcome = positive[cases.outcome_case]
        log_ratio = np.where(by_outcome, cases.below_top[:, None], cases.above_bottom[:, None])
        quotient = np.expm1(a[cases.outcome_case] * log_ratio) * scale[cases.outcome_case]
    value = np.where(by_outcome, 1.0 - quotient, quotient)
    return _limits(cases, a, value)


def _limits(cases: PackedCases, a: Float, value: Float) -> Float:
    """The limits at r = 1 and at y_min = 0, where the quotient says nothing."""
    flat = a == 0
    if flat.any():
        with np.errstate(invalid="ignore"):
            at_one = (cases.above_bottom / cases.span[cases.outcome_case])[:, None]
        value = np.where(flat[cases.outcome_case], at_one, value)
    ruin = np.isinf(cases.span)
    if ruin.any():
        open_below = ruin[cases.outcome_case][:, None] & (a[cases.outcome_case] <= 0)
        value = np.where(open_below, 1.0, value)
        value = np.where(np.isneginf(cases.below_top)[:, None], 0.0, value)
    return value
