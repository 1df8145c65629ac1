"""How are judgments by people with several traits laid out for a program that was compiled before?

On the lottery's sheet, the narrowest cases first, so that a program goes through a lot no further than its own widest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.judgment import novelty
from bayesian_verifier.simulators._answers import answers_of
from bayesian_verifier.simulators.lottery import (
    MOST_CASES,
    MOST_NUMBERS,
    MOST_OPTIONS,
    ROWS,
    SHEET,
    sheet_of,
    written,
)
from bayesian_verifier.simulators.traits._weights import ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.lottery import Written

    Float = NDArray[np.float64]
    Index = NDArray[np.intp]

#: a sheet, how new each option of its cases is, and the options and outcomes of the widest case of each lot
SHAPES: Sequence[tuple[tuple[int, ...], np.dtype[Any]]] = (
    *SHEET,
    ((MOST_OPTIONS, MOST_CASES), np.dtype(np.float64)),
    ((2, MOST_CASES // ROWS), np.dtype(np.int32)),
)
#: for who weighs chances by rank the sheet has ln(-ln p) of the chances of a better outcome, and of one as good, too
RANKED = (((4 * MOST_NUMBERS,), np.dtype(np.float64)), *SHAPES[1:])


def laid_out(judgments: Sequence[Judgment], *, by_rank: bool) -> tuple[NDArray[Any], ...]:
    """At most 512 judgments that were answered and not refuted, as arrays of these shapes."""
    cases = written(judgments)
    order, widths = _by_width(cases)
    more = _ranks(cases) if by_rank else ()
    sheet = sheet_of(cases, answers_of(judgments), *more, order=order)
    return (*sheet, _novelties([judgments[i] for i in order]), widths)


def _by_width(cases: Written) -> tuple[Index, NDArray[np.int32]]:
    """An order [n], narrow cases first, and the options and outcomes of the widest case of each lot then."""
    widths = np.zeros((2, MOST_CASES // ROWS), np.int32)
    n = cases.options.size
    if not n:
        return np.zeros(0, np.intp), widths
    outcomes = np.maximum.reduceat(cases.outcomes, cases.options.cumsum() - cases.options)
    order = np.lexsort((cases.options, outcomes))
    firsts = np.arange(0, n, ROWS)
    for row, of_case in zip(widths, (cases.options, outcomes), strict=True):
        row[: firsts.size] = np.maximum.reduceat(of_case[order], firsts)
    return order, widths


def _ranks(cases: Written) -> Sequence[Float]:
    """By outcome [O]; one without a chance has none of a better one nor of one as good."""
    start = cases.outcomes.cumsum() - cases.outcomes
    share = cases.probability / np.repeat(np.add.reduceat(cases.probability, start), cases.outcomes)
    there = share > 0
    if there.all():
        found = ranked(cases.payoff, share, start)
        return found.above, found.reached
    counts = np.add.reduceat(there, start, dtype=np.intp)
    found = ranked(cases.payoff[there], share[there], counts.cumsum() - counts)
    above, reached = np.full((2, there.size), np.inf)
    above[there], reached[there] = found.above, found.reached
    return above, reached


def _novelties(judgments: Sequence[Judgment]) -> Float:
    """How new options are, by option and case; 0 where there is none."""
    result = np.zeros((MOST_CASES, MOST_OPTIONS))
    lengths = np.array([len(one.options) for one in judgments], np.intp)
    there = np.arange(MOST_OPTIONS) < lengths[:, None]
    result[: len(judgments)][there] = novelty(
        [count for one in judgments for count in one.times_tried or (0,) * len(one.options)]
    )
    return result.T.copy()
