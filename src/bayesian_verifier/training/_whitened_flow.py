"""Where does a flow of several parameters look? At what is left of θ once location and scale are taken out.

As `LocatedFlow`, for any number of parameters: BayesFlow's coupling flow bends a residual that is near normal already.
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import keras
from bayesflow.networks import CouplingFlow, InferenceNetwork
from bayesflow.utils.serialization import serialize

from bayesian_verifier.survey import location_size
from bayesian_verifier.training._shared_context import SharedContextMLP


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class WhitenedFlow(InferenceNetwork):
    """BayesFlow's CouplingFlow of the residual L⁻¹(θ - μ) of P parameters.

    Conditions [..., D]: μ, log of L's diagonal, what is below it row by row, then so many words that the flow is told.
    """

    def __init__(self, parameters: int, words: int, flow: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.parameters, self.words = int(parameters), int(words)
        self.flow_settings = dict(flow)
        subnet = {**flow["subnet_kwargs"], "shared": self.words}
        self.flow = CouplingFlow(**{**flow, "subnet": SharedContextMLP, "subnet_kwargs": subnet})

    def build(self, xz_shape: Any, conditions_shape: Any = None) -> None:
        """Build the flow on what is left of the conditions."""
        if self.flow.built:
            return
        self.flow.build(xz_shape, (*conditions_shape[:-1], self.words))
        self.base_distribution.build(xz_shape)
        self.built = True

    def _forward(
        self, x: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        mean, factor, told = self._split(conditions)
        result = self.flow(whitened(x - mean, factor), conditions=told, density=density, training=training)
        if not density:
            return result
        z, log_density = result
        return z, log_density - _log_determinant(factor)

    def _inverse(
        self, z: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        mean, factor, told = self._split(conditions)
        result = self.flow(z, conditions=told, inverse=True, density=density, training=training)
        if not density:
            return mean + coloured(result, factor)
        residual, log_density = result
        return mean + coloured(residual, factor), log_density - _log_determinant(factor)

    def compute_metrics(
        self, x: Any, conditions: Any = None, sample_weight: Any = None, stage: str = "training", **_: Any
    ) -> dict[str, Any]:
        """Mean negative log-density of x [B, P]."""
        _, log_density = self(x, conditions=conditions, density=True, training=stage == "training")
        weight = 1.0 if sample_weight is None else sample_weight / jnp.mean(sample_weight)
        return {"loss": -jnp.mean(weight * log_density)}

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        settings = {"parameters": self.parameters, "words": self.words, "flow": self.flow_settings}
        return dict(super().get_config()) | serialize(settings)

    def _split(self, conditions: Any) -> tuple[Any, list[list[Any]], Any]:
        """Mean [..., P], rows of the factor, and what the flow is told."""
        p, size = self.parameters, location_size(self.parameters)
        diagonal, below = jnp.exp(conditions[..., p : 2 * p]), conditions[..., 2 * p : size]
        rows = [[*(below[..., i * (i - 1) // 2 + j] for j in range(i)), diagonal[..., i]] for i in range(p)]
        return conditions[..., :p], rows, conditions[..., size:]


def whitened(centred: Any, rows: list[list[Any]]) -> Any:
    """The factor's inverse times θ - μ [..., P]."""
    found: list[Any] = []
    for i, row in enumerate(rows):
        known = sum((row[j] * found[j] for j in range(i)), 0.0)
        found.append((centred[..., i] - known) / row[i])
    return jnp.stack(found, axis=-1)


def coloured(residual: Any, rows: list[list[Any]]) -> Any:
    """The factor times a residual [..., P]."""
    return jnp.stack(
        [sum((row[j] * residual[..., j] for j in range(i + 1)), 0.0) for i, row in enumerate(rows)], axis=-1
    )


def _log_determinant(rows: list[list[Any]]) -> Any:
    return sum(jnp.log(row[i]) for i, row in enumerate(rows))
