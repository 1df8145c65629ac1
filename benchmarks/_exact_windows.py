"""What do windows of real judgments say, as the exact posterior has it and not as a normal model would?

People of the lottery simulator, r and τ drawn from the prior, answer sixteen proposals a window. The exact marginal of
r comes from quadrature on one grid for all: each case of a pool is tabulated once, Δ by r and the logarithm of its
chances by r and ln τ, so that a window's log-likelihood is a sum of sixteen rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from _ours import ROOT
from _reference import posterior
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import (
    MAX_REWARD,
    DenseCases,
    LotterySimulator,
    advantage_curves,
    generate_cases,
    pack_dense,
    read_mixture,
    records,
    respond,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Float = NDArray[np.float64]

MIXTURE = read_mixture(ROOT / "configs" / "simulators" / "lottery.toml")
PRIOR, NOISE_PRIOR = LotterySimulator.parameters
LAPSE, REWARD_SD = 0.02, 0.25  # docs/model.md
#: steps of 0.045 prior sd in r, a third of the narrowest window's posterior; half a prior sd in ln τ
R = PRIOR.prior_mean + PRIOR.prior_sd * np.linspace(-5.4, 5.4, 241)
LN_TAU = NOISE_PRIOR.prior_mean + NOISE_PRIOR.prior_sd * np.linspace(-4.0, 4.0, 17)
_BLOCK = 25


class Pool(NamedTuple):
    """C cases on the grid.

    delta [C, R]: the proposal's advantage.   log_chance float32 [2 C, R * T]: of rejecting and of approving case 0, of
    case 1, …   cases: as they are.
    """

    delta: Float
    log_chance: NDArray[np.float32]
    cases: DenseCases


class Answers(NamedTuple):
    """What people answered in one window [N, 16]: to which cases, whether they approved, and their rewards."""

    case: NDArray[np.intp]
    approve: NDArray[np.bool_]
    reward: Float


class Told(NamedTuple):
    """The exact posteriors of one window [N]: mean, sd and skewness of r."""

    mean: Float
    sd: Float
    skewness: Float


@dataclass(frozen=True, slots=True)
class RealPeople:
    """People who answer cases of a pool.

    answered: by feedback, reward or both.   size: judgments a window.
    """

    pool: Pool
    answered: str = "feedback"
    size: int = 16

    def windows(self, theta: Float, rng: np.random.Generator, *, moved: Float, at: int) -> Iterator[Told]:
        """Windows without end of people theta [N, 2] (link scale); r is `moved` [N] further from window `at` on."""
        r, noise = theta[:, 0], np.exp(theta[:, 1])
        window = 0
        while True:
            answers = self.answers(r + moved if window >= at else r, noise, rng)
            # so many people at once, whose rows of the table stay in a core's cache
            parts = [
                self.posteriors(Answers(*(a[i : i + _BLOCK] for a in answers)))
                for i in range(0, r.size, _BLOCK)
            ]
            yield Told(*(np.concatenate(one) for one in zip(*parts, strict=True)))
            window += 1

    def answers(self, r: Float, noise: Float, rng: np.random.Generator) -> Answers:
        """Of people with these r and τ [N], to cases drawn from the pool."""
        case = rng.integers(0, len(self.pool.delta), (r.size, self.size))
        delta = np.stack([_at(self.pool.delta[one], r) for one in case.T], axis=1)
        said = respond(rng, delta.ravel(), np.repeat(noise, self.size))
        return Answers(case, said.approve.reshape(case.shape), said.reward.reshape(case.shape))

    def posteriors(self, told: Answers) -> Told:
        """The exact marginals of r."""
        total = np.broadcast_to(_LOG_PRIOR, (len(told.case), _LOG_PRIOR.size)).copy()
        by_reward = np.zeros((len(told.case), R.size))
        for case, approve, reward in zip(told.case.T, told.approve.T, told.reward.T, strict=True):
            if self.answered != "reward":
                total += self.pool.log_chance[2 * case + approve]
            if self.answered != "feedback":
                away = (reward[:, None] - self.pool.delta[case]) / REWARD_SD
                by_reward -= 0.5 * away * away * (np.abs(reward) <= MAX_REWARD)[:, None]
        joint = total.reshape(-1, R.size, LN_TAU.size) + by_reward.astype(np.float32)[:, :, None]
        joint -= joint.max(axis=(1, 2), keepdims=True)
        mass = np.exp(joint).sum(axis=2, dtype=np.float64)
        mass /= mass.sum(axis=1, keepdims=True)
        mean = mass @ R
        away = R - mean[:, None]
        sd = np.sqrt((mass * away**2).sum(axis=1))
        return Told(mean, sd, (mass * away**3).sum(axis=1) / sd**3)


def off_reference(seed: int, windows: int = 20) -> float:
    """By how many sd a mean or an sd from this grid is off that of `tests/reference`, at worst."""
    rng = np.random.default_rng(seed)
    pool = draw_pool(rng, 300)
    people_, worst = RealPeople(pool, "both"), 0.0
    theta = people(rng, windows)
    told = people_.answers(theta[:, 0], np.exp(theta[:, 1]), rng)
    found = people_.posteriors(told)
    for place in range(windows):
        cases = records(DenseCases(*(part[told.case[place]] for part in pool.cases)))
        said = [
            case
            | {"feedback": "approve" if approve else "reject", "verdict": "proved"}
            | ({"reward": float(reward)} if abs(reward) <= MAX_REWARD else {})
            for case, approve, reward in zip(cases, told.approve[place], told.reward[place], strict=True)
        ]
        exact = posterior(said).r
        off = max(abs(found.mean[place] - exact.mean), abs(found.sd[place] - exact.sd)) / exact.sd
        worst = max(worst, float(off))
    return worst


def draw_pool(rng: np.random.Generator, size: int = 3000) -> Pool:
    """So many cases of the mixture that trains, less those in which there is nothing to choose."""
    curves, kept = [], []
    for start in range(0, size, 250):
        cases = generate_cases(rng, min(250, size - start), MIXTURE)
        packed, has_advantage = pack_dense(*cases)
        curves.append(advantage_curves(packed, R))
        kept.append([part[has_advantage] for part in cases])
    delta = np.concatenate(curves)
    steep = delta.astype(np.float32)[:, :, None] * np.exp(-LN_TAU).astype(np.float32)
    table = np.stack([_log_chance(-steep), _log_chance(steep)], axis=1).reshape(2 * len(delta), -1)
    return Pool(delta, table, DenseCases(*(np.concatenate(parts) for parts in zip(*kept, strict=True))))


def people(rng: np.random.Generator, count: int) -> Float:
    """θ [N, 2] from the prior, on the link scale."""
    return LotterySimulator().sample_prior(rng, count)


def _log_chance(steep: NDArray[np.float32]) -> NDArray[np.float32]:
    with np.errstate(over="ignore"):
        chance = LAPSE / 2 + (1 - LAPSE) / (1 + np.exp(-steep))
    result: NDArray[np.float32] = np.log(chance).reshape(len(steep), -1).astype(np.float32)
    return result


def _at(curves: Float, r: Float) -> Float:
    """Curves [N, R] at r [N], linear between the grid's values, held at its ends."""
    place = np.clip((r - R[0]) / (R[1] - R[0]), 0.0, R.size - 1.001)
    low = place.astype(np.intp)
    share, who = place - low, np.arange(r.size)
    return (1 - share) * curves[who, low] + share * curves[who, low + 1]


def _log_normal(x: Float, mean: float, sd: float) -> Float:
    z = (x - mean) / sd
    return -0.5 * z * z - math.log(sd)


_LOG_PRIOR = (
    (
        _log_normal(R, PRIOR.prior_mean, PRIOR.prior_sd)[:, None]
        + _log_normal(LN_TAU, NOISE_PRIOR.prior_mean, NOISE_PRIOR.prior_sd)
    )
    .ravel()
    .astype(np.float32)
)
