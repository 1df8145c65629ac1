"""Judgments of people to ask about."""

from __future__ import annotations

from typing import Any

import pytest

from bayesian_verifier.judgment import Judgment, parse_judgments

# A fork in a process with threads is what these tests are about; newer Pythons warn of it.
forks = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")


def holt_laury_case(row: int) -> dict[str, Any]:
    """Row 1 to 10 of the list of Holt & Laury (2002), the safe option first."""
    share = row / 10
    return {
        "wealth": 0.0,
        "options": [
            {"outcomes": [{"payoff": 2.0, "probability": share}, {"payoff": 1.6, "probability": 1 - share}]},
            {"outcomes": [{"payoff": 3.85, "probability": share}, {"payoff": 0.1, "probability": 1 - share}]},
        ],
    }


def answered(row: int, chosen: int, feedback: str = "approve") -> Judgment:
    """A row proposed and answered."""
    (judgment,) = parse_judgments([holt_laury_case(row) | {"chosen": chosen, "feedback": feedback}])
    return judgment


def safe_times(count: int, rows: int = 10) -> list[Judgment]:
    """Someone who takes the safe option in the first `count` rows and the risky one from there on."""
    return [answered(row, 0 if row <= count else 1) for row in range(1, rows + 1)]
