"""Cases and judgments to fill a journal with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal import Journal

# A fork in a process with threads is what these tests are about; newer Pythons warn of it.
forks = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")

BELIEF = Belief(0.6, 0.2, (0.27, 0.46, 0.6, 0.74, 0.93))


def holt_laury(row: int) -> Case:
    """Row 1 to 10 of the list of Holt & Laury (2002), the safe option first."""
    share = row / 10
    return Case.model_validate(
        {
            "options": [
                {
                    "outcomes": [
                        {"payoff": 2.0, "probability": share},
                        {"payoff": 1.6, "probability": 1 - share},
                    ]
                },
                {
                    "outcomes": [
                        {"payoff": 3.85, "probability": share},
                        {"payoff": 0.1, "probability": 1 - share},
                    ]
                },
            ]
        }
    )


def judge(journal: Journal, subject: str | None = "ada", **changes: object) -> str:
    """Append a judgment and return its id."""
    fields: dict[str, Any] = {
        "case": holt_laury(5),
        "chosen": 0,
        "verdict": "proved",
        "posterior": BELIEF,
        "source": "controller",
        "reason": "unreachable",
        "model_version": None,
        "meta_comment": "Option 0 is proposed – «vorsichtig».",
    }
    return journal.append_judgment(subject=subject, **(fields | changes))


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Every line of a file of whole lines, decoded by the standard library alone."""
    raw = path.read_bytes()
    assert raw.endswith(b"\n") or not raw
    return [json.loads(line) for line in raw.split(b"\n")[:-1]]
