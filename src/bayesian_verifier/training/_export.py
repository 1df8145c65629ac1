"""How do the trained networks become one JAX function that serves without Keras?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.export
import jax.numpy as jnp
import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

_SYMBOLS = "n, d, q"


def posterior_function(approximator: Any) -> Callable[..., Any]:
    """(state [S], features [N, F], mask [N], noise [D, P], query [Q, P]) -> what `Emission` holds, weights inside."""
    summary, flow = approximator.summary_network, approximator.inference_network
    variables = approximator.variables
    values = [jnp.asarray(v.value) for v in variables]

    def posterior(state: Any, features: Any, mask: Any, noise: Any, query: Any) -> tuple[Any, ...]:
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            kept = state.reshape(summary.state_shape) + summary.potential(features, mask)
            seen = summary.readout(summary.surface(kept))
            theta, log_density = flow(noise, conditions=_each(seen, noise), inverse=True, density=True)
            asked = flow.log_prob(query, conditions=_each(seen, query))
        return kept.reshape(-1), theta, log_density, asked

    return posterior


def _each(summary: Any, rows: Any) -> Any:
    return jnp.broadcast_to(summary, (rows.shape[0], summary.shape[-1]))


def export_function(approximator: Any, feature_width: int) -> bytes:
    """The function, exported for the CPU with symbolic numbers of judgments, draws and points asked about."""
    n, d, q = jax.export.symbolic_shape(_SYMBOLS)
    k, m = approximator.summary_network.state_shape
    shapes: list[tuple[Any, ...]] = [(k * m,), (n, feature_width), (n,), (d, 2), (q, 2)]
    arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    exported = jax.export.export(jax.jit(posterior_function(approximator)), platforms=["cpu"])(*arguments)
    return bytes(exported.serialize())


def weights_of(approximator: Any) -> dict[str, np.ndarray]:
    """Every variable of the approximator by its path, for a re-export under a later JAX."""
    return {f"{i:03d}|{v.path}": np.asarray(v.value) for i, v in enumerate(approximator.variables)}


def assign_weights(approximator: Any, weights: dict[str, np.ndarray]) -> None:
    """Put saved weights back. Raises ValueError naming the first that does not fit."""
    names = sorted(weights)
    if len(names) != len(approximator.variables):
        raise ValueError(f"expected {len(approximator.variables)} arrays of weights, got {len(names)}")
    for name, variable in zip(names, approximator.variables, strict=True):
        if weights[name].shape != tuple(variable.shape):
            raise ValueError(f"{name}: expected shape {tuple(variable.shape)}, got {weights[name].shape}")
        variable.assign(weights[name])
