"""How well do sums of any features fit each value of θ?

As an exponential family would say it: the log-likelihood of a person is the product of the sums with natural
parameters, smooth functions of θ, that a small network learns from simulations. They are read off at the nodes of the
surface once per call, however many judgments there are (Barndorff-Nielsen 1978; Jiang et al. 2017, Statistica Sinica
27, learn summaries; here the summaries are given and their weights are learned).
"""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import keras
import numpy as np

_WIDTHS = (64, 64)
#: where along each parameter bumps sit, in prior sd; they are as wide as they are far apart
_CENTRES = np.linspace(-3.6, 3.6, 13)
#: what judgments say in nats is of this size, so that one learning rate serves the whole network
_UNIT = 4.0


class NaturalPotential(keras.Layer):
    """Potentials [..., K, M] of sums [..., S] at K values of the first parameter and M of the second.

    points [K], levels [M]: on the link scale.   prior: (mean, sd) of each.   scale [S]: size of what one judgment adds.
    """

    def __init__(
        self,
        points: list[float],
        levels: list[float],
        prior: list[list[float]],
        scale: list[float],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._nodes = _nodes(np.array(points), np.array(levels), np.array(prior))
        self._scale = np.array(scale, np.float32)
        self._net = [
            keras.layers.Dense(width, activation="silu", name=f"dense_{i}") for i, width in enumerate(_WIDTHS)
        ]
        small = keras.initializers.RandomNormal(stddev=0.01)
        self._net.append(keras.layers.Dense(len(scale), kernel_initializer=small, name="natural"))

    def build(self, input_shape: Any) -> None:  # noqa: ARG002 - reads its own nodes
        """Make the weights."""
        shape = self._nodes.shape
        for dense in self._net:
            dense.build(shape)
            shape = (*shape[:-1], dense.units)
        self.built = True

    def table(self) -> Any:
        """Natural parameters [K, M, S]."""
        hidden = jnp.asarray(self._nodes)
        for dense in self._net:
            hidden = dense(hidden)
        return _UNIT * hidden

    def call(self, sums: Any) -> Any:
        """Summed potentials [..., K, M] of sums [..., S]."""
        return jnp.einsum("...s,kms->...km", sums / self._scale, self.table())


def _nodes(points: Any, levels: Any, prior: Any) -> Any:
    """What the network sees at each node [K, M, 32]: both parameters in prior sd, bent, squared, and on bumps.

    Answers tell neighbouring values of θ apart, so natural parameters bend within a part of a prior sd. From smooth
    inputs alone a network finds such bends late.
    """
    r, t = np.meshgrid(
        (points - prior[0, 0]) / prior[0, 1], (levels - prior[1, 0]) / prior[1, 1], indexing="ij"
    )
    inputs = [0.5 * r, 0.5 * t, np.tanh(r), np.tanh(t), 0.1 * r**2, 0.1 * t**2]
    inputs += [bump for z in (r, t) for bump in _bumps(z)]
    return np.stack(inputs, axis=-1).astype(np.float32)


def _bumps(z: Any) -> Any:
    """Values at z [K, M] of normal curves around each centre [centres, K, M]."""
    return np.exp(-0.5 * ((z - _CENTRES[:, None, None]) / (_CENTRES[1] - _CENTRES[0])) ** 2)
