"""Who is drawn of people with several traits?

A pool of cases is described once: log-chances of either answer, at every node. People then meet cases of it, and what
their answers say is a sum of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bayesian_verifier.judgment import GREATEST_REWARD
from bayesian_verifier.simulators.lottery import REWARD_SD, respond
from bayesian_verifier.simulators.traits import (
    COUNTS,
    TraitCases,
    cases_of,
    log_chances,
    people_of,
)
from bayesian_verifier.training._drawn import Drawn, given
from bayesian_verifier.training._sets import Batch, answers_given, met_cases, set_sizes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Responses, Simulator
    from bayesian_verifier.simulators.traits import TraitsSimulator

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Index = NDArray[np.intp]


@dataclass(frozen=True)
class TraitPool:
    """C cases.

    advantages: float32 [C, K] at the nodes of all parameters but the noise.   chances: float32 [2, C, K * T],
    log-chances of an approval and of a rejection at all nodes.
    """

    simulator: TraitsSimulator
    cases: TraitCases
    advantages: F32
    chances: F32

    @classmethod
    def drawn(cls, rng: np.random.Generator, simulator: TraitsSimulator, size: int) -> Self:
        """About `size` cases as the simulator draws them, those without an advantage left out."""
        cases, _ = cases_of(simulator.draw_cases(rng, size))
        summing = simulator.summing
        advantages = summing.advantages(cases)
        chances = np.empty((2, len(cases), summing.lattice.size), np.float32)
        for row, sign in zip(chances, (1.0, -1.0), strict=True):
            by_node = row.reshape(*advantages.shape, -1)
            for number, noise in enumerate(summing.noises):
                by_node[..., number] = log_chances(np.float32(sign) * advantages, noise)
        return cls(simulator, cases, advantages, chances)

    def __len__(self) -> int:
        """How many."""
        return len(self.cases)

    def answered(self, rng: np.random.Generator, index: Index, theta: Float) -> Responses:
        """Approvals and rewards [n] of people θ [n, P], one for each of the cases index [n]."""
        advantage = self.cases.taken(index).advantages_each(people_of(theta))
        return respond(rng, advantage, np.exp(theta[:, -1]))


@dataclass(frozen=True)
class TraitBatches:
    """Batches of `count` simulated people whose cases come from a pool."""

    pool: TraitPool
    count: int
    seed: int

    def batch(self, step: int) -> Batch:
        """The batch of one step, the same whenever it is asked for."""
        rng = np.random.default_rng([self.seed, step])
        owner = np.repeat(np.arange(self.count), set_sizes(self.count))
        theta = self.pool.simulator.sample_prior(rng, self.count)
        index = met_cases(rng, owner, self.count, len(self.pool))
        answers = answers_given(rng, owner, self.count, *self.pool.answered(rng, index, theta[owner]))
        return Batch(theta.astype(np.float32), self.sums(index, owner, answers))

    def sums(self, index: Index, owner: Index, answers: F32) -> F32:
        """Sums [B, S] over judgments, less the greatest of each person."""
        pool, (sign, reward, rewarded) = self.pool, answers.T
        total = sum(
            self._added(index[rows], owner[rows]) @ chances
            for rows, chances in zip((sign > 0, sign < 0), pool.chances, strict=True)
        )
        there = rewarded > 0
        # -(reward - ∆)² / 2 but for what does not depend on ∆
        linear = self._added(index[there], owner[there], reward[there]) @ pool.advantages
        squares = self._added(index[there], owner[there]) @ (pool.advantages**2)
        by_node = total.reshape(*linear.shape, -1) + ((linear - 0.5 * squares) / REWARD_SD**2)[..., None]
        result = np.zeros((self.count, pool.simulator.summing.size), np.float32)
        result[:, :-COUNTS] = by_node.reshape(self.count, -1)
        result[:, :-COUNTS] -= result[:, :-COUNTS].max(axis=1, keepdims=True)
        result[:, -2] = np.bincount(owner, sign != 0, self.count)
        result[:, -1] = np.bincount(owner, rewarded, self.count)
        return result

    def _added(self, index: Index, owner: Index, value: F32 | None = None) -> csr_array:
        """What adds up cases to people [B, C]."""
        value = np.ones(index.size, np.float32) if value is None else value
        return csr_array((value, (owner, index)), shape=(self.count, len(self.pool)))


@dataclass(frozen=True, slots=True)
class TraitPopulation:
    """People who meet some cases, none of them again and again."""

    simulator: TraitsSimulator
    cases: Sequence[Judgment]

    @classmethod
    def drawn(cls, rng: np.random.Generator, simulator: TraitsSimulator, size: int) -> Self:
        """About `size` cases as the simulator draws them, those without an advantage left out."""
        cases = simulator.draw_cases(rng, size)
        _, has_advantage = cases_of(cases)
        return cls(simulator, [case for case, kept in zip(cases, has_advantage, strict=True) if kept])

    def person(self, rng: np.random.Generator, size: int, kind: str) -> Drawn:
        """A person drawn from the prior with `size` answers of a kind, one of ANSWERS or "either"."""
        theta = self.simulator.sample_prior(rng, 1)[0]
        met = [self.cases[i] for i in rng.integers(0, len(self.cases), size)]
        described = self.simulator.describe(answered(self.simulator, rng, theta, met, kind))
        return Drawn(theta, described.informative, described.evidence)


def answered(
    simulator: Simulator, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment], kind: str
) -> list[Judgment]:
    """What somebody, θ [P], answers to cases, of a kind."""
    said = simulator.simulate(rng, np.repeat(theta[None], len(cases), axis=0), cases)
    told, rewarded = given(rng, len(cases), kind)
    result = []
    for i, case in enumerate(cases):
        answer: dict[str, object] = (
            {"feedback": "approve" if said.approve[i] else "reject"} if told[i] else {}
        )
        if rewarded[i] and abs(said.reward[i]) <= GREATEST_REWARD:
            answer["reward"] = float(said.reward[i])
        result.append(case.model_copy(update=answer))
    return result
