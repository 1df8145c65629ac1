"""Which judgments say something about a person, and what was answered?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators._answers import answers_of, unrefuted
from bayesian_verifier.simulators.lottery._packed import pack_written
from bayesian_verifier.simulators.lottery._written import written

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.lottery._generator import DenseCases
    from bayesian_verifier.simulators.lottery._written import Written

Float = NDArray[np.float64]


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


class Told(Sequence["Judgment"]):
    """Informative judgments in their order, and what was read of them.

    cases: as padded arrays.   answers [n, 3]: sign of the feedback (1, -1, 0 none), reward, whether there is one.
    """

    __slots__ = ("_judgments", "answers", "cases")

    def __init__(self, judgments: list[Judgment], cases: DenseCases, answers: Float) -> None:
        self._judgments, self.cases, self.answers = judgments, cases, answers

    def __len__(self) -> int:
        """How many."""
        return len(self._judgments)

    @overload
    def __getitem__(self, index: int) -> Judgment: ...

    @overload
    def __getitem__(self, index: slice) -> list[Judgment]: ...

    def __getitem__(self, index: int | slice) -> Judgment | list[Judgment]:
        """One of them, or some, without what was read of them."""
        return self._judgments[index]


def told(judgments: Sequence[Judgment]) -> Told:
    """Judgments of which each is known to be informative."""
    return Told(list(judgments), written(judgments).dense(), answers_of(judgments))


def informative(judgments: Sequence[Judgment]) -> tuple[Answered, Told, int]:
    """The judgments that say something about θ, packed and as they are, and how many were refuted."""
    candidates, refuted = unrefuted(judgments)
    read, answers = written(candidates), answers_of(candidates)
    packed, has_advantage = pack_written(read)
    cases, told = read.dense(), answers
    if not has_advantage.all():
        candidates = [judgment for judgment, kept in zip(candidates, has_advantage, strict=True) if kept]
        cases, told = cases.of(has_advantage), told[has_advantage]
    return _answered(packed, told), Told(candidates, cases, told), refuted


def packed_answers(cases: Written, answers: Float) -> Answered:
    """The informative ones of cases as written and their answers [n, 3]."""
    packed, has_advantage = pack_written(cases)
    return _answered(packed, answers[has_advantage])


def _answered(packed: Cases, answers: Float) -> Answered:
    return Answered(packed, answers[:, 0], answers[:, 1], answers[:, 2] != 0.0)
