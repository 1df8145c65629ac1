"""Is this evidence like what the network learned on?

The network's own summary of a person's judgments, measured by Mahalanobis distance from what simulated people with as
many judgments of the same kind give; its p-value is the share of them that lie further out (compare Schmitt et al.
2023, arXiv 2112.08866, who test batches of data sets by their summaries).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping

Float = NDArray[np.float64]
#: dense where it matters: among the few who are furthest out
DISTANCE_LEVELS = np.concatenate([np.linspace(0.0, 0.9, 46), 1.0 - np.geomspace(0.09, 0.0005, 50), [1.0]])
_NUMBERS = ("sizes", "mean", "whitening", "distances")


@dataclass(frozen=True, slots=True)
class TypicalityTable:
    """What simulated people look like, by kind of answers and number of judgments.

    sizes [N]: numbers of informative judgments, increasing, > 0.   kinds: names of the kinds of answers [A].
    mean [A, N, C], whitening [A, N, C, C]: of summaries.   distances [A, N, L]: squared distances that the shares
    DISTANCE_LEVELS [L] of simulated people stay below, increasing.
    """

    kinds: tuple[str, ...]
    sizes: Float
    mean: Float
    whitening: Float
    distances: Float

    def p_value(self, summary: Float, kind: str, size: int) -> float:
        """Share of simulated people further out than a summary [C]; sizes in between are interpolated."""
        a = self.kinds.index(kind)
        at = np.interp(math.log(max(size, 1)), np.log(self.sizes), np.arange(self.sizes.size))
        low = min(int(at), self.sizes.size - 2)
        part = float(at) - low
        return (1.0 - part) * self._share_beyond(summary, a, low) + part * self._share_beyond(
            summary, a, low + 1
        )

    def _share_beyond(self, summary: Float, kind: int, size: int) -> float:
        distance = squared_distance(summary[None], self.mean[kind, size], self.whitening[kind, size])[0]
        known = self.distances[kind, size]
        return float(1.0 - np.interp(distance, known, DISTANCE_LEVELS))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """As named arrays, single precision."""
        numbers = {name: getattr(self, name).astype(np.float32) for name in _NUMBERS}
        return {"kinds": np.array(self.kinds), **numbers}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From what `to_arrays` gave. Raises KeyError for a missing one, ValueError for another shape."""
        numbers = [np.asarray(arrays[name], np.float64) for name in _NUMBERS]
        table = cls(tuple(str(kind) for kind in arrays["kinds"]), *numbers)
        people = (len(table.kinds), table.sizes.size)
        wide = table.mean.shape[-1:]
        if table.distances.shape != (*people, DISTANCE_LEVELS.size):
            raise ValueError(
                f"expected distances at {DISTANCE_LEVELS.size} levels, got {table.distances.shape}"
            )
        if (table.mean.shape, table.whitening.shape) != ((*people, *wide), (*people, *wide, *wide)):
            raise ValueError("the typicality table's arrays do not fit each other")
        return table


def squared_distance(summaries: Float, mean: Float, whitening: Float) -> Float:
    """Squared Mahalanobis distances [B] of summaries [B, C], given a mean [C] and a whitening matrix [C, C]."""
    white = (summaries - mean) @ whitening.T
    result: Float = (white**2).sum(axis=1)
    return result


def whitening_of(summaries: Float, ridge: float = 1e-3) -> tuple[Float, Float]:
    """Mean [C] and whitening matrix [C, C] of summaries [B, C]; ridge: variance added, as a share of the mean one."""
    mean = summaries.mean(axis=0)
    covariance = np.cov(summaries, rowvar=False)
    covariance = covariance + ridge * max(float(np.trace(covariance)) / len(covariance), 1e-12) * np.eye(
        len(covariance)
    )
    result: Float = np.linalg.inv(np.linalg.cholesky(covariance))
    return mean, result
