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
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import (
    MAX_REWARD,
    LotterySimulator,
    advantage_curves,
    generate_cases,
    pack_dense,
    read_mixture,
    respond,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

Float = NDArray[np.float64]

MIXTURE = read_mixture(ROOT / "configs" / "simulators" / "lottery.toml")
PRIOR, NOISE_PRIOR = LotterySimulator.parameters
LAPSE, REWARD_SD = 0.02, 0.25  # docs/model.md
#: steps of 0.03 prior sd in r, narrower than any window's posterior; half a prior sd in ln τ
R = PRIOR.prior_mean + PRIOR.prior_sd * np.linspace(-5.4, 5.4, 361)
LN_TAU = NOISE_PRIOR.prior_mean + NOISE_PRIOR.prior_sd * np.linspace(-4.0, 4.0, 17)


class Pool(NamedTuple):
    """C cases on the grid.

    delta [C, R]: the proposal's advantage.   approve, reject float32 [C, R * T]: logarithms of their chances.
    """

    delta: Float
    approve: NDArray[np.float32]
    reject: NDArray[np.float32]


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
        prior = (
            _log_normal(R, PRIOR.prior_mean, PRIOR.prior_sd)[:, None]
            + _log_normal(LN_TAU, NOISE_PRIOR.prior_mean, NOISE_PRIOR.prior_sd)
        ).ravel()
        r, noise = theta[:, 0], np.exp(theta[:, 1])
        window = 0
        while True:
            yield self._window(r + moved if window >= at else r, noise, prior, rng)
            window += 1

    def _window(self, r: Float, noise: Float, prior: Float, rng: np.random.Generator) -> Told:
        people, pool = r.size, self.pool
        total = np.broadcast_to(prior.astype(np.float32), (people, prior.size)).copy()
        by_reward = np.zeros((people, R.size))
        for _ in range(self.size):
            case = rng.integers(0, len(pool.delta), people)
            curves = pool.delta[case]
            delta = _at(curves, r)
            said = respond(rng, delta, noise)
            if self.answered != "reward":
                total += np.where(said.approve[:, None], pool.approve[case], pool.reject[case])
            if self.answered != "feedback":
                away = (said.reward[:, None] - curves) / REWARD_SD
                by_reward -= 0.5 * away * away * (np.abs(said.reward) <= MAX_REWARD)[:, None]
        joint = total.reshape(people, R.size, LN_TAU.size).astype(np.float64) + by_reward[:, :, None]
        joint -= joint.max(axis=(1, 2), keepdims=True)
        mass = np.exp(joint).sum(axis=2)
        mass /= mass.sum(axis=1, keepdims=True)
        mean = mass @ R
        away = R - mean[:, None]
        sd = np.sqrt((mass * away**2).sum(axis=1))
        return Told(mean, sd, (mass * away**3).sum(axis=1) / sd**3)


def draw_pool(rng: np.random.Generator, size: int = 3000) -> Pool:
    """So many cases of the mixture that trains, less those in which there is nothing to choose."""
    parts = []
    for start in range(0, size, 250):
        packed, _ = pack_dense(*generate_cases(rng, min(250, size - start), MIXTURE))
        parts.append(advantage_curves(packed, R))
    delta = np.concatenate(parts)
    steep = delta.astype(np.float32)[:, :, None] * np.exp(-LN_TAU).astype(np.float32)
    return Pool(delta, _log_chance(steep), _log_chance(-steep))


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
