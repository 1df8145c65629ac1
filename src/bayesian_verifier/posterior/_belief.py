"""What do we believe about one parameter of a person: how much, how sure, and in which range?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUANTILE_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_LOGITS = np.log(np.array(QUANTILE_LEVELS) / (1 - np.array(QUANTILE_LEVELS)))
#: ranks within this of a level, on the logistic scale, have a say in its quantile
_BANDWIDTH = 0.2
#: with fewer distinct ranks nearby than this variance of theirs shows, no line is drawn
_LEAST_SPREAD = 1e-3
_LEAST_MEAN = 1e-6
#: a quantile never leaves the draws whose ranks are within 3 bandwidths
_BELOW, _ABOVE = (1 / (1 + np.exp(-(_LOGITS + by * _BANDWIDTH))) for by in (-3, 3))
_READ_AT = np.concatenate([QUANTILE_LEVELS, _BELOW, _ABOVE])


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

    @property
    def of_logarithm(self) -> tuple[float, float]:
        """Mean and sd of the logarithm, as for a log-normal of this mean and sd; a mean that is not above 0 is taken
        as a tiny one.
        """
        mean = max(self.mean, _LEAST_MEAN)
        variance = math.log1p(min(self.sd / mean, 1.0 / _LEAST_MEAN) ** 2)
        return math.log(mean) - 0.5 * variance, math.sqrt(variance)

    @classmethod
    def from_draws(cls, draws: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> Belief:
        """Summarise draws [S], equally weighted or by weights [S] >= 0 (normalised here).

        Quantiles are local lines through the draws on the logistic scale of their ranks: the noise of single draws
        averages out (Cleveland 1979, JASA 74).
        """
        order = np.argsort(draws)
        ordered = draws[order].astype(np.float64)
        w = np.full(ordered.size, 1.0 / ordered.size) if weights is None else weights[order] / weights.sum()
        mean = float(w @ ordered)
        sd = math.sqrt(max(float(w @ (ordered - mean) ** 2), 1e-24))
        return cls(mean, sd, _quantiles(ordered, w))


def _quantiles(ordered: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, ...]:
    """Quantiles at QUANTILE_LEVELS of increasing draws [S] with weights [S] that sum to 1."""
    middle = np.cumsum(weight)
    middle -= 0.5 * weight
    np.maximum(middle, 1e-9, out=middle)
    np.minimum(middle, 1 - 1e-9, out=middle)
    away = np.log(middle / (1.0 - middle)) - _LOGITS[:, None]
    near = np.exp((-0.5 / _BANDWIDTH**2) * (away * away)) * weight
    leaning = near * away
    total, first, second = near.sum(axis=1), leaning.sum(axis=1), (leaning * away).sum(axis=1)
    level, slope = near @ ordered, leaning @ ordered
    spread = total * second - first * first
    plain, low, high = np.interp(_READ_AT, middle, ordered).reshape(3, -1)
    straight = spread > _LEAST_SPREAD * total * total
    fitted = np.divide(second * level - first * slope, spread, out=plain, where=straight)
    held = np.maximum.accumulate(np.minimum(np.maximum(fitted, low), high))
    return tuple(held.tolist())
