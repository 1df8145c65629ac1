"""A real journal of people who answer lotteries, with times that one can reckon with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal import Journal, Numbered, RecordedPosterior, read_log, timestamp
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal import Line

PRIOR = Belief(0.5, 1.0)
SECOND = 1_000_000_000
DAY = 86_400 * SECOND


def case(high: float = 10.0, sure: float = 4.0) -> Case:
    """A sure amount, or `high` or nothing evenly."""
    return Case.model_validate(
        {
            "options": [
                {"outcomes": [{"payoff": sure, "probability": 1.0}]},
                {"outcomes": [{"payoff": high, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
            ]
        }
    )


class Told:
    """A journal whose clock goes on a second an event, or to where it is set."""

    def __init__(self, path: Path) -> None:
        self.now = 1_700_000_000 * SECOND
        self.journal = Journal(path, fsync="never", clock=self._tick)

    def _tick(self) -> int:
        self.now += SECOND
        return self.now

    def judged(self, subject: str | None, of: Case | None = None, **fields: object) -> str:
        """A judgment; its id."""
        said: dict[str, Any] = {"chosen": 0, "verdict": "proved", **fields}
        return self.journal.append_judgment(
            subject=subject,
            case=of or case(),
            posterior=PRIOR,
            source="controller",
            reason="no_evidence",
            model_version=None,
            meta_comment="",
            **said,
        )

    def answered(
        self, subject: str | None, answer: str | None = "approve", of: Case | None = None, **fields: object
    ) -> str:
        """A judgment and its answer; its id."""
        made = self.judged(subject, of, **fields)
        self.journal.append_feedback(made, answer, reward=None if answer else 0.1)
        return made

    def window(self, subject: str, number: int, mean: float, sd: float, **fields: object) -> str:
        """A window's posterior under `prior`, ended now."""
        said = {
            "prior": RecordedPosterior.of(PRIOR).model_dump(mode="json"),
            "trustworthy": True,
            "variance_scale": 1.0,
            "began": self.stamp,
            "ended": self.stamp,
        } | fields
        return self.journal.append(
            "window",
            {
                "subject": subject,
                "number": number,
                "judgments": [f"{subject}-{number}"],
                "informative": 16,
                "posterior": {"mean": mean, "sd": sd},
                "choice_noise": 0.1,
                "model_version": "m1",
                "log_loss": None,
                **said,
            },
        )

    def epoch(self, subject: str, since: str) -> str:
        """From `since` on this subject's answers are evidence; the event's id."""
        said = {"subject": subject, "from": since, "window": None, "reason": "asked", "by": "ada"}
        return self.journal.append("epoch", said)

    def undo(self, epoch: str) -> None:
        """That epoch is none."""
        self.journal.append("epoch_undone", {"epoch": epoch, "by": "ada", "why": None})

    @property
    def stamp(self) -> str:
        """Now, as the journal writes it."""
        return timestamp(self.now)

    @property
    def events(self) -> list[Line]:
        """What stands in the file."""
        return [one.event for one in read_log(self.journal.path) if isinstance(one, Numbered)]
