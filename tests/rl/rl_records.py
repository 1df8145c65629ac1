"""A ladder, a question and their answers as records that anyone could send to the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bayesian_verifier.rl import State


def lottery(wealth: Any, probability: Any) -> dict[str, Any]:  # noqa: ANN401 any array
    """An option on final wealth, beside a reference wealth of 1."""
    pairs = zip(np.asarray(wealth, float), np.asarray(probability, float), strict=True)
    outcomes = [{"payoff": y - 1.0, "probability": p} for y, p in pairs if p > 0]
    total = sum(one["probability"] for one in outcomes)
    return {"outcomes": [one | {"probability": one["probability"] / total} for one in outcomes]}


def decision(state: State, chosen: int, feedback: str | None = None) -> dict[str, Any]:
    """The ladder at hand with one option proposed."""
    ladder = state.ladder
    options = [lottery(*pair) for pair in zip(ladder.wealth, ladder.probability, strict=True)]
    return {"wealth": 1.0, "options": options, "chosen": chosen, "feedback": feedback}


def question(state: State, number: int, feedback: str | None = None) -> dict[str, Any]:
    """One of the questions at hand: the sure amount proposed, the long shot beside it."""
    asked = state.questions
    sure, chance, top = (float(part[number]) for part in asked)
    options = [lottery([sure], [1.0]), lottery([top, 1.0], [chance, 1.0 - chance])]
    return {"wealth": 1.0, "options": options, "chosen": 0, "feedback": feedback}
