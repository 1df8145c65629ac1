"""Which judgments say something about a person, and what was answered?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import numeric_verdict
from bayesian_verifier.simulators.lottery._packed import pack_judgments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]
_SIGN = {"approve": 1.0, "reject": -1.0, None: 0.0}


class Cases(Protocol):
    """Cases whose advantage can be had at any risk aversion."""

    def __len__(self) -> int:
        """How many."""
        ...

    def curves(self, risk_aversion: Float) -> Float:
        """∆(r) in [-1, 1] of C cases at K values of r, increasing: [C, K]."""
        ...


class Answered(NamedTuple):
    """Informative judgments.

    cases: C of them.   sign [C]: 1 approved, -1 rejected, 0 no feedback.
    reward [C], 0 where there is none.   rewarded [C]: whether there is one.
    """

    cases: Cases
    sign: Float
    reward: Float
    rewarded: NDArray[np.bool_]

    def __len__(self) -> int:
        """How many."""
        return self.sign.size


def informative(judgments: Sequence[Judgment]) -> tuple[Answered, list[Judgment], int]:
    """The judgments that say something about θ, packed and as they are, and how many were refuted."""
    refuted = refutations(judgments)
    candidates = [
        judgment
        for judgment, out in zip(judgments, refuted, strict=True)
        if not out and (judgment.feedback is not None or judgment.reward is not None)
    ]
    packed, has_advantage = pack_judgments(candidates)
    if not has_advantage.all():
        candidates = [judgment for judgment, kept in zip(candidates, has_advantage, strict=True) if kept]
    given = [judgment.reward for judgment in candidates]
    answered = Answered(
        packed,
        np.array([_SIGN[judgment.feedback] for judgment in candidates], np.float64),
        np.array([0.0 if reward is None else reward for reward in given], np.float64),
        np.array([reward is not None for reward in given], np.bool_),
    )
    return answered, candidates, sum(refuted)


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
