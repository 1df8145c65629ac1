"""How do the trained networks become one JAX function that serves without Keras?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.export
import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.errors import ArtifactError
from bayesian_verifier.training._shared_context import of_one_person

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SYMBOLS = "b, d, q"


def posterior_function(approximator: Any) -> Callable[..., Any]:
    """(sums [B, S], noise [D, P], query [Q, P]) -> what `Emission` holds, weights inside."""
    summary, flow = approximator.summary_network, approximator.inference_network
    variables = approximator.variables
    values = [jnp.asarray(v.value) for v in variables]

    def posterior(sums: Any, noise: Any, query: Any) -> tuple[Any, ...]:
        with keras.StatelessScope(list(zip(variables, values, strict=True))), of_one_person():
            seen = summary(sums)
            theta, log_density = flow(*_paired(noise, seen), inverse=True, density=True)
            asked = flow.log_prob(*_paired(query, seen))
        return theta, log_density, seen, asked

    return posterior


def _paired(rows: Any, summaries: Any) -> tuple[Any, Any]:
    """Each of the rows [D, P] beside each summary [B, C]: [B, D, P] and [B, D, C]."""
    shape = (summaries.shape[0], rows.shape[0])
    return (
        jnp.broadcast_to(rows[None], (*shape, rows.shape[-1])),
        jnp.broadcast_to(summaries[:, None], (*shape, summaries.shape[-1])),
    )


def export_function(approximator: Any, sums_size: int, parameters: int) -> bytes:
    """The function, exported for the CPU with symbolic numbers of people, draws and points asked about."""
    b, d, q = jax.export.symbolic_shape(_SYMBOLS)
    shapes = ((b, sums_size), (d, parameters), (q, parameters))
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
