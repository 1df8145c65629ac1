"""What is proposed to a principal: a plan out of some, each with what its last runs paid?"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import Judgment, Lottery, Outcome
from bayesian_verifier.simulators.executor._situation import Situation, worth_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Float = NDArray[np.float64]
#: runs that a forecast is made of, and that a plan is then carried out for
FORECAST = 16
#: share of cases with three options, and of those with two plans that opinions differ on, where there are such
_THREE, _CONTESTED = 0.25, 0.85
#: wealth is what the worst run costs, and up to so much more
_LEAST_SPARE, _MOST_SPARE = 0.02, 0.3
#: of amounts, counted from the first of how far payoffs reach
_DIGITS = 4


class Contest(NamedTuple):
    """A situation, and which two of its plans somebody ranks otherwise than somebody else.

    runs: of each plan, as a forecast tells them; made once, as cases without number are made of them.
    digits: that amounts are told to, after the point.
    """

    situation: Situation
    pairs: Sequence[tuple[int, int]]
    runs: Sequence[Sequence[Outcome]]
    digits: int


def contest(situation: Situation, risk_aversion: Float) -> Contest:
    """Which pairs of plans change their order among these values of r [K]."""
    worth = worth_of(situation.payoffs, risk_aversion)
    pairs = [
        (i, j)
        for i, j in combinations(range(len(worth)), 2)
        if np.ptp(np.sign(worth[i] - worth[j])) > 1  # one is better here, the other there
    ]
    digits = _DIGITS - math.floor(math.log10(np.ptp(situation.payoffs)))
    runs = [
        [Outcome(payoff=round(x, digits), probability=1 / FORECAST) for x in paid]
        for paid in situation.payoffs.tolist()
    ]
    return Contest(situation, pairs, runs, digits)


def draw_cases(rng: np.random.Generator, contests: Sequence[Contest], n: int) -> list[Judgment]:
    """N proposals: two or three plans of a situation, mostly such as opinions differ on, one of them proposed.

    Wealth bears the worst of all runs. `id` names the situation and the plan proposed, so that what it then pays can be
    looked up; it is no evidence.
    """
    return [_case(rng, contests[int(rng.integers(len(contests)))]) for _ in range(n)]


def _offered(rng: np.random.Generator, found: Contest) -> NDArray[np.intp]:
    plans = rng.permutation(len(found.situation.plans))
    if found.pairs and rng.random() < _CONTESTED:
        pair = found.pairs[int(rng.integers(len(found.pairs)))]
        plans = np.array([*pair, *(plan for plan in plans if plan not in pair)])
    result: NDArray[np.intp] = rng.permutation(plans[: 3 if rng.random() < _THREE else 2])
    return result


def _case(rng: np.random.Generator, found: Contest) -> Judgment:
    situation, offered = found.situation, _offered(rng, found)
    chosen = int(rng.integers(len(offered)))
    worst = float(situation.payoffs.min())
    spare = rng.uniform(_LEAST_SPARE, _MOST_SPARE) * float(np.ptp(situation.payoffs))
    options = []
    for plan in offered:
        runs = found.runs[plan]
        last = rng.choice(len(runs), FORECAST, replace=False).tolist()
        options.append(Lottery(outcomes=tuple(runs[i] for i in last)))
    return Judgment(
        id=f"{situation.name}/{situation.plans[offered[chosen]]}",
        wealth=round(max(spare - worst, 0.0), found.digits),
        options=tuple(options),
        chosen=chosen,
    )


def outcomes_of(case: Judgment, paid: Mapping[str, Float], count: int) -> Float:
    """What carrying out the proposal pays [count], in even quantiles: as recorded where its `id` is known, else as
    its lottery says.   paid: even quantiles [count], by `id`.
    """
    known = paid.get(case.id or "")
    if known is not None:
        return known
    outcomes = sorted((o.payoff, o.probability) for o in case.options[case.chosen].outcomes)
    payoffs, shares = np.array(outcomes, np.float64).T
    below = np.cumsum(shares) / shares.sum()
    result: Float = payoffs[np.minimum(np.searchsorted(below, even_levels(count)), payoffs.size - 1)]
    return result


def even_levels(count: int) -> Float:
    """The middles of `count` equal parts of 0 to 1."""
    levels: Float = (np.arange(count) + 0.5) / count
    return levels
