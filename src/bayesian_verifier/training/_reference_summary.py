"""What do the sums over a person's judgments say about where the posterior lies and what shape it has?

At each reference point of risk aversion the sums say which advantages were approved and which rejected. A learned
potential says, for each of M levels of choice noise, how well each answer fits; what they add up to is a
surface over (risk aversion, log choice noise): attention over its points gives where the posterior lies, how wide
it is and what shape it has, and that is the summary (docs/model.md, "the network").

Nothing in here knows the simulator's likelihood: the potentials are learned from simulations alone.
"""

from __future__ import annotations

from typing import Any

import keras

from bayesian_verifier.training._potential import PotentialNetwork
from bayesian_verifier.training._surface_summary import SurfaceSummary


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class ReferenceSummary(SurfaceSummary):
    """Learned potentials of sums at reference points, then attention over their surface.

    knots: spline coefficients per level.   The others are those of `SurfaceSummary`: points are reference values of
    risk aversion, noise_points levels of ln τ.
    """

    def __init__(self, *, knots: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.knots = int(knots)
        self.potential = PotentialNetwork(self.noise_points, centre=self.prior[1], knots=self.knots)

    def call(self, x: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of sums x [B, K * (G + 2)] over judgments."""
        sums = x.reshape((*x.shape[:-1], len(self.points), -1))
        return self.readout(self.surface(self.potential(sums)))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return super().get_config() | {"knots": self.knots}
