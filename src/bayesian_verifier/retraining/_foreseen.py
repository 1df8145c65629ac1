"""What do two models' predictions of the same answers come to? The figures of the gate, from the paired test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.retraining._comparison import compared, no_comparison

if TYPE_CHECKING:
    from collections.abc import Sequence


class Foreseen(NamedTuple):
    """One answer of a person, and the chance of approval that each model gave it before."""

    subject: str
    champion: float
    challenger: float
    approved: bool


def foreseen(answers: Sequence[Foreseen]) -> dict[str, Any]:
    """`next_answers` of the evidence, of answers in the order in which they came.

    evidence: that the challenger is better; against: that the champion is; None where a chance is no number.
    """
    figures: dict[str, Any] = {"answers": len(answers), "people": len({one.subject for one in answers})}
    ahead, behind = no_comparison(), no_comparison()
    lost = {"champion": 0.0, "challenger": 0.0}
    for _, champion, challenger, approved in answers:
        if not (0.0 < champion < 1.0 and 0.0 < challenger < 1.0):
            return {**figures, "evidence": None, "against": None, "mean_gain": None, "log_loss": None}
        ahead = compared(ahead, champion, challenger, approved=approved)
        behind = compared(behind, challenger, champion, approved=approved)
        lost["champion"] -= math.log(champion if approved else 1.0 - champion)
        lost["challenger"] -= math.log(challenger if approved else 1.0 - challenger)
    return {
        **figures,
        "evidence": ahead.evidence,
        "against": behind.evidence,
        "mean_gain": ahead.mean_gain,
        "log_loss": {name: total / len(answers) for name, total in lost.items()} if answers else None,
    }
