"""How is a set of judgments of any size summarised, so that one more only adds?

At each reference point of risk aversion a judgment is described by its advantage there. A learned potential says,
for each of M levels of choice noise, how well the answer fits; potentials are summed over judgments. The sum is a
surface over (risk aversion, log choice noise): attention over its points gives where the posterior lies, how wide
it is and what shape it has, and that is the summary (docs/model.md, "the network").

Nothing in here knows the simulator's likelihood: the potentials are learned from simulations alone.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from bayesflow.networks import SummaryNetwork
from bayesflow.utils.serialization import serialize

from bayesian_verifier.training._attention import located, log_widths, refined, shape_of
from bayesian_verifier.training._potential import PotentialNetwork


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class ReferenceSummary(SummaryNetwork):
    """Masked sum of learned potentials at reference points, then attention over the summed surface.

    points [K]: reference values of risk aversion, increasing.   noise_points [M]: levels of ln τ, evenly spaced.
    prior: ((mean, sd), (mean, sd)) of the two parameters on the link scale, where the surface starts from.
    knots: spline coefficients per level.   refine: how much finer than the points the attention looks, (r, ln τ).
    """

    def __init__(
        self,
        *,
        points: list[float],
        noise_points: list[float],
        prior: list[list[float]],
        knots: int,
        refine: tuple[int, int] = (4, 3),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.points = [float(p) for p in points]
        self.noise_points = [float(p) for p in noise_points]
        self.prior = [[float(v) for v in pair] for pair in prior]
        self.refine = (int(refine[0]), int(refine[1]))
        self.potential = PotentialNetwork(self.noise_points, centre=self.prior[1], knots=int(knots))
        self._fine_r, self._to_fine_r = refined(np.array(self.points), self.refine[0])
        self._fine_t, self._to_fine_t = refined(np.array(self.noise_points), self.refine[1])

    @property
    def state_shape(self) -> tuple[int, int]:
        """Shape (K, M) of what is kept of a person."""
        return len(self.points), len(self.noise_points)

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the shape follows from the points
        """Make the weights of the potentials; they start at nothing."""
        if not self.potential.built:
            self.potential.build(None)
        self.built = True

    def surface(self, state: Any) -> Any:
        """Log-weights [..., R, T] over the refined points of summed potentials [..., K, M], normalised."""
        z_r, z_t = (
            (np.array(at) - mean) / sd
            for at, (mean, sd) in zip((self.points, self.noise_points), self.prior, strict=True)
        )
        prior = (-0.5 * (z_r[:, None] ** 2 + z_t[None, :] ** 2)).astype(np.float32)
        fine = jnp.asarray(self._to_fine_r) @ (state + prior) @ jnp.asarray(self._to_fine_t).T
        fine = fine + jnp.asarray(log_widths(self._fine_r))[:, None]
        return fine - jax.scipy.special.logsumexp(fine, axis=(-2, -1), keepdims=True)

    def log_density(self, surface: Any, theta: Any) -> Any:
        """Log-density [B] of theta [B, 2] under surfaces [B, R, T], linear in between; trains the potentials."""
        density = surface - jnp.asarray(log_widths(self._fine_r))[:, None]
        i, u = located(jnp.asarray(self._fine_r), theta[:, 0])
        j, v = located(jnp.asarray(self._fine_t), theta[:, 1])
        rows = jnp.arange(theta.shape[0])
        low = (1 - v) * density[rows, i, j] + v * density[rows, i, j + 1]
        high = (1 - v) * density[rows, i + 1, j] + v * density[rows, i + 1, j + 1]
        return (1 - u) * low + u * high - float(np.log(self._fine_t[1] - self._fine_t[0]))

    def readout(self, surface: Any) -> Any:
        """The summary [..., D] of surfaces [..., R, T]: location and scale first, then the shape."""
        return shape_of(surface, self._fine_r, self._fine_t, self.prior[1][0])

    def call(self, x: Any, mask: Any = None, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of sets x [B, N, K + 3]; rows of padding are 0 in mask [B, N] (all count if None)."""
        mask = jnp.ones(x.shape[:-1], x.dtype) if mask is None else jnp.asarray(mask, x.dtype)
        return self.readout(self.surface(self.potential(x, mask)))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        config = {
            "points": self.points,
            "noise_points": self.noise_points,
            "prior": self.prior,
            "knots": self.potential.knots,
            "refine": list(self.refine),
        }
        return dict(super().get_config()) | serialize(config)
