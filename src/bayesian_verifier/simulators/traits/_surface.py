"""How is a smooth function of several parameters kept at few nodes, and read in between?

On a lattice that is even along each parameter once that is stretched near its middle, by the tensor product of cubic
splines (de Boor 1978, ch. XVII). What is kept are its values at the nodes, so that two functions add by adding them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from types import ModuleType

Float = NDArray[np.float64]


class Axis(NamedTuple):
    """Nodes along one parameter, in sd of its prior from the prior's mean: stretch · sinh of even steps, to ±reach."""

    nodes: int
    stretch: float
    reach: float

    @property
    def places(self) -> Float:
        """Of the nodes, ascending."""
        result: Float = self.stretch * np.sinh(self._bend * np.linspace(-1.0, 1.0, self.nodes))
        return result

    @property
    def _bend(self) -> float:
        return math.asinh(self.reach / self.stretch)

    def stepped(self, place: Float, xp: ModuleType) -> Float:
        """In steps from the first node; beyond the last ones it is held at them."""
        held = xp.clip(place, -self.reach, self.reach)
        result: Float = (xp.arcsinh(held / self.stretch) / self._bend + 1.0) * (0.5 * (self.nodes - 1))
        return result


@dataclass(frozen=True)
class Lattice:
    """Nodes along P parameters."""

    axes: tuple[Axis, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many nodes there are along each."""
        return tuple(axis.nodes for axis in self.axes)

    @cached_property
    def size(self) -> int:
        """How many there are."""
        return math.prod(self.shape)

    def coefficients(self, values: Float, xp: ModuleType) -> Float:
        """Of the splines through values [B, size]: [B, C], for `read`."""
        result = values.reshape((-1, *self.shape))
        for number, axis in enumerate(self.axes):
            matrix = xp.asarray(_through(axis.nodes), result.dtype)
            result = xp.moveaxis(xp.tensordot(result, matrix, axes=[[number + 1], [1]]), -1, number + 1)
        return result.reshape((result.shape[0], -1))

    def read(self, coefficients: Float, places: Float, xp: ModuleType) -> Float:
        """The functions [B, M] with these coefficients at places [B, M, P], in prior sd."""
        near, weight = xp.asarray(self._near), xp.ones((1,), places.dtype)
        for number, axis in enumerate(self.axes):
            step = axis.stepped(places[..., number], xp)
            cell = xp.clip(step.astype("int32"), 0, axis.nodes - 2)
            own = _weights(step - cell, xp)
            near = near + (cell * self._strides[number])[..., None]
            weight = (weight[..., :, None] * own[..., None, :]).reshape((*own.shape[:-1], -1))
        people = near.shape[0]
        there = xp.take_along_axis(coefficients, near.reshape((people, -1)), axis=1).reshape(near.shape)
        result: Float = (there * weight).sum(-1)
        return result

    @cached_property
    def _strides(self) -> list[int]:
        counts = [nodes + 2 for nodes in self.shape]
        return [math.prod(counts[number + 1 :]) for number in range(len(counts))]

    @cached_property
    def _near(self) -> NDArray[np.int32]:
        """The coefficients that count in a cell [4 ** P], from its first."""
        steps = np.stack(np.meshgrid(*[np.arange(4)] * len(self.axes), indexing="ij"), axis=-1)
        result: NDArray[np.int32] = (steps.reshape(-1, len(self.axes)) @ self._strides).astype(np.int32)
        return result


def _weights(part: Float, xp: ModuleType) -> Float:
    """Of the four cubic B-splines [..., 4] that reach into a cell, at a part of it from 0 to 1."""
    rest = 1.0 - part
    middle = [3.0 * u**3 - 6.0 * u**2 + 4.0 for u in (part, rest)]
    result: Float = xp.stack([rest**3, middle[0], middle[1], part**3], axis=-1) / 6.0
    return result


def _through(nodes: int) -> Float:
    """Coefficients [nodes + 2, nodes] of the natural cubic spline through values at even nodes."""
    equations = np.zeros((nodes + 2, nodes + 2))
    for row in range(nodes):
        equations[row, row : row + 3] = np.array([1.0, 4.0, 1.0]) / 6.0
    equations[nodes, :3] = equations[nodes + 1, -3:] = (1.0, -2.0, 1.0)
    return np.linalg.inv(equations)[:, :nodes].astype(np.float64)
