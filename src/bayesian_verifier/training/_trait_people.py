"""Who is drawn, with several traits, from a pool of cases that were described once?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import generate_cases, respond
from bayesian_verifier.simulators.traits import KNOTS, REWARD_TERMS, dense_cases, people_of, places, warped

if TYPE_CHECKING:
    from bayesian_verifier.simulators.lottery import CaseMixture
    from bayesian_verifier.simulators.traits import TraitCases, TraitsSimulator

F32 = NDArray[np.float32]
Index = NDArray[np.intp]
#: share of cases in which nobody counted tries, of options never tried in the others, and the most often tried
_UNCOUNTED, _NEVER, _MOST_TRIED = 0.3, 0.3, 300.0
_MAX_SET = 512
_MOST_RESIDUAL = 4.0


class TraitPool(NamedTuple):
    """C cases, their advantage at the nodes, float32 [C, K], and its place on the axis of the knots [C, K]."""

    cases: TraitCases
    at_nodes: F32
    on_axis: F32


def draw_tries(rng: np.random.Generator, count: int, options: int) -> NDArray[np.intp]:
    """How often each option was tried [count, options]; 0 for all where nobody counted."""
    tried = np.floor(np.exp(rng.uniform(0.0, math.log(_MOST_TRIED), (count, options)))).astype(np.intp)
    tried[rng.random(tried.shape) < _NEVER] = 0
    tried[rng.random(count) < _UNCOUNTED] = 0
    return tried


def draw_trait_pool(
    rng: np.random.Generator, simulator: TraitsSimulator, mixture: CaseMixture, size: int
) -> TraitPool:
    """About `size` cases of a mixture, those without an advantage left out."""
    drawn = generate_cases(rng, size, mixture)
    cases, _ = dense_cases(drawn, draw_tries(rng, size, drawn.payoff.shape[1]))
    at_nodes = cases.advantages(simulator.nodes).astype(np.float32)
    return TraitPool(cases, at_nodes, warped(at_nodes).astype(np.float32))


class TraitBatch(NamedTuple):
    """θ [B, P] on the link scale, sums [B, K * (KNOTS + 2)] of each set, and how many judgments are in it [B]."""

    theta: F32
    sums: F32
    sizes: Index


def trait_batch(
    rng: np.random.Generator, simulator: TraitsSimulator, pool: TraitPool, sizes: Index
) -> TraitBatch:
    """People drawn from the prior, each with a set of answers of one of these sizes [B]."""
    people = sizes.size
    owner = np.repeat(np.arange(people), sizes)
    theta = simulator.sample_prior(rng, people)
    which = rng.integers(0, len(pool.cases), owner.size)
    advantage = pool.cases.of(which).advantages_each(people_of(theta[owner]))
    said = respond(rng, advantage, np.exp(theta[owner, -1]))
    kind = rng.choice(3, people, p=(0.6, 0.25, 0.15))[owner]
    sign = np.where(kind != 2, np.where(said.approve, 1.0, -1.0), 0.0)  # noqa: PLR2004 - rewards alone
    rewarded = (kind != 0) & (np.abs(said.reward) <= 3.0)  # noqa: PLR2004 - what a record may hold
    sums = np.zeros((people, pool.at_nodes.shape[1], KNOTS + REWARD_TERMS), np.float32)
    _add_feedback(sums, pool.on_axis[which], sign.astype(np.float32), owner)
    _add_rewards(sums, pool.at_nodes[which[rewarded]], said.reward[rewarded], owner[rewarded])
    return TraitBatch(theta.astype(np.float32), sums.reshape(people, -1), sizes)


def _add_feedback(sums: F32, on_axis: F32, sign: F32, owner: Index) -> None:
    rows = np.flatnonzero(sign)
    cell, part = places(sign[rows, None] * on_axis[rows])
    people, nodes = sums.shape[:2]
    place = ((owner[rows, None] * nodes + np.arange(nodes)) * KNOTS + cell).ravel()
    low, high = (0.5 * (1.0 - part) ** 2).ravel(), (0.5 * part**2).ravel()
    size = people * nodes * KNOTS
    total = np.bincount(place, low, size)
    total[1:] += np.bincount(place, 1.0 - low - high, size)[:-1]
    total[2:] += np.bincount(place, high, size)[:-2]
    sums[:, :, :KNOTS] = total.reshape(people, nodes, KNOTS)


def _add_rewards(sums: F32, at_nodes: F32, reward: NDArray[np.float64], owner: Index) -> None:
    if not reward.size:
        return
    residual = np.clip(reward[:, None] - at_nodes, -_MOST_RESIDUAL, _MOST_RESIDUAL)
    there, start = np.unique(owner, return_index=True)
    sums[there, :, KNOTS] = np.add.reduceat(residual * residual, start, axis=0)
    sums[there, :, KNOTS + 1] = np.add.reduceat(residual, start, axis=0)


def drawn_sizes(rng: np.random.Generator, count: int) -> Index:
    """Sizes ⌊exp(U(0, ln 513))⌋, one in 64 of them 0."""
    sizes = np.floor(np.exp(rng.uniform(0.0, math.log(_MAX_SET + 1), count))).astype(np.intp)
    sizes[rng.random(count) < 1 / 64] = 0
    return sizes
