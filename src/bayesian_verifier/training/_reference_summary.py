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

from bayesian_verifier.training._attention import LOCATION, SHAPE, located, log_widths, refined, shape_of
from bayesian_verifier.training._potential import PotentialNetwork


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class ReferenceSummary(SummaryNetwork):
    """Masked sum of learned potentials at reference points, then attention over the summed surface.

    points [K]: reference values of risk aversion, increasing.   noise_points [M]: levels of ln τ, evenly spaced.
    prior: ((mean, sd), (mean, sd)) of the two parameters on the link scale, where the surface starts from.
    knots: spline coefficients per level.   refine: how much finer than the points the attention looks, (r, ln τ).
    context_widths: of the layers that turn the surface's shape into what the flow is told; the last is how much.
    """

    def __init__(
        self,
        *,
        points: list[float],
        noise_points: list[float],
        prior: list[list[float]],
        knots: int,
        refine: tuple[int, int],
        context_widths: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.points = [float(p) for p in points]
        self.noise_points = [float(p) for p in noise_points]
        self.prior = [[float(v) for v in pair] for pair in prior]
        self.refine = (int(refine[0]), int(refine[1]))
        self.context_widths = tuple(int(width) for width in context_widths)
        self._context = [
            keras.layers.Dense(width, activation="silu", name=f"context_{i}")
            for i, width in enumerate(self.context_widths)
        ]
        self.potential = PotentialNetwork(self.noise_points, centre=self.prior[1], knots=int(knots))
        self._fine_r, self._to_fine_r = refined(np.array(self.points), self.refine[0])
        self._fine_t, self._to_fine_t = refined(np.array(self.noise_points), self.refine[1])

    @property
    def state_shape(self) -> tuple[int, int, int]:
        """Shape (2, K, M) of what is kept of a person: grains of the summed potentials and what is left over."""
        return 2, len(self.points), len(self.noise_points)

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the shape follows from the points
        """Make the weights of the potentials; they start at nothing."""
        if not self.potential.built:
            self.potential.build(None)
            width = SHAPE
            for dense in self._context:
                dense.build((None, width))
                width = dense.units
        self.built = True

    def surface_of(self, state: Any) -> Any:
        """The surface [..., R, T] of what is kept [..., 2, K, M]."""
        coarse, rest = state[..., 0, :, :], state[..., 1, :, :]
        # grains are measured from the peak before the rest is added, so that no digit is lost where the mass is
        return self.surface(coarse - coarse.max(axis=(-2, -1), keepdims=True) + rest)

    def surface(self, potential: Any) -> Any:
        """Log-weights [..., R, T] over the refined points of summed potentials [..., K, M], normalised."""
        z_r, z_t = (
            (np.array(at) - mean) / sd
            for at, (mean, sd) in zip((self.points, self.noise_points), self.prior, strict=True)
        )
        prior = (-0.5 * (z_r[:, None] ** 2 + z_t[None, :] ** 2)).astype(np.float32)
        energy = potential + prior
        energy = energy - energy.max(axis=(-2, -1), keepdims=True)
        fine = jnp.asarray(self._to_fine_r) @ energy @ jnp.asarray(self._to_fine_t).T
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
        """The summary [..., D] of surfaces [..., R, T]: location and scale, then a learned word on the shape.

        The word is found once a set, so that the flow, which is asked once a draw, can be small.
        """
        context = shape = shape_of(surface, self._fine_r, self._fine_t)
        for dense in self._context:
            context = dense(context)
        return jnp.concatenate([shape[..., :LOCATION], context], axis=-1)

    def call(self, x: Any, mask: Any = None, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of sets x [B, N, K + 3]; rows of padding are 0 in mask [B, N] (all count if None)."""
        mask = jnp.ones(x.shape[:-1], x.dtype) if mask is None else jnp.asarray(mask, x.dtype)
        return self.readout(self.surface_of(self.potential(x, mask)))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        config = {
            "points": self.points,
            "noise_points": self.noise_points,
            "prior": self.prior,
            "knots": self.potential.knots,
            "refine": list(self.refine),
            "context_widths": list(self.context_widths),
        }
        return dict(super().get_config()) | serialize(config)
