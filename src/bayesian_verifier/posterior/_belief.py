"""What do we believe about one parameter of a person: how much, how sure, and in which range?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

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
    def from_draws(cls, draws: Float, weights: Float | None = None) -> Belief:
        """Summarise draws [S], equally weighted or by weights [S] >= 0 (normalised here).

        Quantiles are local lines through the draws on the logistic scale of their ranks: the noise of single draws
        averages out (Cleveland 1979, JASA 74).
        """
        return beliefs_of(draws[:, None], weights)[0]


def beliefs_of(draws: Float, weights: Float | None = None) -> list[Belief]:
    """Of each of several parameters, whose draws [S, P] have the same weights; see `Belief.from_draws`.

    All at once: short arrays cost by the call.
    """
    columns = draws.T.astype(np.float64)
    order = np.argsort(columns, axis=1)
    ordered = np.take_along_axis(columns, order, axis=1)
    w = np.full(ordered.shape, 1.0 / len(draws)) if weights is None else (weights / weights.sum())[order]
    mean = (w * ordered).sum(axis=1)
    variance = (w * (ordered - mean[:, None]) ** 2).sum(axis=1)
    sd = np.sqrt(np.maximum(variance, 1e-24))
    return [
        Belief(one, wide, tuple(levels))
        for one, wide, levels in zip(mean.tolist(), sd.tolist(), _quantiles(ordered, w).tolist(), strict=True)
    ]


def _quantiles(ordered: Float, weight: Float) -> Float:
    """Quantiles [P, levels] at QUANTILE_LEVELS of increasing draws [P, S] with weights [P, S] that sum to 1."""
    middle = np.cumsum(weight, axis=1)
    middle -= 0.5 * weight
    np.maximum(middle, 1e-9, out=middle)
    np.minimum(middle, 1 - 1e-9, out=middle)
    away = np.log(middle / (1.0 - middle))[:, None] - _LOGITS[:, None]
    near = np.exp((-0.5 / _BANDWIDTH**2) * (away * away))
    near *= weight[:, None]
    leaning = near * away
    total, first = near.sum(axis=2), leaning.sum(axis=2)
    away *= leaning
    second = away.sum(axis=2)
    level, slope = (np.matmul(part, ordered[:, :, None])[:, :, 0] for part in (near, leaning))
    spread = total * second - first * first
    read = [np.interp(_READ_AT, ranks, values) for ranks, values in zip(middle, ordered, strict=True)]
    plain, low, high = np.array(read).reshape(len(ordered), 3, -1).swapaxes(0, 1)
    straight = spread > _LEAST_SPREAD * total * total
    fitted = np.divide(second * level - first * slope, spread, out=plain.copy(), where=straight)
    result: Float = np.maximum.accumulate(np.minimum(np.maximum(fitted, low), high), axis=1)
    return result
