"""Who is drawn of a simulator that is told in arrays?

A pool of cases is put in numbers once; people then meet rows of it, answer, and are summed, without a record in sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import GREATEST_REWARD
from bayesian_verifier.simulators import TalliedSums
from bayesian_verifier.training._drawn import Drawn, given
from bayesian_verifier.training._sets import Batch, answers_given, set_sizes

if TYPE_CHECKING:
    from bayesian_verifier.simulators import PlainSimulator

#: single precision, which authors' functions take as they take double
Single = NDArray[Any]
#: fewer cases are no pool; so many are put in numbers at once
_LEAST_CASES, _AT_ONCE = 64, 4096


def draw_facts(rng: np.random.Generator, simulator: PlainSimulator, size: int) -> Single:
    """About `size` cases in numbers [C, D], those that tell nothing, or beyond single precision, left out.

    Raises CallerError where hardly any tells something.
    """
    parts = []
    for start in range(0, size, _AT_ONCE):
        facts = simulator.facts(simulator.draw_cases(rng, min(_AT_ONCE, size - start)))
        with np.errstate(over="ignore"):
            held = facts.astype(np.float32)
        parts.append(held[np.isfinite(held).all(axis=1)])
    telling = np.concatenate(parts)
    if len(telling) < _LEAST_CASES:
        raise CallerError(
            f"simulator {simulator.name!r}: of {size} cases {len(telling)} tell something, expected {_LEAST_CASES}"
        )
    return telling


@dataclass(frozen=True)
class PlainBatches:
    """Batches of `count` simulated people whose cases come from a pool, facts [C, D]."""

    simulator: PlainSimulator
    facts: Single
    count: int
    seed: int

    def batch(self, step: int) -> Batch:
        """The batch of one step, the same whenever it is asked for."""
        rng = np.random.default_rng([self.seed, step])
        sizes = set_sizes(self.count)
        owner, start = np.repeat(np.arange(self.count), sizes), np.cumsum(sizes) - sizes
        theta = self.simulator.sample_prior(rng, self.count)
        # none again and again: without a likelihood, sums of one case repeated mean something else than those of many
        first = rng.integers(0, len(self.facts), self.count) - start
        facts = self.facts[(first[owner] + np.arange(owner.size)) % len(self.facts)]
        said = self.simulator.respond(rng, theta[owner], facts)
        answers: Single = answers_given(rng, owner, self.count, said.approve, said.reward)
        told = (answers[:, 0] != 0) | (answers[:, 2] != 0)
        tallied = self.simulator.tally(facts, answers)
        tallied *= told[:, None]
        sums = np.zeros((self.count, self.simulator.sums_size), np.float32)
        there = np.flatnonzero(sizes)
        sums[there] = np.add.reduceat(tallied, start[there], axis=0)
        return Batch(theta.astype(np.float32), sums)


@dataclass(frozen=True, slots=True)
class PlainPopulation:
    """People who meet cases of a pool, facts [C, D], none of them again and again."""

    simulator: PlainSimulator
    facts: Single

    def person(self, rng: np.random.Generator, size: int, kind: str) -> Drawn:
        """A person drawn from the prior with `size` answers of a kind, one of ANSWERS or "either"."""
        theta = self.simulator.sample_prior(rng, 1)
        facts = self.facts[rng.integers(0, len(self.facts), size)]
        said = self.simulator.respond(rng, np.repeat(theta, size, axis=0), facts)
        told, rewarded = given(rng, size, kind)
        rewarded &= np.abs(said.reward) <= GREATEST_REWARD
        sign = np.where(told, np.where(said.approve, 1.0, -1.0), 0.0)
        answers = np.stack([sign, np.where(rewarded, said.reward, 0.0), rewarded], axis=1)
        kept = told | rewarded
        sums = self.simulator.tally(facts[kept], answers[kept]).sum(axis=0)
        return Drawn(theta[0], int(kept.sum()), TalliedSums(sums.astype(np.float32)))
