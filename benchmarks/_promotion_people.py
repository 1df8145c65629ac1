"""Who answers, and what do two models foresee? Answers of simulated people with both models' chances of approval.

A model is its prior here: the chance it gives is that of the exact posterior under it, by quadrature. People are drawn
from a prior of their own, answer proposals of the training generator, and are foreseen one answer after the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.settings import shipped_config
from bayesian_verifier.simulators import log_prior
from bayesian_verifier.simulators.lottery import LotterySimulator, read_mixture, simulate_person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Parameter

Float = NDArray[np.float64]
GRID = (121, 31)
REACH = 5.0


class Answers(NamedTuple):
    """Answers [people, each]: the chance of approval that it really had, and the one each model gave; what came."""

    true: Float
    champion: Float
    challenger: Float
    approved: NDArray[np.bool_]

    def of(self, people: NDArray[np.intp]) -> Answers:
        """Those of some people."""
        return Answers(*(part[people] for part in self))


def parameters(mean: float, sd: float) -> tuple[Parameter, ...]:
    """θ with this prior of risk aversion."""
    first, *others = LotterySimulator.parameters
    return (replace(first, prior_mean=mean, prior_sd=sd), *others)


def answers(
    people: int,
    each: int,
    *,
    truth: tuple[float, float],
    champion: tuple[float, float],
    challenger: tuple[float, float],
    seed: int,
) -> Answers:
    """People whose risk aversion is drawn from `truth`, mean and sd, foreseen under two other priors of it."""
    simulator = LotterySimulator(parameters(*truth))
    mixture = read_mixture(shipped_config("simulators/lottery.toml"))
    theta, priors = _grid(parameters(*champion), parameters(*challenger))
    shape = (people, each)
    found = Answers(np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(shape, np.bool_))
    for i in range(people):
        rng = np.random.default_rng([seed, i])
        # a few judgments are about nothing, so that more are drawn than are kept
        one = simulate_person(rng, simulator, mixture, 2 * each, answered="feedback", max_reward=3.0)
        told = list(simulator.describe(one.judgments).told)[:each]
        found.true[i] = np.exp(_approval(simulator, one.theta[None], told))[:, 0]
        found.approved[i] = [judgment.feedback == "approve" for judgment in told]
        log_chance = _approval(simulator, theta, told)
        for place, log_weight in zip((found.champion, found.challenger), priors, strict=True):
            place[i] = _foreseen(log_weight, np.exp(log_chance), found.approved[i])
    return found


def _grid(*priors: tuple[Parameter, ...]) -> tuple[Float, list[Float]]:
    """Points θ [G, 2] that all priors lie within, and the log-weight [G] of each under each."""
    axes = []
    for number, size in enumerate(GRID):
        some = [prior[number] for prior in priors]
        low = min(p.prior_mean - REACH * p.prior_sd for p in some)
        high = max(p.prior_mean + REACH * p.prior_sd for p in some)
        axes.append(np.linspace(low, high, size))
    theta = np.stack([m.ravel() for m in np.meshgrid(*axes, indexing="ij")], axis=1)
    return theta, [log_prior(prior, theta) for prior in priors]


def _approval(simulator: LotterySimulator, theta: Float, told: Sequence[Judgment]) -> Float:
    """Log-chance of approval [n, G] of each judgment."""
    asked = [one.model_copy(update={"feedback": "approve", "reward": None}) for one in told]
    return np.array([simulator.log_likelihood(theta, [one]) for one in asked])


def _foreseen(log_weight: Float, chance: Float, approved: NDArray[np.bool_]) -> Float:
    """Chances of approval [n] of somebody, each given the answers before it, of chances by θ [n, G]."""
    weight = np.exp(log_weight - log_weight.max())
    result = np.zeros(len(chance))
    for i, by_theta in enumerate(chance):
        result[i] = weight @ by_theta / weight.sum()
        weight = weight * (by_theta if approved[i] else 1.0 - by_theta)
        weight /= weight.max()
    return result
