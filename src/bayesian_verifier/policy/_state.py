"""What does a policy see of a choice? The state s of the environments that policies learn in, of any case.

The same numbers as `rl` computes there (a test holds one to the other): per option its value V to people of five risk
aversions, how far its outcomes spread, and what it costs; then stake, time, battery, what happened last, and what the
questions would tell apart.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import expected_utilities, log_ratios, normalised, normalised_utility
from bayesian_verifier.policy._surroundings import GREATEST_STAKE, QUESTIONS

if TYPE_CHECKING:
    from bayesian_verifier.judgment import Case
    from bayesian_verifier.policy._surroundings import Surroundings

Array = NDArray[np.float32]

#: values of r at which a state shows what options are worth
SHOWN_AT = (-1.0, 0.0, 0.5, 1.0, 2.0)
OPTION_FEATURES = len(SHOWN_AT) + 3
_ACTIONS = 4
REST_FEATURES = 4 + _ACTIONS + 1 + QUESTIONS * len(SHOWN_AT)
_DIGEST_DIGITS = 16


class State(NamedTuple):
    """s: features of the options that have a value [n, 8], and of the rest [24].

    indices: which options of the case those are.   may_ask: whether an ask is open.
    """

    options: Array
    rest: Array
    indices: tuple[int, ...]
    may_ask: bool

    @property
    def digest(self) -> str:
        """16 hexadecimal digits of the SHA-256 of its numbers as they were computed, and of which options they are."""
        found = hashlib.sha256(repr((self.indices, self.may_ask)).encode())
        found.update(self.options.tobytes())
        found.update(self.rest.tobytes())
        return found.hexdigest()[:_DIGEST_DIGITS]


def state_of(case: Case, surroundings: Surroundings) -> State:
    """S of a case; where wealth is an interval, its middle stands for it."""
    low, high = case.wealth_range
    at_a_point = case if low == high else case.model_copy(update={"wealth": low + (high - low) / 2})
    worth = expected_utilities(at_a_point, SHOWN_AT)
    indices = tuple(int(index) for index in np.flatnonzero(~np.isnan(worth[:, 0])))
    options = np.zeros((len(indices), OPTION_FEATURES))
    if indices:
        options[:, : len(SHOWN_AT)] = worth[list(indices)]
        options[:, len(SHOWN_AT)] = _spreads(at_a_point, indices)
    if surroundings.options:
        costs = [(one.latency, one.energy) for one in surroundings.options]
        options[:, -2:] = np.array(costs)[list(indices)]
    return State(options.astype(np.float32), _rest(surroundings), indices, surroundings.may_ask)


def _spreads(case: Case, indices: tuple[int, ...]) -> NDArray[np.float64]:
    """Standard deviation of ln y of each lottery, on a scale from 0 at the least y of the case to 1 at the greatest."""
    shares = [normalised(case.options[index]) for index in indices]
    payoffs = np.array([payoff for lottery in shares for payoff in lottery])
    below_top, above_bottom, span = log_ratios(float(case.wealth_range[0]), payoffs)
    if span == 0.0:
        return np.zeros(len(indices))
    # the value to somebody with r = 1 is just this logarithm
    logs = normalised_utility(below_top, above_bottom, span, 1.0)
    found, start = [], 0
    for lottery in shares:
        weight, here = np.array(list(lottery.values())), logs[start : start + len(lottery)]
        start += len(lottery)
        found.append(np.sqrt(weight @ (here - weight @ here) ** 2))
    return np.array(found)


def _rest(around: Surroundings) -> Array:
    last = np.zeros(_ACTIONS)
    if around.last_action is not None:
        last[around.last_action] = 1.0
    told = np.zeros((QUESTIONS, len(SHOWN_AT)))
    for row, question in enumerate(around.questions):
        worth = expected_utilities(question, SHOWN_AT)
        told[row] = np.nan_to_num(worth[0] - worth[1])
    at_hand = [around.stake / GREATEST_STAKE, around.time, around.battery, float(around.asked)]
    return np.concatenate([at_hand, last, [around.last_feedback], told.ravel()]).astype(np.float32)
