"""What does the executor's own network believe of a person, inside a rollout?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array

from bayesian_verifier.posterior import wide_points
from bayesian_verifier.rl._belief import Weighed
from bayesian_verifier.simulators.executor import KNOTS, POINTS, STRETCH

if TYPE_CHECKING:
    from bayesian_verifier.artifact import Model

#: sums before the feedback's: how many judgments had feedback, and how many a reward
_COUNTS = 2


class ExecutorBelief:
    """See `Belief`. Sums as the executor's model reads them, of feedback alone; nobody can weight its draws.

    draws: how many base points.
    """

    def __init__(self, model: Model, *, draws: int = 256) -> None:
        self.points = jnp.asarray(POINTS, jnp.float32)
        self._model = model
        wide = wide_points(draws, len(model.manifest.parameters))
        self._noise, self._share = jnp.asarray(wide.noise), jnp.asarray(wide.share, jnp.float32)

    def nothing(self) -> Array:
        """No sums."""
        return jnp.zeros(self._model.manifest.sums_size)

    def of_answer(self, advantage: Array, sign: Array) -> Array:
        """One feedback more, and its signed advantage on the knots."""
        at = jnp.arcsinh(sign * advantage / STRETCH) / math.asinh(1.0 / STRETCH)
        place = 0.5 * (at[:, None] + 1.0) * (KNOTS - 1)
        hats = jnp.maximum(1.0 - jnp.abs(place - jnp.arange(KNOTS)), 0.0).ravel()
        added = self.nothing().at[0].set(1.0).at[_COUNTS : _COUNTS + hats.size].set(hats)
        return jnp.where(sign == 0, 0.0, added)

    def weighed(self, evidence: Array) -> Weighed:
        """The network's draws with the shares of their base points."""
        theta = self._model.function.traced(evidence, self._noise).theta
        share = jnp.broadcast_to(self._share[None, :, None], (*theta.shape[:2], 1))
        return Weighed(theta[:, :, 0], jnp.exp(theta[:, :, 1:]), share)
