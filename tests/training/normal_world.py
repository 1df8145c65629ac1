"""A world in which every posterior is known: normal parameters, measured with normal noise.

It stands where the lotteries, their pool and their network stand, so that what grades a network can itself be graded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats

from bayesian_verifier.posterior import Correction, WidePoints, correct, wide_points
from bayesian_verifier.simulators import Parameter, log_prior
from bayesian_verifier.training._network import Said
from bayesian_verifier.training._simulated import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

PARAMETERS = (Parameter("a", "identity", 0.5, 1.0), Parameter("b", "log", -2.0, 0.7))
NOISE = 2.0
_PRIOR = np.array([[p.prior_mean, p.prior_sd] for p in PARAMETERS])


@dataclass(frozen=True)
class Measured:
    """`count` measurements of both parameters with this mean."""

    mean: np.ndarray
    count: int
    kind: str = "feedback"
    likely: bool = True

    @property
    def posterior(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and sd, in closed form."""
        precision = 1 / _PRIOR[:, 1] ** 2 + self.count / NOISE**2
        mean = (_PRIOR[:, 0] / _PRIOR[:, 1] ** 2 + self.count * self.mean / NOISE**2) / precision
        return mean, precision**-0.5

    def log_likelihood(self, theta: np.ndarray) -> np.ndarray | None:
        """Of the mean of the measurements."""
        if not self.likely:
            return None
        if not self.count:
            return np.zeros(len(theta))
        return np.asarray(stats.norm.logpdf(self.mean, theta, NOISE / math.sqrt(self.count)).sum(axis=1))

    def sharpened(self, mean: np.ndarray, sd: np.ndarray) -> Measured:  # noqa: ARG002 - it is exact
        """The same."""
        return self


@dataclass(frozen=True)
class People:
    """People of this world; `likely`: whether their evidence offers a likelihood."""

    likely: bool = True

    def person(self, rng: np.random.Generator, size: int, kind: str) -> Drawn:
        """Somebody from the prior, measured `size` times."""
        theta = _PRIOR[:, 0] + _PRIOR[:, 1] * rng.standard_normal(2)
        mean = theta + NOISE * rng.standard_normal((max(size, 1), 2)).mean(axis=0)
        return Drawn(theta, size, Measured(mean, size, kind, self.likely))  # type: ignore[arg-type]


@dataclass(frozen=True)
class NormalNetwork:
    """A network that knows the posterior, but for its sd, which is `width` times the true one."""

    width: float = 1.0
    points: WidePoints = wide_points(256, 2)  # noqa: RUF009 - they never change
    simulator: Any = None

    def __post_init__(self) -> None:
        """This world's parameters."""

        class World:
            parameters = PARAMETERS

        object.__setattr__(self, "simulator", World)

    def ask(self, evidence: Sequence[Measured]) -> list[Said]:
        """Draws of each posterior; the summary is where and how wide it is."""
        return [self._said(one) for one in evidence]

    def _said(self, evidence: Measured) -> Said:
        mean, sd = evidence.posterior
        noise = self.points.noise.astype(np.float64)
        theta = mean + self.width * sd * noise
        log_density = stats.norm.logpdf(noise).sum(axis=1) - np.log(self.width * sd).sum()
        return Said(theta, log_density, (evidence.mean - _PRIOR[:, 0]) * 1.0)

    def corrected(self, said: Said, evidence: Measured) -> Correction[Measured]:
        """As the service does it."""
        return correct(
            said.theta,
            said.log_density + self.points.log_ratio,
            self.points.share,
            evidence,
            lambda theta: log_prior(PARAMETERS, theta),
        )
