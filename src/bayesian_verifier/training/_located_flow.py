"""Where does the flow look? At what is left of θ once the summary's location and scale are taken out.

A coupling flow in θ itself must move and narrow its mass by a thousand for a person with many judgments; here it
only bends a standardised residual (docs/model.md, "the network").
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import keras
from bayesflow.networks import CouplingFlow, InferenceNetwork
from bayesflow.utils.serialization import serialize

from bayesian_verifier.training._attention import LOCATION


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class LocatedFlow(InferenceNetwork):
    """BayesFlow's CouplingFlow of the residual L⁻¹(θ - μ), with μ and L read from the leading conditions.

    Conditions [..., D]: mean of both parameters, log of both sds, inverse tanh of the correlation, then the shape.
    """

    def __init__(self, flow: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flow_settings = dict(flow)
        self.flow = CouplingFlow(**self.flow_settings)

    def build(self, xz_shape: Any, conditions_shape: Any = None) -> None:
        """Build the flow on the same shapes: its conditions are the summary with the location shrunk."""
        if self.flow.built:
            return
        self.flow.build(xz_shape, conditions_shape)
        self.base_distribution.build(xz_shape)
        self.built = True

    def _forward(
        self, x: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        location, scale = _split(conditions)
        residual = _whiten(x - location, scale)
        result = self.flow(residual, conditions=_shrunk(conditions), density=density, training=training)
        if not density:
            return result
        z, log_density = result
        return z, log_density - _log_det(scale)

    def _inverse(
        self, z: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        location, scale = _split(conditions)
        result = self.flow(
            z, conditions=_shrunk(conditions), inverse=True, density=density, training=training
        )
        if not density:
            return location + _colour(result, scale)
        residual, log_density = result
        return location + _colour(residual, scale), log_density - _log_det(scale)

    def compute_metrics(
        self, x: Any, conditions: Any = None, sample_weight: Any = None, stage: str = "training", **_: Any
    ) -> dict[str, Any]:
        """Mean negative log-density of x [B, 2]."""
        _, log_density = self(x, conditions=conditions, density=True, training=stage == "training")
        weight = 1.0 if sample_weight is None else sample_weight / jnp.mean(sample_weight)
        return {"loss": -jnp.mean(weight * log_density)}

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return dict(super().get_config()) | serialize({"flow": self.flow_settings})


def _split(conditions: Any) -> tuple[Any, tuple[Any, Any, Any]]:
    location = conditions[..., :2]
    sd = jnp.exp(conditions[..., 2:4])
    return location, (sd[..., 0], sd[..., 1], jnp.tanh(conditions[..., 4]))


def _whiten(centred: Any, scale: tuple[Any, Any, Any]) -> Any:
    sd_r, sd_t, rho = scale
    first = centred[..., 0] / sd_r
    second = (centred[..., 1] / sd_t - rho * first) / jnp.sqrt(1.0 - rho**2)
    return jnp.stack([first, second], axis=-1)


def _colour(residual: Any, scale: tuple[Any, Any, Any]) -> Any:
    sd_r, sd_t, rho = scale
    first = residual[..., 0]
    second = sd_t * (rho * first + jnp.sqrt(1.0 - rho**2) * residual[..., 1])
    return jnp.stack([sd_r * first, second], axis=-1)


def _log_det(scale: tuple[Any, Any, Any]) -> Any:
    sd_r, sd_t, rho = scale
    return jnp.log(sd_r) + jnp.log(sd_t) + 0.5 * jnp.log1p(-(rho**2))


def _shrunk(conditions: Any) -> Any:
    """Conditions of the flow: the location matters little to the shape, the rest as it is."""
    location = conditions[..., :LOCATION] * jnp.asarray([0.3, 0.3, 0.5, 0.5, 0.5], conditions.dtype)
    return jnp.concatenate([location, conditions[..., LOCATION:]], axis=-1)
