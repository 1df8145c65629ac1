"""Do the BayesFlow object, the same reloaded from disk and the exported function say the same?

BayesFlow and its backends have changed predictions on reloading before; so no model is published on trust.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import keras
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.artifact import PosteriorFunction

F32 = NDArray[np.float32]


class Parity(NamedTuple):
    """Greatest disagreement: of log-densities in nats, and of draws in units of the posterior's sd."""

    log_density: float
    draws: float


def parity(approximator: Any, function: PosteriorFunction, sets: Sequence[F32], points: F32) -> Parity:
    """Compare the three on the sums [S] of each set, at the same base points."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "approximator.keras"
        approximator.save(file)
        asks = [_compiled(approximator), _compiled(keras.saving.load_model(file, compile=False))]
    worst_density = worst_draws = 0.0
    for sums in sets:
        emission = function(sums[None], points)
        theta, log_density = np.asarray(emission.theta)[0], np.asarray(emission.log_density)[0]
        scale = theta.std(axis=0)
        for ask in asks:
            drawn, density = ask(sums, points)
            worst_density = max(worst_density, float(np.abs(density - log_density).max()))
            worst_draws = max(worst_draws, float((np.abs(drawn - theta) / scale).max()))
    return Parity(worst_density, worst_draws)


def _compiled(network: Any) -> Callable[[F32, F32], tuple[Any, Any]]:
    """Draws and their log-densities by a BayesFlow object, compiled as a whole.

    Run piece by piece, single precision rounds otherwise, which says nothing about the export.
    """

    def ask(sums: Any, points: Any) -> Any:
        summary = network.summary_network(sums[None])
        conditions = jnp.broadcast_to(summary, (points.shape[0], summary.shape[-1]))
        return network.inference_network(points, conditions=conditions, inverse=True, density=True)

    compiled: Callable[[F32, F32], tuple[Any, Any]] = jax.jit(ask)
    return compiled
