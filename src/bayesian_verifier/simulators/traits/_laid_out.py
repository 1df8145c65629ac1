"""How are judgments by people with several traits laid out for a program that was compiled before?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.judgment import novelty
from bayesian_verifier.simulators._answers import answers_of
from bayesian_verifier.simulators.lottery import MOST_CASES, MOST_OPTIONS, SHEET, sheet_of, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

#: a sheet, and how new each option of its cases is
SHAPES: Sequence[tuple[tuple[int, ...], np.dtype[Any]]] = (
    *SHEET,
    ((MOST_OPTIONS, MOST_CASES), np.dtype(np.float64)),
)


def laid_out(judgments: Sequence[Judgment]) -> tuple[NDArray[Any], ...]:
    """At most 512 judgments that were answered and not refuted, as arrays of these shapes."""
    return (*sheet_of(written(judgments), answers_of(judgments)), _novelties(judgments))


def _novelties(judgments: Sequence[Judgment]) -> NDArray[np.float64]:
    """How new options are, by option and case; 0 where there is none."""
    result = np.zeros((MOST_CASES, MOST_OPTIONS))
    lengths = np.array([len(one.options) for one in judgments], np.intp)
    there = np.arange(MOST_OPTIONS) < lengths[:, None]
    result[: len(judgments)][there] = novelty(
        [count for one in judgments for count in one.times_tried or (0,) * len(one.options)]
    )
    return result.T.copy()
