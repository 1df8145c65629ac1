"""How are judgments laid out for a program that was compiled before anybody asked?

One array for all the numbers of outcomes, of a size that the largest request fits into, and the widest case's shape:
the program goes no further than that. An outcome's column has one number a case, so that cases lie side by side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.lottery._written import Written

Float = NDArray[np.float64]
Index = NDArray[np.intp]
#: cases that a program works on at a time
ROWS = 16
MOST_CASES, MOST_OPTIONS, MOST_OUTCOMES = 512, 8, 16
MOST_NUMBERS = MOST_CASES * MOST_OPTIONS * MOST_OUTCOMES
#: bytes
_ALIGNMENT = 64
#: wealth, chosen, and the answer: sign of the feedback, reward, whether there is one
_NOTES = 5

SHEET: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...] = (
    ((2 * MOST_NUMBERS,), np.dtype(np.float64)),
    ((_NOTES, MOST_CASES), np.dtype(np.float64)),
    ((3,), np.dtype(np.int32)),
)


class Sheet(NamedTuple):
    """N cases and their answers.

    numbers [2 * MOST_NUMBERS]: payoffs, then probabilities, 0 where there is no outcome, then what else there is of
    outcomes; what a program does not read is left as it is.   rows [5, MOST_CASES]: wealth, chosen, sign of the
    feedback, reward, whether there is one.
    shape [3]: cases, options and outcomes of the widest.
    """

    numbers: Float
    rows: Float
    shape: NDArray[np.int32]


def sheet_of(cases: Written, answers: Float, *more: Float, order: Index | None = None) -> Sheet:
    """At most MOST_CASES cases as written, and their answers [n, 3].

    more: further numbers of the outcomes [O], for which the sheet has more columns.   order [n]: in which the cases
    stand, if in another.
    """
    n = cases.options.size
    rows = np.zeros((_NOTES, MOST_CASES))
    parts = cases.padded(cases.payoff, cases.probability, *more)
    shape = np.array([n, *parts[0].shape[1:]] if n else [0, 0, 0], np.int32)
    rows[0, :n], rows[1, :n], rows[2:, :n] = cases.wealth, cases.chosen, answers.T
    if order is not None:
        parts, rows[:, :n] = [part[order] for part in parts], rows[:, order]
    return Sheet(_columns(parts), rows, shape)


def _columns(parts: Sequence[Float]) -> Float:
    numbers = _aligned(len(parts) * MOST_NUMBERS)
    n, options, outcomes = parts[0].shape
    wide = -(-n // ROWS) * ROWS
    for given, room in zip(parts, numbers.reshape(len(parts), -1), strict=True):
        place = room[: outcomes * options * wide].reshape(outcomes, options, wide)
        place[..., :n] = given.T
        place[..., n:] = 0.0
    return numbers


def _aligned(count: int) -> Float:
    """Room for numbers where XLA reads them in place: a copy of a megabyte would take longer than most lots do."""
    room = np.empty(count + _ALIGNMENT // 8)
    skipped = -room.__array_interface__["data"][0] % _ALIGNMENT // 8
    return room[skipped : skipped + count]
