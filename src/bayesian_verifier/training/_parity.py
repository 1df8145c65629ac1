"""Do the BayesFlow object, the same reloaded from disk and the exported function say the same?

BayesFlow and its backends have changed predictions on reloading before; so no model is published on trust.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.artifact import PosteriorFunction

F32 = NDArray[np.float32]


class Parity(NamedTuple):
    """Greatest disagreement: of log-densities in nats, and of draws in units of the posterior's sd."""

    log_density: float
    draws: float


def parity(approximator: Any, function: PosteriorFunction, sets: Sequence[F32], points: F32) -> Parity:
    """Compare the three on sets of features [n, F], padded to twice their size, at draws of the function's own."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "approximator.keras"
        approximator.save(file)
        objects = [approximator, keras.saving.load_model(file)]
    worst_density = worst_draws = 0.0
    state = np.zeros(function.state_size, np.float32)
    for features in sets:
        padded = np.zeros((2 * len(features) + 1, features.shape[1]), np.float32)
        padded[: len(features)] = features
        mask = (np.arange(len(padded)) < len(features)).astype(np.float32)
        emission = function(padded, mask, state, points)
        theta = np.asarray(emission.theta)
        scale = theta.std(axis=0)
        for network in objects:
            conditions = _conditions(network, padded, mask, len(points))
            density = np.asarray(network.inference_network.log_prob(theta, conditions=conditions))
            drawn = np.asarray(network.inference_network(points, conditions=conditions, inverse=True))
            worst_density = max(worst_density, float(np.abs(density - emission.log_density).max()))
            worst_draws = max(worst_draws, float((np.abs(drawn - theta) / scale).max()))
    return Parity(worst_density, worst_draws)


def _conditions(network: Any, features: F32, mask: F32, count: int) -> Any:
    summary = network.summary_network(features[None], mask=mask[None])
    return np.broadcast_to(np.asarray(summary), (count, summary.shape[-1]))
