"""What else could decide that a person has changed? Statistics of the same windows, to be judged beside the detector.

Each alarms at a threshold; none but the detector states a rate of false alarms, so that a threshold must be found by
simulating the very mix of widths that it will meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.drift._message import message
from bayesian_verifier.drift._own_spread import Person, begin, hear, of_followed

if TYPE_CHECKING:
    from bayesian_verifier.drift._detector import Detector
    from bayesian_verifier.drift._people import Window

Float = NDArray[np.float64]

#: a shift of one sd is what a CUSUM with this slack is quickest at (Page 1954, Biometrika 41)
_SLACK = 0.5


class Statistic(Protocol):
    """A statistic of people [N] followed side by side."""

    def update(self, window: Window) -> Float:
        """Hear a window, and return the statistic [N]."""

    def keep(self, who: NDArray[np.bool_]) -> None:
        """Follow only these on."""


class EDetector:
    """The Shiryaev–Roberts e-detector."""

    def __init__(self, people: int, detector: Detector, *, variance_scale: float = 1.0) -> None:
        self._detector = detector
        self._scale = variance_scale
        self._state: Person = begin(detector, (people,))

    def update(self, window: Window) -> Float:
        """R."""
        d = self._detector
        told = message(
            window.mean,
            window.sd,
            prior_mean=d.prior_mean,
            prior_sd=d.prior_sd,
            variance_scale=self._scale,
        )
        self._state, info = hear(self._state, told, d)
        return info.statistic

    def keep(self, who: NDArray[np.bool_]) -> None:
        """Drop the rest."""
        self._state = of_followed(self._state, who)


class CusumState(NamedTuple):
    """The largest sums of surprise so far, upwards and downwards [...]."""

    up: Float
    down: Float


def cusum_step(state: CusumState, score: Float, *, slack: float = _SLACK) -> tuple[CusumState, Float]:
    """A two-sided CUSUM of scores [...] in sd, and its statistic, the greater side (Page 1954, Biometrika 41)."""
    up = np.maximum(0.0, state.up + score - slack)
    down = np.maximum(0.0, state.down - score - slack)
    return CusumState(up, down), np.maximum(up, down)


class Cusum:
    """A two-sided CUSUM of how surprising each window is to a filter of one θ that never changes."""

    def __init__(self, people: int, detector: Detector) -> None:
        self._prior = detector
        self._mean = np.full(people, detector.prior_mean)
        self._variance = np.full(people, detector.prior_sd**2)
        self._sums = CusumState(np.zeros(people), np.zeros(people))

    def update(self, window: Window) -> Float:
        """The greater of the two sums."""
        told = message(
            window.mean, window.sd, prior_mean=self._prior.prior_mean, prior_sd=self._prior.prior_sd
        )
        noise = 1.0 / told.precision
        spread = self._variance + noise
        away = told.value - self._mean
        self._sums, statistic = cusum_step(self._sums, away / np.sqrt(spread))
        self._mean = self._mean + self._variance / spread * away
        self._variance = self._variance / spread * noise
        return statistic

    def keep(self, who: NDArray[np.bool_]) -> None:
        """Drop the rest."""
        self._mean, self._variance = self._mean[who], self._variance[who]
        self._sums = CusumState(self._sums.up[who], self._sums.down[who])


class NeighbourKl:
    """KL(new ‖ old) of each window and the one before it, as two normals."""

    def __init__(self, people: int, detector: Detector) -> None:
        del detector
        self._mean, self._sd = np.full(people, np.nan), np.full(people, np.nan)

    def update(self, window: Window) -> Float:
        """In nats; 0 at the first window."""
        ratio, away = window.sd / self._sd, (window.mean - self._mean) / self._sd
        divergence = 0.5 * (ratio * ratio + away * away - 1.0) - np.log(ratio)
        self._mean, self._sd = window.mean, window.sd
        result: Float = np.nan_to_num(divergence, nan=0.0)
        return result

    def keep(self, who: NDArray[np.bool_]) -> None:
        """Drop the rest."""
        self._mean, self._sd = self._mean[who], self._sd[who]
