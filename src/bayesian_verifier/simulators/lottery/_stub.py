"""How does a person with risk aversion r and choice noise τ answer a proposal?

docs/model.md, "θ → feedback and reward": approval is logistic in the advantage Δ(r)/τ with a lapse rate,
the reward is Δ(r) plus normal noise. The features a network reads are Δ at fixed reference values of r beside
what was answered: never a likelihood, so that a simulator without one goes through the same door.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import numeric_verdict
from bayesian_verifier.simulators._protocol import Description, Parameter, Responses
from bayesian_verifier.simulators.lottery._advantage import advantage_curves, advantages
from bayesian_verifier.simulators.lottery._packed import PackedCases, pack_judgments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]

LAPSE = 0.02
REWARD_SD = 0.25
REFUTED_REWARD = -1.0


def reference_points() -> Float:
    """Values of r at which every judgment is described: 0.06 apart near 0.5, 0.3 apart in the tails.

    They cover the prior of r to beyond four standard deviations on either side.
    """
    z = np.linspace(-1.0, 1.0, 96)
    return 0.5 + 2.0 * np.sinh(1.6 * z)


class LotterySimulator:
    """MODEL of the shipped service: θ = (risk_aversion, ln choice_noise)."""

    name = "lottery"
    parameters = (
        Parameter("risk_aversion", "identity", 0.5, 1.0),
        Parameter("choice_noise", "log", math.log(0.1), 1.0),
    )

    def __init__(self) -> None:
        self.points = reference_points()
        self.feature_layout: dict[str, Any] = {
            "advantage_at": [round(float(r), 6) for r in self.points],
            "then": ["feedback (1 approve, -1 reject, 0 none)", "reward (0 where none)", "has_reward"],
        }

    def sample_prior(self, rng: np.random.Generator, n: int) -> Float:
        """θ [n, 2] on the link scale."""
        means = np.array([p.prior_mean for p in self.parameters])
        sds = np.array([p.prior_sd for p in self.parameters])
        result: Float = means + sds * rng.standard_normal((n, len(self.parameters)))
        return result

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Person i, θ [n, 2], answers proposal i, refuted proposals and cases without an advantage included."""
        refuted, _ = _standing(cases)
        packed, has_advantage = pack_judgments(cases)
        delta = np.zeros(len(cases))
        delta[has_advantage] = advantages(packed, theta[has_advantage, 0])
        return respond(rng, delta, np.exp(theta[:, 1]), refuted)

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        """Features float32 [informative, K + 3]: Δ(r_k), then feedback, reward and whether there is one."""
        informative, packed, refuted = _informative(judgments)
        features = np.zeros((len(informative), self.points.size + 3), dtype=np.float32)
        features[:, : self.points.size] = advantage_curves(packed, self.points)
        features[:, -3:] = [_answer(j) for j in informative] or np.zeros((0, 3))
        return Description(features, len(informative), refuted)

    def log_likelihood(self, theta: Float, judgments: Sequence[Judgment]) -> Float:
        """Log p(judgments | θ) [n] for θ [n, 2]; 0 where nothing is informative."""
        informative, packed, _ = _informative(judgments)
        if not informative:
            return np.zeros(len(theta))
        answers = np.array([_answer(j) for j in informative])
        # on a grid each r comes many times, and utilities are the dear part
        distinct, which = np.unique(theta[:, 0], return_inverse=True)
        curves = advantage_curves(packed, distinct)
        total = np.zeros(len(theta))
        for case, answer in zip(curves, answers, strict=True):
            total += log_likelihood_of(case[which], np.exp(theta[:, 1]), answer)
        return total


def respond(
    rng: np.random.Generator, delta: Float, noise: Float, refuted: NDArray[np.bool_] | None = None
) -> Responses:
    """Answers to proposals whose advantage is delta [n], by people whose choice noise is τ = noise [n] > 0."""
    with np.errstate(over="ignore"):
        logistic = 1.0 / (1.0 + np.exp(-delta / noise))
    approve = LAPSE / 2 + (1 - LAPSE) * logistic
    reward = delta + REWARD_SD * rng.standard_normal(delta.size)
    if refuted is not None:
        approve = np.where(refuted, LAPSE / 2, approve)
        reward = np.where(refuted, REFUTED_REWARD, reward)
    return Responses(rng.random(delta.size) < approve, reward)


def log_likelihood_of(delta: Float, noise: Float, answer: Float) -> Float:
    """Log-likelihood [S] of one answer [3], as in the features, given Δ [S] and τ [S]."""
    sign, reward, has_reward = answer
    total = np.zeros(delta.size)
    if sign:
        with np.errstate(over="ignore"):
            total += np.log(LAPSE / 2 + (1 - LAPSE) / (1.0 + np.exp(-sign * delta / noise)))
    if has_reward:
        residual = (reward - delta) / REWARD_SD
        total += -0.5 * residual * residual - math.log(REWARD_SD * math.sqrt(2 * math.pi))
    return total


def _answer(judgment: Judgment) -> tuple[float, float, float]:
    sign = {"approve": 1.0, "reject": -1.0, None: 0.0}[judgment.feedback]
    return (sign, 0.0, 0.0) if judgment.reward is None else (sign, judgment.reward, 1.0)


def _informative(judgments: Sequence[Judgment]) -> tuple[list[Judgment], PackedCases, int]:
    """The judgments that say something about θ, their cases packed, and how many were refuted."""
    refuted, answered = _standing(judgments)
    candidates = [j for j, out, said in zip(judgments, refuted, answered, strict=True) if said and not out]
    packed, has_advantage = pack_judgments(candidates)
    informative = [j for j, kept in zip(candidates, has_advantage, strict=True) if kept]
    return informative, packed, int(refuted.sum())


def _standing(judgments: Sequence[Judgment]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which judgments are refuted, and which were answered in any way. A verdict that was sent is believed."""
    refuted = [(j.verdict or numeric_verdict(j)) == "refuted" or not _solvent(j) for j in judgments]
    answered = [j.feedback is not None or j.reward is not None for j in judgments]
    return np.array(refuted, dtype=np.bool_), np.array(answered, dtype=np.bool_)


def _solvent(judgment: Judgment) -> bool:
    """Whether the proposal is feasible: an infeasible one is refuted whatever verdict came with it."""
    return all(
        judgment.wealth + o.payoff >= 0 or o.probability == 0
        for o in judgment.options[judgment.chosen].outcomes
    )
