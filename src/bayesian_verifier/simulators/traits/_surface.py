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
    from collections.abc import Sequence
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

    @cached_property
    def spline_size(self) -> int:
        """How many coefficients a spline through them has."""
        return math.prod(nodes + 2 for nodes in self.shape)

    def coefficients(self, values: Float, xp: ModuleType) -> Float:
        """Of the splines through values [B, size]: [B, C], for `read`."""
        result = values.reshape((-1, *self.shape))
        for number, axis in enumerate(self.axes):
            matrix = xp.asarray(_through(axis.nodes), result.dtype)
            result = xp.moveaxis(xp.tensordot(result, matrix, axes=[[number + 1], [1]]), -1, number + 1)
        return result.reshape((result.shape[0], -1))

    def read(self, coefficients: Float, places: Float, xp: ModuleType) -> Float:
        """The functions [B, M] with these coefficients at places [B, M, P], in prior sd.

        As products of matrices over all splines, of which four along each parameter are not 0: a processor has these
        sooner than the few numbers that count from here and there.
        """
        along = [_splines(axis, places[..., number], xp) for number, axis in enumerate(self.axes)]
        first, then = (_products(part) for part in (along[: len(along) // 2], along[len(along) // 2 :]))
        by_first = coefficients.reshape((-1, first.shape[-1], then.shape[-1]))
        result: Float = (xp.matmul(first, by_first) * then).sum(-1)
        return result


def _splines(axis: Axis, place: Float, xp: ModuleType) -> Float:
    """The cubic B-splines [..., nodes + 2] of an axis at a place [...]."""
    away = xp.abs(axis.stepped(place, xp)[..., None] - xp.arange(-1.0, axis.nodes + 1.0, dtype=place.dtype))
    rest = xp.maximum(2.0 - away, 0.0)
    result: Float = xp.where(away < 1.0, 4.0 + away**2 * (3.0 * away - 6.0), rest**3) / 6.0
    return result


def _products(factors: Sequence[Float]) -> Float:
    """Of each with each [..., A · B · …], of factors [..., A], [..., B], …; the last runs fastest."""
    result = factors[0]
    for factor in factors[1:]:
        result = (result[..., :, None] * factor[..., None, :]).reshape((*factor.shape[:-1], -1))
    return result


def _through(nodes: int) -> Float:
    """Coefficients [nodes + 2, nodes] of the natural cubic spline through values at even nodes."""
    equations = np.zeros((nodes + 2, nodes + 2))
    for row in range(nodes):
        equations[row, row : row + 3] = np.array([1.0, 4.0, 1.0]) / 6.0
    equations[nodes, :3] = equations[nodes + 1, -3:] = (1.0, -2.0, 1.0)
    return np.linalg.inv(equations)[:, :nodes].astype(np.float64)
