"""What do we believe about one parameter of a person: how much, how sure, and in which range?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILE_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Belief:
    """Marginal posterior of one parameter, in the parameter's own unit.

    mean, sd: finite, sd > 0.
    quantiles: at QUANTILE_LEVELS, non-decreasing; empty where only mean and sd are known.
    """

    mean: float
    sd: float
    quantiles: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no belief at all."""
        if not math.isfinite(self.mean) or not (math.isfinite(self.sd) and self.sd > 0):
            raise ValueError(f"a belief needs a finite mean and a finite sd > 0, got {self.mean} ± {self.sd}")
        if self.quantiles:
            if len(self.quantiles) != len(QUANTILE_LEVELS):
                raise ValueError(f"expected {len(QUANTILE_LEVELS)} quantiles, got {len(self.quantiles)}")
            if any(a > b for a, b in zip(self.quantiles, self.quantiles[1:], strict=False)):
                raise ValueError(f"quantiles must not decrease, got {self.quantiles}")

    @classmethod
    def from_draws(cls, draws: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> Belief:
        """Summarise draws [S], equally weighted or by weights [S] >= 0 (normalised here).

        Quantiles are of the step distribution smoothed linearly between the mid-points of its steps.
        """
        order = np.argsort(draws, kind="stable")
        ordered = draws[order].astype(np.float64)
        w = np.full(ordered.size, 1.0 / ordered.size) if weights is None else weights[order] / weights.sum()
        mean = float(w @ ordered)
        sd = math.sqrt(max(float(w @ (ordered - mean) ** 2), 1e-24))
        middle = np.cumsum(w) - 0.5 * w
        quantiles = np.interp(QUANTILE_LEVELS, middle, ordered)
        return cls(mean, sd, tuple(float(q) for q in quantiles))
