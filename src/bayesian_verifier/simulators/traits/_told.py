"""Which judgments are informative, and how are they and their answers held?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.simulators._answers import answers_of
from bayesian_verifier.simulators.traits._answers import Answers
from bayesian_verifier.simulators.traits._cases import TraitCases, cases_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment


class Told(NamedTuple):
    """Informative judgments: C cases and their answers."""

    cases: TraitCases
    answers: Answers


def told_of(candidates: Sequence[Judgment]) -> tuple[Told, list[Judgment]]:
    """The informative ones of judgments that were answered and not refuted, held and as they are."""
    held, has_advantage = cases_of(candidates)
    kept = [one for one, there in zip(candidates, has_advantage, strict=True) if there]
    sign, reward, rewarded = answers_of(kept).T
    return Told(held, Answers(sign, reward, rewarded != 0.0)), kept
