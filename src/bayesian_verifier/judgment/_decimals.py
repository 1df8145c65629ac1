"""Which number did a person write, and do these probabilities sum to 1?

A double is read as the shortest decimal that gives it back, so 0.1 is one tenth (docs/model.md, "Rules a
verdict checks"). Distinct doubles have distinct shortest decimals in the same order, so two doubles may be
compared directly; only sums need rationals.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SUM_TOLERANCE = Fraction(1, 10**6)
_SUM_TOLERANCE = float(SUM_TOLERANCE)

# A double sum of 16 shares is off the sum of their decimals by less than 1e-14: beyond this it decides.
DOUBLE_MARGIN = 1e-12


def exact(number: float) -> Fraction:
    """The shortest decimal that gives the same double, as a rational. `number` is finite."""
    return Fraction(Decimal(float.__repr__(number)))


def sums_to_one(probabilities: Sequence[float]) -> bool:
    """Do the decimals of at most 16 probabilities in [0, 1] sum to 1 within 1e-6, both ends included?"""
    off = abs(sum(probabilities) - 1.0) - _SUM_TOLERANCE
    if abs(off) > DOUBLE_MARGIN:
        return off < 0.0
    return abs(sum(map(exact, probabilities), Fraction()) - 1) <= SUM_TOLERANCE
