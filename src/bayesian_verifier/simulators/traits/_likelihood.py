"""How likely are answers, given somebody's traits and choice noise?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import REWARD_SD, log_chance
from bayesian_verifier.simulators.traits._answers import people_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.simulators.traits._answers import Answers
    from bayesian_verifier.simulators.traits._cases import People, TraitCases

Float = NDArray[np.float64]
_LOG_REWARD_SCALE = math.log(REWARD_SD * math.sqrt(2.0 * math.pi))
#: on a grid so many θ share a risk aversion and a weighting of chances, and utilities are the dear part
_SHARED = 4


class Told(NamedTuple):
    """Informative judgments: C cases and their answers."""

    cases: TraitCases
    answers: Answers


def log_likelihood(told: Told, theta: Float) -> Float:
    """Log p(answers | θ) [n] for θ [n, 3 or 4] on the link scale, choice noise last."""
    return sum(case_log_likelihoods(told, theta), np.zeros(len(theta)))


def case_log_likelihoods(told: Told, theta: Float) -> Iterator[Float]:
    """Log p(answer | θ) [n] of one judgment after the other."""
    if not len(told.cases) or not len(theta):
        return
    people, noise = people_of(theta), np.exp(theta[:, -1])
    for advantage, sign, reward, rewarded in zip(_advantages(told.cases, people), *told.answers, strict=True):
        said = log_chance(sign * advantage, noise) if sign else np.zeros(len(theta))
        if rewarded:
            residual = (reward - advantage) / REWARD_SD
            said += -0.5 * residual * residual - _LOG_REWARD_SCALE
        yield said


def _advantages(cases: TraitCases, people: People) -> Iterator[Float]:
    """∆ [n] of one case after the other."""
    columns = [people.risk_aversion] if people.exponent is None else [people.risk_aversion, people.exponent]
    distinct, which = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
    if _SHARED * len(distinct) > len(people.risk_aversion):
        yield from cases.advantages(people)
        return
    worth = cases.values(distinct[:, 0], None if people.exponent is None else distinct[:, 1])
    chosen, start = cases.packed.chosen, cases.packed.case_start
    for proposed, first, end in zip(chosen, start, np.append(start[1:], len(worth)), strict=True):
        own = worth[first:end][:, which.ravel()]
        own += np.multiply.outer(cases.novelty[first:end], people.exploration)
        yield own[proposed - first] - np.delete(own, proposed - first, axis=0).max(axis=0)
