"""Who is drawn at random, fast, from a pool of cases tabulated once?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.simulators.lottery import MAX_REWARD, Answered, evidence_of, respond
from bayesian_verifier.training._drawn import Drawn, given
from bayesian_verifier.training._sets import MOST_DISTINCT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.simulators.lottery import LotterySimulator
    from bayesian_verifier.training._pool import CasePool


@dataclass(frozen=True, slots=True)
class PooledCases:
    """Some cases of a pool, in place of packed ones."""

    pool: CasePool
    index: NDArray[np.intp]

    def __len__(self) -> int:
        """How many."""
        return self.index.size

    def curves(self, risk_aversion: NDArray[np.float64]) -> NDArray[np.float64]:
        """∆(r) [C, K] at K values of r, as the pool has tabulated it."""
        return self.pool.curves_at(self.index, risk_aversion)


@dataclass(frozen=True, slots=True)
class Population:
    """People who meet cases of a pool; `repeating`: the share of them who meet 1 to 60 cases again and again."""

    simulator: LotterySimulator
    pool: CasePool
    repeating: float = 0.0

    def person(self, rng: np.random.Generator, size: int, kind: str) -> Drawn:
        """A person drawn from the prior with `size` answers of a kind, one of ANSWERS or "either"."""
        theta = self.simulator.sample_prior(rng, 1)[0]
        cases = PooledCases(self.pool, self._indices(rng, size))
        delta = self.pool.advantage(cases.index, np.full(size, theta[0]))
        responses = respond(rng, delta, np.full(size, math.exp(theta[1])))
        told, rewarded = given(rng, size, kind)
        rewarded &= np.abs(responses.reward) <= MAX_REWARD
        sign = np.where(told, np.where(responses.approve, 1.0, -1.0), 0.0)
        kept = told | rewarded
        if not kept.all():
            cases = PooledCases(self.pool, cases.index[kept])
        answered = Answered(
            cases, sign[kept], np.where(rewarded, responses.reward, 0.0)[kept], rewarded[kept]
        )
        return Drawn(theta, len(answered), evidence_of(answered))

    def _indices(self, rng: np.random.Generator, size: int) -> NDArray[np.intp]:
        count = len(self.pool.curves)
        if rng.random() >= self.repeating:
            return rng.integers(0, count, size)
        distinct = int(math.exp(rng.uniform(0.0, math.log(MOST_DISTINCT + 1))))
        return int(rng.integers(0, count - MOST_DISTINCT)) + rng.integers(0, distinct, size)
