"""How many judgments has each of the people whom a step of training is made of, and with what are they answered?"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import GREATEST_REWARD

F32 = NDArray[np.float32]
Index = NDArray[np.intp]
MAX_SET = 512
#: what a person's judgments are answered with
ANSWERS = ("feedback", "reward", "both")
#: share of sets answered with feedback alone, with both, with reward alone, and with either at random
ANSWERED = (0.45, 0.25, 0.15, 0.15)
#: share of a pool that comes from a log of judgments, where there is one and nothing else is asked for
LOG_SHARE = 0.5
#: share of training's people who meet the same few cases again and again, and how many those are at most
REPEATING, MOST_DISTINCT = 0.4, 60
#: numbers of judgments that BayesFlow's object and its export are compared at
PARITY_SIZES = (0, 1, 8, 8, 8, 32, 32, 32, 128, 128, 128, 512, 512, 512)


class Batch(NamedTuple):
    """θ [B, P] on the link scale, and the sums of each set [B, …] as the summary network takes them."""

    theta: F32
    sums: F32


class Batches(Protocol):
    """People to learn from: `count` at each step, the same ones whenever a step of this seed is asked for."""

    @property
    def count(self) -> int:
        """How many."""
        ...

    @property
    def seed(self) -> int:
        """Of all that is drawn."""
        ...

    def batch(self, step: int) -> Batch:
        """Those of one step."""
        ...


def set_sizes(count: int) -> Index:
    """`count` set sizes, increasing: quantiles of ⌊exp(U(0, ln 513))⌋, the smallest replaced by 0."""
    quantiles = (np.arange(count) + 0.5) / count
    sizes = np.floor(np.exp(quantiles * math.log(MAX_SET + 1))).astype(np.intp)
    sizes[: max(1, count // 64)] = 0
    return sizes


def met_cases(rng: np.random.Generator, owner: Index, count: int, pool: int) -> Index:
    """Which case of a pool each judgment is about; `owner` [J] says whose it is, of `count` people."""
    free = rng.integers(0, pool, owner.size)
    distinct = np.exp(rng.uniform(0.0, math.log(MOST_DISTINCT + 1), count)).astype(np.intp)
    first = rng.integers(0, pool - MOST_DISTINCT - 4, count)
    repeated = first[owner] + (rng.random(owner.size) * distinct[owner]).astype(np.intp)
    return np.where((rng.random(count) < REPEATING)[owner], repeated, free)


def answers_given(
    rng: np.random.Generator,
    owner: Index,
    count: int,
    approve: NDArray[np.bool_],
    reward: NDArray[np.float64],
) -> F32:
    """Answers [J, 3] as features hold them: sign of the feedback, reward, whether there is one."""
    kind = rng.choice(4, count, p=ANSWERED)[owner]
    chance = rng.random(owner.size)
    has_feedback = (kind == 0) | (kind == 1) | ((kind == 3) & (chance < 0.66))  # noqa: PLR2004 - two in three
    has_reward = (kind == 1) | (kind == 2) | ((kind == 3) & (chance > 0.33))  # noqa: PLR2004 - so that one is there
    has_reward &= np.abs(reward) <= GREATEST_REWARD
    sign = np.where(has_feedback, np.where(approve, 1.0, -1.0), 0.0)
    return np.stack([sign, np.where(has_reward, reward, 0.0), has_reward], axis=1).astype(np.float32)
