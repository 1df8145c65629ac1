"""What does a surface of log-weights over θ say about where the posterior lies and what shape it has?

Whatever potentials the judgments add up to, together with the prior they make a surface over both parameters.
Attention over its points gives where the posterior lies, how wide it is and what shape it has, and that is the summary
(docs/model.md, "the network").
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


class SurfaceSummary(SummaryNetwork):
    """Attention over the surface of potentials that a subclass learns.

    points [K]: values of the first parameter, increasing.   noise_points [M]: of the second, evenly spaced.
    prior: ((mean, sd), (mean, sd)) of the two parameters on the link scale, where the surface starts from.
    refine: how much finer than the points the attention looks, for each parameter.
    context_widths: of the layers that turn the surface's shape into what the flow is told; the last is how much.
    """

    potential: Any

    def __init__(
        self,
        *,
        points: list[float],
        noise_points: list[float],
        prior: list[list[float]],
        refine: tuple[int, int],
        context_widths: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.points = [float(p) for p in points]
        self.noise_points = [float(p) for p in noise_points]
        self.prior = [[float(v) for v in pair] for pair in prior]
        self.refine = (int(refine[0]), int(refine[1]))
        self.context_widths = tuple(int(width) for width in context_widths)
        self._context = [
            keras.layers.Dense(width, activation="silu", name=f"context_{i}")
            for i, width in enumerate(self.context_widths)
        ]
        self._fine_r, self._to_fine_r = refined(np.array(self.points), self.refine[0])
        self._fine_t, self._to_fine_t = refined(np.array(self.noise_points), self.refine[1])

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the shape follows from the points
        """Make the weights of the potentials; they start at nothing."""
        if not self.potential.built:
            self.potential.build(None)
            width = SHAPE
            for dense in self._context:
                dense.build((None, width))
                width = dense.units
        self.built = True

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

    def draws(self, surface: Any, key: Any, count: int) -> Any:
        """`count` values of θ [B, count, 2] from each of the surfaces [B, R, T], evenly spread over its first axis."""
        first, second = jax.random.split(key)
        weight = jnp.exp(surface)
        of_r = jnp.cumsum(weight.sum(axis=-1), axis=-1)
        even = (jnp.arange(count) + jax.random.uniform(first, (surface.shape[0], count))) / max(count, 1)
        row, part = _inverted(of_r / of_r[..., -1:], even)
        of_t = jnp.cumsum(jnp.take_along_axis(weight, row[..., None], axis=1), axis=-1)
        u = jax.random.uniform(second, (surface.shape[0], count))
        column, share = _inverted(of_t / of_t[..., -1:], u[..., None])
        r = _within(jnp.asarray(self._fine_r), row, part)
        t = _within(jnp.asarray(self._fine_t), column[..., 0], share[..., 0])
        return jnp.stack([r, t], axis=-1)

    def lesson(self, sums: Any, theta: Any, key: Any, count: int) -> tuple[Any, Any, Any, None]:
        """Negative log-densities [B] of θ [B, P] by the attention, the summary [B, D], and what the flow learns from.

        That are values of θ [B, 1 + count, P]: the true one and those the attention, which is nearly exact soon, draws.

        The summary's gradient stops at the surface. How dense the posterior is there is not known: None.
        """
        surface = self.surface(self.potential(sums))
        fixed = jax.lax.stop_gradient(surface)
        points = jnp.concatenate([theta[:, None], self.draws(fixed, key, count)], axis=1)
        return -self.log_density(surface, theta), self.readout(fixed), points, None

    def readout(self, surface: Any) -> Any:
        """The summary [..., D] of surfaces [..., R, T]: location and scale, then a learned word on the shape.

        The word is found once a set, so that the flow, which is asked once a draw, can be small.
        """
        context = shape = shape_of(surface, self._fine_r, self._fine_t)
        for dense in self._context:
            context = dense(context)
        return jnp.concatenate([shape[..., :LOCATION], context], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        config = {
            "points": self.points,
            "noise_points": self.noise_points,
            "prior": self.prior,
            "refine": list(self.refine),
            "context_widths": list(self.context_widths),
        }
        return dict(super().get_config()) | serialize(config)


def _inverted(cumulative: Any, level: Any) -> tuple[Any, Any]:
    """The cell [..., n] that each level [..., n] of a cumulative distribution [..., K] falls into, and how far in."""
    cell = jnp.sum(cumulative[..., None, :] < level[..., :, None], axis=-1)
    cell = jnp.clip(cell, 0, cumulative.shape[-1] - 1)
    above = jnp.take_along_axis(cumulative, cell, axis=-1)
    below = jnp.where(cell > 0, jnp.take_along_axis(cumulative, jnp.maximum(cell - 1, 0), axis=-1), 0.0)
    return cell, jnp.clip((level - below) / jnp.maximum(above - below, 1e-12), 0.0, 1.0)


def _within(points: Any, cell: Any, part: Any) -> Any:
    """The value `part` of the way through the cell around a point: from half-way to its neighbours."""
    middle = 0.5 * (points[1:] + points[:-1])
    low = jnp.concatenate([points[:1], middle])
    high = jnp.concatenate([middle, points[-1:]])
    return low[cell] + part * (high[cell] - low[cell])
