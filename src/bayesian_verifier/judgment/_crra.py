"""What is a lottery worth to someone with relative risk aversion r?

CRRA utility normalised to the context of the feasible options (docs/model.md, "θ → feedback and reward",
steps 1–3; Holt & Laury 2002, Wilcox 2011). Everything is computed from logarithms of ratios of final wealth,
so that no value overflows however large r is or however far apart the outcomes are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def normalised_utility(
    below_top: Array, above_bottom: Array, span: Array | float, risk_aversion: Array | float
) -> Array:
    """v_r(y) in [0, 1]: 0 at the least and 1 at the greatest final wealth of the context.

    below_top: ln(y / y_max) <= 0, -inf at y = 0.
    above_bottom: ln(y / y_min) >= 0, +inf where y_min = 0 < y.
    span: ln(y_max / y_min) > 0, +inf where y_min = 0.   risk_aversion: r, finite.
    The arguments broadcast. The form taken keeps every exponential in [0, 1]: measured from the top for
    r < 1, from the bottom for r > 1; the limit at r = 1 is above_bottom / span.
    """
    a = 1.0 - np.asarray(risk_aversion, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        from_top = 1.0 - np.expm1(a * below_top) / np.expm1(-a * span)
        from_bottom = np.expm1(a * above_bottom) / np.expm1(a * span)
        at_one = above_bottom / span
    bankrupt = np.isneginf(below_top)
    # with y_min = 0 and r >= 1, every y > 0 is worth as much as the best
    at_one = np.where(np.isinf(span), 1.0, at_one)
    from_bottom = np.where(np.isinf(span), 1.0, from_bottom)
    value = np.where(a == 0.0, at_one, np.where(a > 0, from_top, from_bottom))
    return np.where(bankrupt, 0.0, value)


def log_ratios(wealth: float, payoffs: Array) -> tuple[Array, Array, float]:
    """(ln(y/y_max), ln(y/y_min), ln(y_max/y_min)) of final wealths y = wealth + payoffs >= 0.

    Where outcomes are close, differences are taken of payoffs, not of final wealths, so that stakes far below
    wealth keep their digits; where they are far apart, ratios keep theirs.
    """
    top, bottom = float(payoffs.max()), float(payoffs.min())
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        below_top = np.where(
            2.0 * (wealth + payoffs) > wealth + top,
            np.log1p((payoffs - top) / (wealth + top)),
            np.log((wealth + payoffs) / (wealth + top)),
        )
        above_bottom = (
            np.log1p((payoffs - bottom) / (wealth + bottom))
            if wealth + bottom > 0
            else np.where(payoffs > bottom, np.inf, 0.0)
        )
    span = float(above_bottom.max())
    return np.where(wealth + payoffs <= 0, -np.inf, below_top), above_bottom, span
