"""What do sums at nodes of several traits say about where the posterior lies and what shape it has?"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import keras
import numpy as np
from bayesflow.networks import SummaryNetwork
from bayesflow.utils.serialization import serialize

from bayesian_verifier.simulators.lottery import collected
from bayesian_verifier.simulators.traits import KNOTS
from bayesian_verifier.training._answer_potential import AnswerPotential
from bayesian_verifier.training._node_attention import located, shape_size


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class NodeSummary(SummaryNetwork):
    """A learned chance of answers, read at nodes of θ, then attention over them.

    nodes [K, P - 1]: traits in prior sd.   spread: sd of the nodes, in prior sd.   levels [M]: of ln τ in prior sd.
    prior: (mean, sd) of each parameter on the link scale, choice noise last.   context_widths: of the layers that turn
    the shape into what the flow is told; the last is how much.
    """

    def __init__(
        self,
        *,
        nodes: list[list[float]],
        spread: float,
        prior: list[list[float]],
        levels: list[float],
        context_widths: tuple[int, ...],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.settings = {
            "nodes": nodes,
            "spread": spread,
            "prior": prior,
            "levels": levels,
            "context_widths": list(context_widths),
        }
        traits, level, of = np.array(nodes), np.array(levels), np.array(prior)
        self._prior_mean, self._prior_sd = of[:, 0].astype(np.float32), of[:, 1].astype(np.float32)
        self.potential = AnswerPotential((of[-1, 0] + of[-1, 1] * level).tolist(), of[-1].tolist())
        self._nodes = _product(traits, level).astype(np.float32)
        excess = -0.5 * (traits**2).sum(axis=1) * (1.0 - spread**-2)
        self._log_prior = (excess[:, None] - 0.5 * level[None, :] ** 2).ravel().astype(np.float32)
        self._context = [
            keras.layers.Dense(width, activation="silu", name=f"context_{i}")
            for i, width in enumerate(context_widths)
        ]

    @property
    def dimensions(self) -> int:
        """P."""
        return int(self._prior_mean.size)

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - the shape follows from the nodes
        """Make the weights."""
        if not self.potential.built:
            self.potential.build(None)
            width = seen_size(self.dimensions)
            for dense in self._context:
                dense.build((None, width))
                width = dense.units
        self.built = True

    def seen(self, sums: Any) -> Any:
        """Location, scale and shape [B, D] of sums [B, K * (G + 2)], before anything but potentials is learned."""
        by_node = sums.reshape((sums.shape[0], -1, KNOTS + 2))
        people, nodes = by_node.shape[:2]
        counts = collected(by_node[..., :KNOTS].reshape((-1, KNOTS)), jnp).reshape((people, nodes, -1))
        evidence = self.potential(counts, by_node[..., KNOTS]).reshape((people, -1))
        evidence = evidence - evidence.max(axis=-1, keepdims=True)
        found = located(self._nodes, evidence, self._log_prior)
        answered = jnp.log1p(by_node[:, 0, :KNOTS].sum(axis=-1, keepdims=True))
        return jnp.concatenate([_packed(found.mean, found.factor), answered, found.shape], axis=-1)

    def readout(self, seen: Any) -> Any:
        """The summary [B, D] of what was seen: location and scale on the link scale, then a learned word on shape."""
        location = location_size(self.dimensions)
        context = jnp.concatenate([self._gentle(seen[..., :location]), seen[..., location:]], axis=-1)
        for dense in self._context:
            context = dense(context)
        p = self.dimensions
        mean = self._prior_mean + self._prior_sd * seen[..., :p]
        diagonal = seen[..., p : 2 * p] + np.log(self._prior_sd)
        lower = seen[..., 2 * p : location] * self._prior_sd[np.tril_indices(p, -1)[0]]
        return jnp.concatenate([mean, diagonal, lower, context], axis=-1)

    def _gentle(self, location: Any) -> Any:
        """Where and how wide matters little to the shape."""
        p = self.dimensions
        return jnp.concatenate([0.3 * location[..., :p], 0.5 * location[..., p:]], axis=-1)

    def call(self, x: Any, **kwargs: Any) -> Any:  # noqa: ARG002 - BayesFlow passes more
        """Summaries [B, D] of sums x [B, S] over judgments."""
        return self.readout(self.seen(x))

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return dict(super().get_config()) | serialize(self.settings)


def location_size(dimensions: int) -> int:
    """Numbers that say where a posterior lies and how wide it is: a mean and a Cholesky factor."""
    return dimensions + dimensions * (dimensions + 1) // 2


def seen_size(dimensions: int) -> int:
    """Numbers that `NodeSummary.seen` gives."""
    return location_size(dimensions) + 1 + shape_size(dimensions)


def _packed(mean: Any, factor: Any) -> Any:
    """Mean, log-diagonal and what is below the diagonal, row by row."""
    rows, columns = np.tril_indices(mean.shape[-1], -1)
    diagonal = jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1))
    return jnp.concatenate([mean, diagonal, factor[:, rows, columns]], axis=-1)


def _product(traits: Any, levels: Any) -> Any:
    """Each of the traits [K, P - 1] with each level [M]: [K * M, P]."""
    repeated = np.repeat(traits, levels.size, axis=0)
    return np.column_stack([repeated, np.tile(levels, len(traits))])
