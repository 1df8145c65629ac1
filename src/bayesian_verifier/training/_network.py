"""What does an exported function say of a person, alone and mended as it is served?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import Correction, WidePoints, correct
from bayesian_verifier.simulators import log_prior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.artifact import PosteriorFunction
    from bayesian_verifier.simulators import Evidence, Simulator

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
#: of each person, by which a network is graded
DRAWS = 256
_AT_ONCE = 64


class Said(NamedTuple):
    """Draws theta [D, P] on the link scale, their log-density [D], and the summary behind them [C]."""

    theta: Float
    log_density: Float
    summary: Float


class Network:
    """An exported function and the points behind its summaries."""

    def __init__(self, function: PosteriorFunction, simulator: Simulator, points: WidePoints) -> None:
        self.function, self.simulator, self.points = function, simulator, points

    def ask(self, evidence: Sequence[Evidence]) -> list[Said]:
        """What the network says of each."""
        result = []
        for start in range(0, len(evidence), _AT_ONCE):
            some = evidence[start : start + _AT_ONCE]
            sums = np.stack([one.sums for one in some])
            padded = np.concatenate([sums, np.zeros((_AT_ONCE - len(some), sums.shape[1]), np.float32)])
            emission = self.function(padded, self.points.noise)
            theta, density, summary = (
                np.asarray(part, np.float64)
                for part in (emission.theta, emission.log_density, emission.summary)
            )
            result += [Said(theta[i], density[i], summary[i]) for i in range(len(some))]
        return result

    def density(self, evidence: Evidence, query: Float) -> Float:
        """The network's log-density [Q] at points query [Q, P] on the link scale."""
        emission = self.function(evidence.sums[None], self.points.noise[:1], query.astype(np.float32))
        return np.asarray(emission.query_density, np.float64)[0]

    def corrected(self, said: Said, evidence: Evidence) -> Correction[Evidence]:
        """The weights of its draws, as the service finds them."""
        return correct(
            said.theta,
            said.log_density + self.points.log_ratio,
            self.points.share,
            evidence,
            lambda theta: log_prior(self.simulator.parameters, theta),
        )
