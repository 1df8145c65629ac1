"""Which simulated people does the network learn from at each step?

A step's batch is ragged: set sizes are fixed quantiles of a log-uniform on 0–512, so nothing is padded and nothing
recompiles. Judgments are drawn from a pool of tabulated cases, answered by the simulator, and summed on the spline's
knots at once: what the potentials are linear in needs no gradient, and no network call per judgment. A batch
depends on (seed, step) alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import KNOTS, REWARD_TERMS, respond
from bayesian_verifier.training._sets import Batch, answers_given, met_cases, set_sizes

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import LotterySimulator
    from bayesian_verifier.training._pool import CasePool

F32 = NDArray[np.float32]
Index = NDArray[np.intp]


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
        cases = met_cases(rng, owner, self.count, len(self.pool.curves))
        delta = self.pool.advantage(cases, theta[owner, 0])
        responses = respond(rng, delta, np.exp(theta[owner, 1]))
        answers = answers_given(rng, owner, self.count, responses.approve, responses.reward)
        return Batch(theta.astype(np.float32), self.sums(cases, owner, answers))

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
