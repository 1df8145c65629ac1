"""What was answered in judgments, and which of them are refuted, whatever a simulator makes of the rest?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.judgment import numeric_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bayesian_verifier.judgment import Judgment

_SIGN = {"approve": 1.0, "reject": -1.0, None: 0.0}


def answers_of(judgments: Sequence[Judgment]) -> NDArray[np.float64]:
    """Sign of the feedback, reward, and whether there is one [n, 3]."""
    rows = [
        (_SIGN[j.feedback], 0.0, 0.0) if j.reward is None else (_SIGN[j.feedback], j.reward, 1.0)
        for j in judgments
    ]
    return np.array(rows, np.float64).reshape(-1, 3)


def unrefuted(judgments: Sequence[Judgment]) -> tuple[list[Judgment], int]:
    """The judgments that were answered and not refuted, and how many were refuted."""
    refuted = refutations(judgments)
    candidates = [
        judgment
        for judgment, out in zip(judgments, refuted, strict=True)
        if not out and (judgment.feedback is not None or judgment.reward is not None)
    ]
    return candidates, sum(refuted)


def refutations(judgments: Sequence[Judgment]) -> list[bool]:
    """Which judgments are refuted. A verdict that was sent is believed, unless the proposal is infeasible."""
    return [
        (judgment.verdict or numeric_verdict(judgment)) == "refuted" or not _solvent(judgment)
        for judgment in judgments
    ]


def _solvent(judgment: Judgment) -> bool:
    wealth = judgment.wealth
    return all(
        wealth + o.payoff >= 0 or o.probability == 0 for o in judgment.options[judgment.chosen].outcomes
    )
