"""How likely is an answer at some advantage and choice noise, as learned from simulated answers?

A small network says how much more an approval is to be expected than a rejection; as both together are certain, it is
odd in the advantage. It is read off at the sites of a spline, once per call: what judgments add up to is then the
product of their sums with that table.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.simulators.traits import sites

_WIDTHS = (32, 32)


class AnswerPotential(keras.Layer):
    """Log-chance of an answer, which is learned; levels [M]: ln τ; centre: (mean, sd) levels are measured from."""

    def __init__(self, levels: list[float], centre: list[float], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._levels, self._centre = np.array(levels, np.float32), centre
        self._net = [
            keras.layers.Dense(width, activation="silu", name=f"dense_{i}") for i, width in enumerate(_WIDTHS)
        ]
        self._net.append(keras.layers.Dense(1, use_bias=False, name="odds"))

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - its inputs are its own
        """Make the weights."""
        shape: tuple[int | None, ...] = (None, 3)
        for dense in self._net:
            dense.build(shape)
            shape = (None, dense.units)
        self.precision = self.add_weight(shape=(), initializer="ones", name="precision")
        self.built = True

    def log_chance(self, signed: Any, log_noise: Any) -> Any:
        """Log-chance of an answer [...] whose signed advantage is `signed` [...], at ln τ [...]."""
        odds = self._lean(signed, log_noise) - self._lean(-signed, log_noise)
        return -jax.nn.softplus(-odds)

    def _lean(self, signed: Any, log_noise: Any) -> Any:
        level = (log_noise - self._centre[0]) / self._centre[1]
        relative = jnp.arcsinh(signed * jnp.exp(-log_noise))
        hidden = jnp.stack([relative, 2.0 * signed, 0.5 * level], axis=-1)
        for dense in self._net:
            hidden = dense(hidden)
        return hidden[..., 0]

    def loss(self, signed: Any, log_noise: Any, residual: Any) -> Any:
        """Mean negative log-density of answers and of rewards that missed the advantage by a residual, all [n]."""
        rewards = 0.5 * self.precision.value * residual**2 - 0.5 * jnp.log(self.precision.value)
        return -self.log_chance(signed, log_noise).mean() + rewards.mean()

    def call(self, counts: Any, residuals: Any) -> Any:
        """Summed log-chances [..., K, M] of counts [..., K, sites] and squared residuals of rewards [..., K]."""
        at, level = np.meshgrid(sites().astype(np.float32), self._levels, indexing="ij")
        table = self.log_chance(jnp.asarray(at), jnp.asarray(level))
        return counts @ table - 0.5 * self.precision.value * residuals[..., None]
