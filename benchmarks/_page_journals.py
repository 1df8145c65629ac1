"""What is a journal of a hundred thousand events like, with windows to hear, as the dashboard meets it?"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from bayesian_verifier.journal import Journal
from bayesian_verifier.judgment import Case

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = 200
_MINUTE = 60_000_000_000
_START = 1_767_225_600_000_000_000  # 2026-01-01 in UTC, in nanoseconds
_CASE = Case.model_validate(
    {
        "options": [
            {"outcomes": [{"payoff": 40.0, "probability": 1.0}]},
            {"outcomes": [{"payoff": 100.0, "probability": 0.5}, {"payoff": 0.0, "probability": 0.5}]},
        ]
    }
)


def event_journal(path: Path, events: int) -> None:
    """Judgments and answers of 200 people, a minute apart, and a window after every 16 answers of one of them."""
    chance = random.Random(0)
    answered: dict[str, list[str]] = {}
    numbers: dict[str, int] = {}
    written = turn = 0
    with Journal(path, fsync="never", writer="bench") as journal:
        while written < events:
            turn += 1
            at = _START + turn * _MINUTE
            subject = f"person {chance.randrange(PEOPLE)}"
            mean = round(chance.gauss(0.5, 0.5), 4)
            made = journal.append("judgment", _judgment(subject, mean, chance), at=at)
            journal.append(
                "feedback", {"judgment": made, "feedback": "approve", "reward": None}, at=at + 1_000_000
            )
            written += 2
            answered.setdefault(subject, []).append(made)
            if len(answered[subject]) == 16:  # noqa: PLR2004 a window
                numbers[subject] = numbers.get(subject, 0) + 1
                window = _window(subject, numbers[subject], answered.pop(subject), mean)
                journal.append("window", window, at=at + 2_000_000)
                written += 1


def _judgment(subject: str, mean: float, chance: random.Random) -> dict[str, object]:
    quantiles = {"0.05": mean - 0.3, "0.25": mean - 0.1, "0.5": mean, "0.75": mean + 0.1, "0.95": mean + 0.3}
    away = chance.random() < 0.05  # noqa: PLR2004 a share
    return {
        "subject": subject,
        "case": _CASE.model_dump(mode="json", exclude_none=True),
        "chosen": 0,
        "verdict": "proved",
        "posterior": {"mean": mean, "sd": 0.2, "quantiles": quantiles},
        "source": "controller" if away else "verifier",
        "reason": "timeout" if away else None,
        "model_version": "m",
        "meta_comment": "Likely averse to risk.",
        "tried": [],
        "values": [],
        "elapsed_ms": round(chance.lognormvariate(0.3, 0.3), 3),
    }


def _window(subject: str, number: int, judgments: list[str], mean: float) -> dict[str, object]:
    moment = "2026-01-01T00:00:00.000000Z"
    return {
        "subject": subject,
        "number": number,
        "judgments": judgments,
        "informative": 16,
        "prior": {"mean": 0.5, "sd": 1.0, "quantiles": None},
        "posterior": {"mean": mean, "sd": 0.4, "quantiles": None},
        "choice_noise": 0.1,
        "trustworthy": True,
        "model_version": "m",
        "log_loss": 0.6,
        "variance_scale": 1.0,
        "began": moment,
        "ended": f"2026-01-{1 + number % 28:02d}T00:00:00.000000Z",
    }
