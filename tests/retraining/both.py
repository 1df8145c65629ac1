"""A journal in which two models answered, made as the Judgment Layer makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal import RecordedPosterior
from bayesian_verifier.posterior import Belief
from retraining.events import Told, case

if TYPE_CHECKING:
    from pathlib import Path

NOISE = Belief(0.1, 0.05)


class Both(Told):
    """Like `Told`, with lines of a candidate."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.number = 0

    def asked(
        self,
        subject: str | None,
        served: Belief | None,
        candidate: Belief | None,
        /,
        *,
        answer: str | None = None,
        sure: float = 4.0,
        versions: tuple[str, str] = ("m1", "m2"),
        **fields: object,
    ) -> str:
        """A judgment, what both said, and the answer; the judgment's id. A belief of None is a call that failed."""
        made = self.judged(subject, case(sure=sure))
        self.number += 1
        self.journal.append(
            "candidate",
            {
                "judgment": made,
                "trace_id": f"{self.number:032x}",
                "subject": subject,
                "evidence": 1,
                "served": side(served, versions[0]),
                "candidate": side(candidate, versions[1]),
                "dropped": 0,
            }
            | fields,
        )
        if answer is not None:
            self.journal.append_feedback(made, answer)
        return made


def side(belief: Belief | None, version: str, **fields: object) -> dict[str, Any]:
    """What one of the two said."""
    told = None
    if belief is not None:
        named = {"risk_aversion": belief, "choice_noise": NOISE}
        told = {name: recorded(one) for name, one in named.items()}
    return {
        "reason": None if belief else "timeout",
        "model_version": version if belief else None,
        "trustworthy": True if belief else None,
        "posterior": told,
        "elapsed_ms": 2.0 if belief else 50.0,
        "chosen": 0 if belief else None,
    } | fields


def recorded(belief: Belief) -> dict[str, Any]:
    """As a line has it."""
    return RecordedPosterior.of(belief).model_dump(exclude_none=True)
