"""Which simulated people does the network learn from at each step?

A step's batch is ragged: set sizes are fixed quantiles of a log-uniform on 0–512, so nothing is padded and nothing
recompiles. Judgments are drawn from a pool of tabulated cases, answered by the simulator, and summed on the spline's
knots at once: what the potentials are linear in needs no gradient, and no network call per judgment. A batch
depends on (seed, step) alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import KNOTS, MAX_REWARD, REWARD_TERMS, respond
from bayesian_verifier.training._simulated import REPEATING

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import LotterySimulator
    from bayesian_verifier.training._pool import CasePool

F32 = NDArray[np.float32]
Index = NDArray[np.intp]
MAX_SET = 512
#: share of sets answered with feedback alone, with both, with reward alone, and with either at random
ANSWERED = (0.45, 0.25, 0.15, 0.15)


class Batch(NamedTuple):
    """θ [B, 2] on the link scale, and the sums of each set [B, K, G + 2]."""

    theta: F32
    sums: F32


def set_sizes(count: int) -> Index:
    """`count` set sizes, increasing: quantiles of ⌊exp(U(0, ln 513))⌋, the smallest replaced by 0."""
    quantiles = (np.arange(count) + 0.5) / count
    sizes = np.floor(np.exp(quantiles * math.log(MAX_SET + 1))).astype(np.intp)
    sizes[: max(1, count // 64)] = 0
    return sizes


@dataclass(frozen=True)
class BatchSource:
    """Batches of `count` simulated people whose cases come from a pool."""

    simulator: LotterySimulator
    pool: CasePool
    count: int
    seed: int

    def batch(self, step: int) -> Batch:
        """The batch of one step, the same whenever it is asked for."""
        rng = np.random.default_rng([self.seed, step])
        sizes = set_sizes(self.count)
        owner = np.repeat(np.arange(self.count), sizes)
        theta = self.simulator.sample_prior(rng, self.count)
        cases = self._cases(rng, owner)
        delta = self.pool.advantage(cases, theta[owner, 0])
        responses = respond(rng, delta, np.exp(theta[owner, 1]))
        answers = _answers(rng, owner, self.count, responses.approve, responses.reward)
        return Batch(theta.astype(np.float32), self.sums(cases, owner, answers))

    def _cases(self, rng: np.random.Generator, owner: Index) -> Index:
        """Which case of the pool each judgment is about."""
        free = rng.integers(0, len(self.pool.curves), owner.size)
        distinct = np.exp(rng.uniform(0.0, math.log(61), self.count)).astype(np.intp)
        first = rng.integers(0, len(self.pool.curves) - 64, self.count)
        repeated = first[owner] + (rng.random(owner.size) * distinct[owner]).astype(np.intp)
        return np.where((rng.random(self.count) < REPEATING)[owner], repeated, free)

    def sums(self, cases: Index, owner: Index, answers: F32) -> F32:
        """Sums [B, K, G + 2] of judgments: spline weights of the feedback's advantage, then reward terms."""
        points = self.pool.described.shape[1]
        result = np.zeros((self.count, points, KNOTS + REWARD_TERMS), dtype=np.float32)
        result[:, :, :KNOTS] = self._feedback_sums(cases, owner, answers[:, 0], points)
        rows = np.flatnonzero(answers[:, 2])
        if rows.size:
            residual = answers[rows, 1:2] - self.pool.described[cases[rows]]
            sets, start = np.unique(owner[rows], return_index=True)
            result[sets, :, KNOTS] = np.add.reduceat(residual * residual, start, axis=0)
            result[sets, :, KNOTS + 1] = np.add.reduceat(residual, start, axis=0)
        return result

    def _feedback_sums(self, cases: Index, owner: Index, sign: F32, points: int) -> NDArray[np.float64]:
        """Counts on the knots [B, K, G]: each advantage spreads over the three quadratic B-splines around it."""
        rows = np.flatnonzero(sign)
        at = (self.pool.warped[cases[rows]] * sign[rows, None] + 1) * np.float32(0.5 * (KNOTS - 2))
        cell = np.clip(at.astype(np.int32), 0, KNOTS - 3)
        part = (at - cell).ravel()
        place = ((owner[rows, None] * points + np.arange(points)) * KNOTS + cell).ravel()
        size = self.count * points * KNOTS
        low, high = 0.5 * (1 - part) ** 2, 0.5 * part**2
        total: NDArray[np.float64] = np.bincount(place, low, size).astype(np.float64)
        total[1:] += np.bincount(place, 1 - low - high, size)[:-1]
        total[2:] += np.bincount(place, high, size)[:-2]
        return total.reshape(self.count, points, KNOTS)


def _answers(
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
    has_reward &= np.abs(reward) <= MAX_REWARD
    sign = np.where(has_feedback, np.where(approve, 1.0, -1.0), 0.0)
    return np.stack([sign, np.where(has_reward, reward, 0.0), has_reward], axis=1).astype(np.float32)
