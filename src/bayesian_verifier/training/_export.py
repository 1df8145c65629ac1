"""How do the trained networks become one JAX function that serves without Keras?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.export
import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SYMBOLS = "n, d, q"


def posterior_function(approximator: Any) -> Callable[..., Any]:
    """(state [S], features [N, F], mask [N], noise [D, P], query [Q, P]) -> what `Emission` holds, weights inside."""
    summary, flow = approximator.summary_network, approximator.inference_network
    variables = approximator.variables
    values = [jnp.asarray(v.value) for v in variables]
    # read off once: compiled into the function it would differ by a rounding, which 512 judgments add up
    table = np.asarray(summary.potential.table())

    def posterior(state: Any, features: Any, mask: Any, noise: Any, query: Any) -> tuple[Any, ...]:
        with keras.StatelessScope(list(zip(variables, values, strict=True))):
            kept = state.reshape(summary.state_shape) + summary.potential(features, mask, table)
            seen = summary.readout(summary.surface_of(kept)[None])
            theta, log_density = flow(noise, conditions=_each(seen, noise), inverse=True, density=True)
            asked = flow.log_prob(query, conditions=_each(seen, query))
        return kept.reshape(-1), theta, log_density, asked

    return posterior


def _each(summary: Any, rows: Any) -> Any:
    """The one summary [1, D] beside each row."""
    return jnp.broadcast_to(summary, (rows.shape[0], summary.shape[-1]))


def export_function(approximator: Any, feature_width: int) -> bytes:
    """The function, exported for the CPU with symbolic numbers of judgments, draws and points asked about."""
    n, d, q = jax.export.symbolic_shape(_SYMBOLS)
    size = int(np.prod(approximator.summary_network.state_shape))
    shapes: list[tuple[Any, ...]] = [(size,), (n, feature_width), (n,), (d, 2), (q, 2)]
    arguments = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    exported = jax.export.export(jax.jit(posterior_function(approximator)), platforms=["cpu"])(*arguments)
    return bytes(exported.serialize())


def write_weights(approximator: Any, file: Path) -> None:
    """Every variable of the approximator as an .npz, in their order, for a re-export under a later JAX."""
    arrays = {f"{i:03d}": np.asarray(v.value) for i, v in enumerate(approximator.variables)}
    np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def read_weights(approximator: Any, file: Path) -> None:
    """Put written weights back. Raises ArtifactError naming the first that does not fit."""
    try:
        with np.load(file) as arrays:
            weights = [arrays[name] for name in sorted(arrays.files)]
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{file}: cannot be read as weights ({error})") from error
    if len(weights) != len(approximator.variables):
        raise ArtifactError(f"{file}: holds {len(weights)} arrays, the network {len(approximator.variables)}")
    for index, (value, variable) in enumerate(zip(weights, approximator.variables, strict=True)):
        if value.shape != tuple(variable.shape):
            raise ArtifactError(
                f"{file}: array {index} ({variable.path}) is {value.shape}, expected {tuple(variable.shape)}"
            )
        variable.assign(value)
