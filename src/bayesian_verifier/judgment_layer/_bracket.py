"""Between which values of risk aversion do this person's own answers lie?

As with a Holt–Laury list: a case whose best option changes at some r tells, by what was approved or rejected,
on which side of that r the person is. The bracket is where the fewest answers are contradicted. It rests on
indifference points alone; it is what a person is told, and what is believed is in `_least_squares`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.judgment_layer._curves import Told, Turns


class Answer(NamedTuple):
    """Where an option is the best, and whether the person approved it."""

    turns: Turns
    approved: bool


class Bracket(NamedTuple):
    """Where r lies by so many answers, of which some are contradicted; low and high may be infinite."""

    low: float
    high: float
    answers: int
    contradicted: int


def bracket(told: Iterable[Told]) -> Bracket | None:
    """The bracket of a person's answers, None where no approval or rejection says on which side they are."""
    answers = [
        Answer(curve.turns, judgment.feedback == "approve")
        for judgment, curve in told
        if judgment.feedback is not None and curve.turns.points
    ]
    if not answers:
        return None
    edges, contradicted = _contradicted(answers)
    fewest = min(contradicted)
    best = [index for index, count in enumerate(contradicted) if count == fewest]
    return Bracket(edges[best[0]], edges[best[-1] + 1], len(answers), fewest)


def _contradicted(answers: Sequence[Answer]) -> tuple[list[float], list[int]]:
    """The line of r cut at every turning point: the edges, and how many answers each piece contradicts.

    Someone of that r, without noise, would have said the opposite. Going up the line an answer changes sides
    at each of its turning points.
    """
    wrong = [answer.turns.best_below != answer.approved for answer in answers]
    count = sum(wrong)
    edges, counts = [-math.inf], [count]
    turns = sorted((point, index) for index, answer in enumerate(answers) for point in answer.turns.points)
    for point, index in turns:
        wrong[index] = not wrong[index]
        count += 1 if wrong[index] else -1
        if point == edges[-1]:
            counts[-1] = count
        else:
            edges.append(point)
            counts.append(count)
    return [*edges, math.inf], counts
