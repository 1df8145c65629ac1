"""Where does the flow of several parameters look? At what is left of θ without the summary's location and scale.

As `LocatedFlow`, in any number of dimensions (docs/model.md, "the network").
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np
from bayesflow.networks import CouplingFlow, InferenceNetwork
from bayesflow.utils.serialization import serialize


@keras.saving.register_keras_serializable(package="bayesian_verifier")
class WhitenedFlow(InferenceNetwork):
    """BayesFlow's CouplingFlow of the residual L⁻¹(θ - μ), with μ and L read from the leading conditions.

    Conditions [..., D]: mean [P], log of L's diagonal [P], L below it row by row, then the shape, which is all that the
    flow sees.
    """

    def __init__(self, flow: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.flow_settings = dict(flow)
        self.flow = CouplingFlow(**self.flow_settings)

    def build(self, xz_shape: Any, conditions_shape: Any = None) -> None:
        """Build the flow: its conditions are those behind location and scale."""
        if self.flow.built:
            return
        p = xz_shape[-1]
        shape = (*conditions_shape[:-1], conditions_shape[-1] - p - p * (p + 1) // 2)
        self.flow.build(xz_shape, shape)
        self.base_distribution.build(xz_shape)
        self.built = True

    def _forward(
        self, x: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        mean, factor, shape = _split(conditions, x.shape[-1])
        residual = jax.scipy.linalg.solve_triangular(factor, (x - mean)[..., None], lower=True)[..., 0]
        result = self.flow(residual, conditions=shape, density=density, training=training)
        if not density:
            return result
        z, log_density = result
        return z, log_density - _log_det(factor)

    def _inverse(
        self, z: Any, conditions: Any = None, density: bool = False, training: bool = False, **_: Any
    ) -> Any:
        mean, factor, shape = _split(conditions, z.shape[-1])
        result = self.flow(z, conditions=shape, inverse=True, density=density, training=training)
        residual, log_density = result if density else (result, None)
        theta = mean + jnp.einsum("...ij,...j->...i", factor, residual)
        return (theta, log_density - _log_det(factor)) if density else theta

    def compute_metrics(
        self, x: Any, conditions: Any = None, sample_weight: Any = None, stage: str = "training", **_: Any
    ) -> dict[str, Any]:
        """Mean negative log-density of x [B, P]."""
        _, log_density = self(x, conditions=conditions, density=True, training=stage == "training")
        weight = 1.0 if sample_weight is None else sample_weight / jnp.mean(sample_weight)
        return {"loss": -jnp.mean(weight * log_density)}

    def get_config(self) -> dict[str, Any]:
        """What rebuilds this layer."""
        return dict(super().get_config()) | serialize({"flow": self.flow_settings})


def _split(conditions: Any, p: int) -> tuple[Any, Any, Any]:
    """Mean [..., P], Cholesky factor [..., P, P] and the rest."""
    rows, columns = np.tril_indices(p, -1)
    pairs = rows.size
    factor = jnp.zeros((*conditions.shape[:-1], p, p), conditions.dtype)
    factor = factor.at[..., rows, columns].set(conditions[..., 2 * p : 2 * p + pairs])
    factor = factor.at[..., np.arange(p), np.arange(p)].set(jnp.exp(conditions[..., p : 2 * p]))
    return conditions[..., :p], factor, conditions[..., 2 * p + pairs :]


def _log_det(factor: Any) -> Any:
    return jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1)).sum(axis=-1)
