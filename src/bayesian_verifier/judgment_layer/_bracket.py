"""Between which values of risk aversion do this person's own answers lie?

As with a Holt–Laury list: a case whose best option changes at some r tells, by what was approved or rejected,
on which side of that r the person is. The bracket is where the fewest answers are contradicted. It rests on
indifference points alone, found from the sign of the advantage: no likelihood, no network.

What people say is not all of one piece, so the bracket is believed only as far as the answers agree: with a
probability of (contradicted + 1) / (answers + 2), Laplace's rule of succession, it says nothing and the prior
stands. Against simulated people (r ~ N(0.5, 1), ln τ ~ N(ln 0.1, 1), 1 to 64 answers to Holt–Laury rows or to
random lotteries) the error is 0.7 to 1.4 of the sd this states, and 2 to 11% of errors exceed two sd.
"""

from __future__ import annotations

import functools
import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.judgment import Judgment, advantage, numeric_verdict
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bayesian_verifier.judgment import Lottery

# Between these values of r, 0.025 apart, the sign of the advantage is looked at and a straight line drawn: it
# errs by 0.0001 on the rows of Holt and Laury.
_GRID = np.linspace(-5.0, 8.0, 521)
# Below this advantage nobody can be expected to tell the options apart.
_NOTICEABLE = 0.01
_STANDARD = NormalDist()


class Turns(NamedTuple):
    """Where an option stops or starts to be the best: at these r, ascending; whether it is below them all."""

    points: tuple[float, ...]
    best_below: bool


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


def bracket(judgments: Iterable[Judgment]) -> Bracket | None:
    """The bracket of a person's judgments, None where no answer says anything."""
    answers = [answer for judgment in judgments if (answer := _answer(judgment)) is not None]
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


def belief_within(found: Bracket, prior: Belief) -> Belief:
    """Mean and sd of the prior cut to the bracket, mixed with the whole prior as far as answers disagree."""
    doubt = (found.contradicted + 1) / (found.answers + 2)
    cut = _truncated(prior, found.low, found.high)
    mean = (1 - doubt) * cut.mean + doubt * prior.mean
    variance = (1 - doubt) * (cut.sd**2 + (cut.mean - mean) ** 2)
    variance += doubt * (prior.sd**2 + (prior.mean - mean) ** 2)
    return Belief(mean, math.sqrt(variance))


def _answer(judgment: Judgment) -> Answer | None:
    """What an answer says of r; None for no feedback, a refuted proposal, or a best option at every r."""
    if judgment.feedback is None or (judgment.verdict or numeric_verdict(judgment)) == "refuted":
        return None
    turns = turning_points(judgment.wealth, judgment.options, judgment.chosen)
    return Answer(turns, judgment.feedback == "approve") if turns.points else None


@functools.lru_cache(maxsize=4096)
def turning_points(wealth: float, options: tuple[Lottery, ...], chosen: int) -> Turns:
    """Where the chosen option stops or starts to be the best, for r from -5 to 8, if anybody could tell."""
    deltas = advantage(Judgment.model_construct(wealth=wealth, options=options, chosen=chosen), _GRID)
    if not np.isfinite(deltas).all() or np.abs(deltas).max() < _NOTICEABLE:
        return Turns((), best_below=True)
    best = deltas >= 0
    before = np.flatnonzero(best[1:] != best[:-1])
    share = deltas[before] / (deltas[before] - deltas[before + 1])
    points = _GRID[before] + share * (_GRID[before + 1] - _GRID[before])
    return Turns(tuple(points.tolist()), best_below=bool(best[0]))


def _truncated(prior: Belief, low: float, high: float) -> Belief:
    """Mean and sd of a normal distribution cut to an interval (Johnson, Kotz & Balakrishnan 1994, 13.10)."""
    a, b = (low - prior.mean) / prior.sd, (high - prior.mean) / prior.sd
    mirrored = a > 0  # from the upper tail, where the distribution function has its digits
    if mirrored:
        a, b = -b, -a
    mass = _STANDARD.cdf(b) - _STANDARD.cdf(a)
    width = b - a
    if width < 1e-3 or mass < 1e-12:  # noqa: PLR2004 too narrow or too far for differences of the function
        mean = max(a, b - 1.0) / 2 + b / 2 if width > 1 else (a + b) / 2
        sd = max(min(width, 1.0) / math.sqrt(12), 1e-6)
    else:
        down, up = _density(a), _density(b)
        shift = (down - up) / mass
        spread = (_times(a, down) - _times(b, up)) / mass
        mean, sd = shift, math.sqrt(max(1 + spread - shift**2, 1e-12))
    return Belief(prior.mean + prior.sd * (-mean if mirrored else mean), prior.sd * sd)


def _density(z: float) -> float:
    return _STANDARD.pdf(z) if math.isfinite(z) else 0.0


def _times(z: float, density: float) -> float:
    return z * density if math.isfinite(z) else 0.0
