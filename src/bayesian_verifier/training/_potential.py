"""How well does one answer fit, at a reference point and a level of noise?

A small network learns the potential of an answer as a function of the signed advantage and the level of noise. It is
read off at the knots of a quadratic spline, once per call: what judgments add up to is then the product of their
sums on those knots (`simulators.lottery.spread`) with that table, however many they are and however wide the network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import keras
import numpy as np

from bayesian_verifier.simulators.lottery import REWARD_TERMS, unwarped

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WIDTHS = (64, 64)
#: potentials reach far beyond 1: weights in these units let one learning rate serve the whole network
_UNIT, _REWARD_UNIT = 8.0, 64.0


class PotentialNetwork(keras.Layer):
    """Potentials at K reference points and M levels of noise, of sums [..., K, G + 2] over judgments.

    levels [M]: ln τ.   centre: (mean, sd) that levels are measured from.   knots: spline coefficients a level, G.
    """

    def __init__(self, levels: list[float], centre: list[float], knots: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._inputs, self._powers = _table_inputs(np.array(levels), centre, knots)
        self._net = [
            keras.layers.Dense(width, activation="silu", name=f"dense_{width}_{i}")
            for i, width in enumerate(_WIDTHS)
        ]
        small = keras.initializers.RandomNormal(stddev=0.01)
        self._net.append(keras.layers.Dense(1, kernel_initializer=small, name="potential"))

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - reads its own table of inputs
        """Make the weights."""
        shape = self._inputs.shape
        for dense in self._net:
            dense.build(shape)
            shape = (*shape[:-1], dense.units)
        self.reward = self.add_weight(
            shape=(REWARD_TERMS, self._powers.shape[0]), initializer="zeros", name="reward"
        )
        self.built = True

    def table(self) -> Any:
        """Spline coefficients of the feedback's potential [G, M] above those of the reward's [2, M]."""
        hidden = jnp.asarray(self._inputs)
        for dense in self._net:
            hidden = dense(hidden)
        reward = self.reward.value @ jnp.asarray(self._powers)
        return jnp.concatenate([_UNIT * hidden[..., 0], _REWARD_UNIT * reward], axis=0)

    def call(self, sums: Any) -> Any:
        """Summed potentials [..., K, M] of sums [..., K, G + 2]."""
        return sums @ self.table()


def _table_inputs(
    levels: NDArray[np.float64], centre: list[float], knots: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the network sees at each knot and level [G, M, 4], and powers of the level [3, M]."""
    spacing = 2.0 / (knots - 2)
    knot = -1.0 - spacing / 2 + spacing * np.arange(knots)
    level = (levels - centre[0]) / centre[1]
    u, t = np.meshgrid(knot, level, indexing="ij")
    advantage = unwarped(u)
    relative = np.arcsinh(advantage / np.exp(levels)[None, :])
    inputs = np.stack([2.0 * u, 0.5 * t, 2.0 * advantage, relative], axis=-1)
    powers = np.stack([np.ones_like(level), 0.3 * level, 0.1 * level**2])
    return inputs.astype(np.float32), powers.astype(np.float32)
