"""What does a flow of several traits have to know of a posterior: where it lies, and a learned word on its shape?

The first is in the survey of the posterior that the network reads; the second is learned from what the survey says of
the shape. Whom the network learns from is known by summed log-likelihoods on a lattice, and surveyed there.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from bayesflow.networks import SummaryNetwork
from bayesflow.utils.serialization import serialize

from bayesian_verifier.simulators.traits import COUNTS, Axis, Lattice, drawn_in, drawn_out
from bayesian_verifier.survey import (
    Place,
    located,
    location_size,
    probe_weights,
    probes,
    surveyed,
    unfolded,
)
from bayesian_verifier.training._moments import shape_of, shape_size

#: points that a person's draws are taken from while training, how far out, and how many must count
_CANDIDATES, _CANDID, _LEAST = 256, 1.5, 8.0


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class TraitSummary(SummaryNetwork):
    """Location, scale and shape of the posterior of P parameters, of a survey of it.

    axes: of the lattice that people are known by in a lesson, in prior sd.   prior: (mean, sd) of each parameter on the
    link scale.
    context_widths: of the layers that turn the shape into what the flow is told; the last is how much.
    """

    def __init__(
        self,
        *,
        axes: list[list[float]],
        prior: list[list[float]],
        context_widths: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = {"axes": axes, "prior": prior, "context_widths": list(context_widths)}
        self.lattice = Lattice(tuple(Axis(int(nodes), stretch, reach) for nodes, stretch, reach in axes))
        self._mean, self._sd = np.array(prior, np.float32).T
        self._probes, self._probe_weights = probes(len(axes)), probe_weights(len(axes))
        last = len(context_widths) - 1
        # the last one is bounded, so that somebody unlike all others does not throw the flow out
        self._context = [
            keras.layers.Dense(width, activation="tanh" if i == last else "silu", name=f"context_{i}")
            for i, width in enumerate(context_widths)
        ]

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the shape follows from the probes
        """Make the weights."""
        if not self._context[0].built:
            width = location_size(self._mean.size) + shape_size(self._mean.size) + len(self._probes)
            for dense in self._context:
                dense.build((None, width))
                width = dense.units
        self.built = True

    def call(self, x: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of surveys x [B, S]."""
        place, surplus = unfolded(x, self._mean.size)
        return self._readout(place, self._shape(surplus))

    def lesson(self, sums: Any, theta: Any, key: Any, count: int) -> tuple[Any, Any, Any, Any]:  # noqa: ARG002
        """Nothing [B] to be learned but by the flow, the summary [B, D], and `count` draws [B, count, P] of each.

        Last, how dense the posterior is there: log-densities [B, count] but for a constant. Draws are of the posterior
        that the sums [B, N] on the lattice make, by importance resampling (Rubin 1988).
        """
        density = self._density(sums)
        place, surplus = unfolded(surveyed(density, sums.shape[0], self._mean.size), self._mean.size)
        drawn, good = _drawn(density, place, key, count)
        shape = jnp.where(good[:, None], self._shape(surplus), 0.0)
        places = place.at(drawn)
        known = jnp.where(good[:, None], density(places), -0.5 * (drawn**2).sum(axis=-1))
        return jnp.zeros(sums.shape[0]), self._readout(place, shape), self._mean + self._sd * places, known

    def _density(self, sums: Any) -> Any:
        """Log-density, but for a constant, [B, M] of points [B, M, P] in prior sd."""
        evidence = sums[:, :-COUNTS]
        evidence = evidence - evidence.max(axis=-1, keepdims=True)
        read = partial(self.lattice.read, self.lattice.coefficients(drawn_in(evidence, jnp), jnp), xp=jnp)
        return lambda places: drawn_out(read(places), jnp) - 0.5 * (places**2).sum(axis=-1)

    def _shape(self, surplus: Any) -> Any:
        """What shape is left once location and scale are taken out [B, S], of how dense it is at the probes [B, M]."""
        weight = jax.nn.softmax(surplus + self._probe_weights, axis=-1)
        left = 0.5 * jnp.arcsinh(surplus - (weight * surplus).sum(axis=-1, keepdims=True))
        return jnp.concatenate([shape_of(weight, self._probes), left], axis=-1)

    def _readout(self, place: Place, shape: Any) -> Any:
        """Location and scale on the link scale, then a learned word on the shape."""
        p = self._mean.size
        seen = located(place.mean, place.factor)
        sd = jnp.sqrt((place.factor**2).sum(axis=-1))
        below = seen[..., 2 * p :] / sd[..., np.tril_indices(p, -1)[0]]
        context = jnp.concatenate([0.3 * seen[..., :p], 0.5 * jnp.log(sd), 0.5 * below, shape], axis=-1)
        for dense in self._context:
            context = dense(context)
        where = located(self._mean + self._sd * place.mean, self._sd[:, None] * place.factor)
        return jnp.concatenate([where, context], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return dict(super().get_config()) | serialize(self.settings)


def _drawn(density: Any, place: Place, key: Any, count: int) -> tuple[Any, Any]:
    """Draws [B, count, P], whitened, and whether enough candidates counted [B]; if not, they are of the normal."""
    first, second = jax.random.split(key)
    people, dimensions = place.mean.shape
    noise = jax.random.normal(first, (people, _CANDIDATES, dimensions))
    candidates = _CANDID * noise
    weight = jax.nn.softmax(density(place.at(candidates)) + 0.5 * (noise**2).sum(axis=-1), axis=-1)
    good = 1.0 / (weight**2).sum(axis=-1) > _LEAST
    even = (jnp.arange(count) + jax.random.uniform(second, (people, 1))) / count
    which = (jnp.cumsum(weight, axis=-1)[:, None, :] < even[..., None]).sum(axis=-1)
    which = jnp.clip(which, 0, _CANDIDATES - 1)
    drawn = jnp.take_along_axis(candidates, which[..., None], axis=1)
    return jnp.where(good[:, None, None], drawn, noise[:, :count]), good
