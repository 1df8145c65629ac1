"""How does a person with risk aversion r and choice noise τ answer a proposal?

docs/model.md, "θ → feedback and reward": approval is logistic in the advantage ∆(r)/τ with a lapse rate,
the reward is ∆(r) plus normal noise. What a network reads are sums of what ∆ is at fixed reference values of r beside
what was answered: never a likelihood, so that a simulator without one goes through the same door.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.simulators._answers import refutations
from bayesian_verifier.simulators._protocol import Description, Parameter, Responses
from bayesian_verifier.simulators.lottery._advantage import advantages
from bayesian_verifier.simulators.lottery._cases import informative
from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD, log_chance, log_likelihood_between
from bayesian_verifier.simulators.lottery._evidence import (
    POINTS,
    LotteryEvidence,
    evidence_of,
    evidence_of_bytes,
)
from bayesian_verifier.simulators.lottery._generator import CaseMixture, generate_cases
from bayesian_verifier.simulators.lottery._met import LotteryRivals
from bayesian_verifier.simulators.lottery._packed import pack_judgments
from bayesian_verifier.simulators.lottery._people import records
from bayesian_verifier.simulators.lottery._spread import KNOTS, STRETCH
from bayesian_verifier.simulators.lottery._sums import REWARD_TERMS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Beside, Rivals

Float = NDArray[np.float64]
REFUTED_REWARD = -1.0


class LotterySimulator:
    """MODEL of the shipped service: θ = (risk_aversion, ln choice_noise)."""

    name = "lottery"
    parameters: tuple[Parameter, ...] = (
        Parameter("risk_aversion", "identity", 0.5, 1.0),
        Parameter("choice_noise", "log", math.log(0.1), 1.0),
    )
    sums_size = POINTS.size * (KNOTS + REWARD_TERMS)

    def __init__(self, parameters: Sequence[Parameter] | None = None) -> None:
        """People under the prior of the shipped model, or under that of a model with these parameters.

        Raises ValueError where they are not the same parameters under another normal prior.
        """
        if parameters is not None:
            meant, given = ([(p.name, p.link) for p in some] for some in (self.parameters, parameters))
            if given != meant:
                raise ValueError(f"expected priors of {meant}, got {given}")
            self.parameters = tuple(parameters)
        self.points = POINTS
        self.rivals: Rivals | None = LotteryRivals()
        self.feature_layout: dict[str, Any] = {
            "summed_at": [round(float(r), 6) for r in POINTS],
            "knots": KNOTS,
            "stretch": STRETCH,
            "then": ["(reward - advantage) squared", "reward - advantage"],
        }

    def sample_prior(self, rng: np.random.Generator, n: int) -> Float:
        """θ [n, 2] on the link scale."""
        means = np.array([p.prior_mean for p in self.parameters])
        sds = np.array([p.prior_sd for p in self.parameters])
        result: Float = means + sds * rng.standard_normal((n, len(self.parameters)))
        return result

    def draw_cases(self, rng: np.random.Generator, n: int) -> Sequence[Judgment]:
        """N proposals of an even mixture of all kinds."""
        return parse_judgments(records(generate_cases(rng, n, CaseMixture()))) if n else []

    def simulate(self, rng: np.random.Generator, theta: Float, cases: Sequence[Judgment]) -> Responses:
        """Person i, θ [n, 2], answers proposal i, refuted proposals and cases without an advantage included."""
        refuted = np.array(refutations(cases), dtype=np.bool_)
        packed, has_advantage = pack_judgments(cases)
        delta = np.zeros(len(cases))
        delta[has_advantage] = advantages(packed, theta[has_advantage, 0])
        return respond(rng, delta, np.exp(theta[:, 1]), refuted)

    def describe(self, judgments: Sequence[Judgment]) -> Description:
        """Sums over the informative judgments at the reference points, and how many there are."""
        answered, told, refuted = informative(judgments)
        return Description(evidence_of(answered), told, refuted)

    def beside(self) -> Beside:
        """The same for JAX, which is imported here."""
        from bayesian_verifier.simulators.lottery._beside import LotteryBeside  # noqa: PLC0415

        return LotteryBeside()

    def read_evidence(self, raw: bytes) -> LotteryEvidence:
        """Evidence as it was written. Raises ValueError."""
        return evidence_of_bytes(raw)

    def log_likelihood_of_sums(self, sums: Float, theta: Float, xp: ModuleType) -> Float:
        """Log p(judgments | θ) [n] up to a constant, of what the network reads, [sums_size], for θ [n, 2]."""
        return log_likelihood_between(POINTS, sums.reshape(POINTS.size, -1), theta, xp)

    def log_likelihood(self, theta: Float, judgments: Sequence[Judgment]) -> Float:
        """Log p(judgments | θ) [n] for θ [n, 2]; 0 where nothing is informative."""
        answered, _, _ = informative(judgments)
        total = np.zeros(len(theta))
        if not len(answered):
            return total
        # on a grid each r comes many times, and utilities are the dear part
        distinct, which = np.unique(theta[:, 0], return_inverse=True)
        curves = answered.cases.curves(distinct)
        noise = np.exp(theta[:, 1])
        for curve, sign, reward, rewarded in zip(
            curves, answered.sign, answered.reward, answered.rewarded, strict=True
        ):
            if sign:
                total += log_chance(sign * curve[which], noise)
            if rewarded:
                residual = ((reward - curve) / REWARD_SD)[which]
                total += -0.5 * residual * residual - math.log(REWARD_SD * math.sqrt(2 * math.pi))
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
