"""How likely are answers, given somebody's traits and choice noise?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import REWARD_SD, log_chance
from bayesian_verifier.simulators.traits._answers import people_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.simulators.traits._cases import People, TraitCases
    from bayesian_verifier.simulators.traits._told import Told

Float = NDArray[np.float64]
_LOG_REWARD_SCALE = math.log(REWARD_SD * math.sqrt(2.0 * math.pi))
#: on a grid so many θ share a risk aversion and a weighting of chances, and utilities are the dear part
_SHARED = 4
#: so few θ are no grid
_FEW = 2048
#: numbers at once, so that what is between fits into the processor's cache
_AT_ONCE = 2**14


def log_likelihood(told: Told, theta: Float) -> Float:
    """Log p(answers | θ) [n] for θ [n, 3 or 4] on the link scale, choice noise last."""
    order = np.argsort(theta[:, 0], kind="stable")  # once, for all cases
    ascending = sum(
        (some.sum(axis=0) for some in case_log_likelihoods(told, theta[order])), np.zeros(len(theta))
    )
    result = np.empty(len(theta))
    result[order] = ascending
    return result


def case_log_likelihoods(told: Told, theta: Float) -> Iterator[Float]:
    """Log p(answer | θ) [c, n] of some judgments after the other, C in all."""
    if not len(told.cases) or not len(theta):
        return
    people, noise, first = people_of(theta), np.exp(theta[:, -1]), 0
    for advantage in _advantages(told.cases, people):
        sign, reward, rewarded = (part[first : first + len(advantage)] for part in told.answers)
        first += len(advantage)
        said, judged = np.zeros(advantage.shape), sign != 0
        said[judged] = log_chance(sign[judged, None] * advantage[judged], noise)
        residual = (reward[rewarded, None] - advantage[rewarded]) / REWARD_SD
        said[rewarded] += -0.5 * residual * residual - _LOG_REWARD_SCALE
        yield said


def _advantages(cases: TraitCases, people: People) -> Iterator[Float]:
    """∆ [c, n] of some cases after the other."""
    count = len(people.risk_aversion)
    if count > _FEW:
        columns = (
            [people.risk_aversion] if people.exponent is None else [people.risk_aversion, people.exponent]
        )
        distinct, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        if _SHARED * len(distinct) <= count:
            yield from _shared(cases, people, distinct, which.ravel())
            return
    every, at_once = cases.advantages(people), max(1, _AT_ONCE // count)
    yield from (every[first : first + at_once] for first in range(0, len(every), at_once))


def _shared(cases: TraitCases, people: People, distinct: Float, which: NDArray[np.intp]) -> Iterator[Float]:
    """∆ [1, n] of one case after the other, of people who are `which` of the distinct [d, 1 or 2] traits."""
    worth = cases.values(distinct[:, 0], None if people.exponent is None else distinct[:, 1])
    chosen, start = cases.packed.chosen, cases.packed.case_start
    for proposed, first, end in zip(chosen, start, np.append(start[1:], len(worth)), strict=True):
        own = worth[first:end][:, which]
        own += np.multiply.outer(cases.novelty[first:end], people.exploration)
        yield (own[proposed - first] - np.delete(own, proposed - first, axis=0).max(axis=0))[None]
