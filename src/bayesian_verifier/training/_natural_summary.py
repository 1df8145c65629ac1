"""What do sums of a simulator's own features say about where the posterior lies and what shape it has?"""

from __future__ import annotations

from typing import Any

import keras

from bayesian_verifier.training._natural_potential import NaturalPotential
from bayesian_verifier.training._surface_summary import SurfaceSummary


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class NaturalSummary(SurfaceSummary):
    """Learned natural parameters of sums, then attention over their surface; see `SurfaceSummary`.

    scale [S]: size of what one judgment adds to each sum.
    """

    def __init__(self, *, scale: list[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale = [float(v) for v in scale]
        self.potential = NaturalPotential(self.points, self.noise_points, self.prior, self.scale)

    def call(self, x: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of sums x [B, S] over judgments."""
        return self.readout(self.surface(self.potential(x)))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return super().get_config() | {"scale": self.scale}
