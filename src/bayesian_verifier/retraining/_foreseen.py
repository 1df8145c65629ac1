"""What do two models' log-losses on the same answers come to? The figures of the gate, from the paired test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from bayesian_verifier.retraining._comparison import compared, no_comparison

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def foreseen(
    champion: Sequence[float], challenger: Sequence[float], subjects: Iterable[str], *, bound: float
) -> dict[str, Any]:
    """`next_answers` of the evidence: of log-losses in nats, in the order in which the answers came.

    evidence: that the challenger is better; against: that the champion is; None where a loss is no number.
    bound: the largest log-loss there can be; rounding beyond it is forgiven.
    """
    figures: dict[str, Any] = {"answers": len(champion), "people": len(set(subjects))}
    if not all(map(math.isfinite, (*champion, *challenger))):
        return {**figures, "evidence": None, "against": None, "mean_gain": None, "log_loss": None}
    ahead, behind = no_comparison(), no_comparison()
    for one, other in zip(champion, challenger, strict=True):
        first, second = (min(max(loss, 0.0), bound) for loss in (one, other))
        ahead = compared(ahead, first, second, bound=bound)
        behind = compared(behind, second, first, bound=bound)
    return {
        **figures,
        "evidence": ahead.evidence,
        "against": behind.evidence,
        "mean_gain": ahead.mean_gain,
        "log_loss": {"champion": _mean(champion), "challenger": _mean(challenger)},
    }


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
