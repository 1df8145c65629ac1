"""How well does one answer fit, at a reference point and a level of noise?

A small network learns the potential of an answer as a function of the advantage and the level of noise. It is
read off at the knots of a quadratic spline, once per call and not once per judgment: a judgment then costs three
look-ups per reference point however wide the network is.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import keras
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: advantages are spread by arcsinh(Δ / SPREAD): small ones decide for people with little noise
SPREAD = 0.01
#: how many numbers describe a reward beside its reference advantage: the residual squared, and the residual
REWARD_TERMS = 2
#: sums of up to 512 multiples of this stay exact in single precision: they are below 2**24 grains
GRAIN = 2.0**-10
_WIDTHS = (64, 64)
#: potentials reach far beyond 1: weights in these units let one learning rate serve the whole network
_UNIT, _REWARD_UNIT = 8.0, 64.0


class PotentialNetwork(keras.Layer):
    """Potentials of judgments [..., N, K + 3] at K reference points and M levels of noise, summed over N.

    levels [M]: ln τ.   centre: (mean, sd) that levels are measured from.   knots: spline coefficients a level.
    """

    def __init__(self, levels: list[float], centre: list[float], knots: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.knots = knots
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

    def call(self, features: Any, mask: Any, table: Any = None) -> Any:
        """Summed potentials [..., 2, K, M] of features [..., N, K + 3] where mask [..., N] is 1.

        table: what `table()` gave, where it was read off before.

        Multiples of GRAIN are summed apart from what is left over: the first sum is exact in single precision, so
        that neither the order of judgments nor how they are batched or streamed changes it.
        """
        potential = self._potentials(features, mask, self.table() if table is None else table)
        coarse = jnp.round(potential / GRAIN) * GRAIN
        return jnp.stack([coarse.sum(axis=-3), (potential - coarse).sum(axis=-3)], axis=-3)

    def _potentials(self, features: Any, mask: Any, table: Any) -> Any:
        """Potentials [..., N, K, M] of each judgment, 0 where it is masked."""
        spline, reward_terms = table[: self.knots], table[self.knots :]
        delta, answer = features[..., :-3], features[..., -3:] * mask[..., None]
        sign, reward, has_reward = answer[..., 0:1], answer[..., 1:2], answer[..., 2:3]
        at = (warped(sign * delta) + 1.0) * (0.5 * (self.knots - 2))
        cell = jnp.clip(jnp.floor(at).astype(jnp.int32), 0, self.knots - 3)
        part = at - cell
        shares = (0.5 * (1.0 - part) ** 2, 0.5 + part - part**2, 0.5 * part**2)
        given = jnp.abs(sign)
        total = sum((share * given)[..., None] * spline[cell + i] for i, share in enumerate(shares))
        residual = (reward - has_reward * delta)[..., None]
        return total + residual**2 * reward_terms[0] + residual * reward_terms[1]


def warped(delta: Any) -> Any:
    """Signed advantages on the axis of the knots, [-1, 1]."""
    return jnp.arcsinh(delta / SPREAD) / math.asinh(1.0 / SPREAD)


def _table_inputs(
    levels: NDArray[np.float64], centre: list[float], knots: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What the network sees at each knot and level [G, M, 4], and powers of the level [3, M]."""
    spacing = 2.0 / (knots - 2)
    knot = -1.0 - spacing / 2 + spacing * np.arange(knots)
    level = (levels - centre[0]) / centre[1]
    u, t = np.meshgrid(knot, level, indexing="ij")
    advantage = np.sinh(u * math.asinh(1.0 / SPREAD)) * SPREAD
    relative = np.arcsinh(advantage / np.exp(levels)[None, :])
    inputs = np.stack([2.0 * u, 0.5 * t, 2.0 * advantage, relative], axis=-1)
    powers = np.stack([np.ones_like(level), 0.3 * level, 0.1 * level**2])
    return inputs.astype(np.float32), powers.astype(np.float32)
