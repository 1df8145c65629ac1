"""Is one arm better? A test and an interval that may be looked at every day, for ever.

People come one after the other, each in an arm by a draw A_i of known chance p that nothing about them bears on; Y_i
in [0, 1] is what came of them, m_i the mean before them. ψ_i = (A_i − p)(Y_i − m_i) / (p(1 − p)) has as its mean,
given all before, the effect to be expected on person i, whatever Y depends on (Horvitz & Thompson 1952; centred by what
is known beforehand). While that is at most Δ, wealth multiplied by 1 + λ(ψ_i − Δ) cannot grow on average, nor can that
by 1 − λ(ψ_i − Δ) while it is at least Δ; the mean over a few stakes λ is such a wealth too, so that it reaches 2/α with
probability α/2 at most, whenever it is looked at (Ville 1939; Waudby-Smith & Ramdas 2024, JRSS B 86). The interval
holds all Δ that neither side has rejected.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Array = NDArray[np.float64]

#: what may be lost on a person, at most, as shares of the wealth
_STAKES = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
#: effects that are asked about, as differences of two means in [0, 1]
_EFFECTS = np.linspace(-1.0, 1.0, 401)


class Unit(NamedTuple):
    """A person: whether they got the policy, and what came of it, 0 to 1."""

    treated: bool
    outcome: float


class Verdict(NamedTuple):
    """After some people. effect: policy less rule, estimated; low, high: of it, at once for all times, None before any.

    better, worse: e-values, the greatest so far, against the policy's being no better, and no worse.
    """

    people: int
    effect: float | None
    low: float
    high: float
    better: float
    worse: float

    def decided(self, alpha: float) -> str | None:
        """Whether people are better or worse off, where that is evident; wrong with probability alpha at most."""
        if max(self.better, self.worse) < 2.0 / alpha:
            return None
        return "better" if self.better >= self.worse else "worse"


class Sequence:
    """Hears people in the order in which they came to the experiment, whatever came of them.

    share: p, above 0 and below 1.   alpha: of the interval.
    """

    def __init__(self, share: float, *, alpha: float = 0.05) -> None:
        self._share = share
        self._reject = math.log(2.0 / alpha)
        # |ψ − Δ| is at most this
        most = 1.0 / min(share, 1.0 - share) + 1.0
        self._stakes = (_STAKES / most)[:, None]
        self._up = np.zeros((len(_STAKES), len(_EFFECTS)))
        self._down = np.zeros_like(self._up)
        self._most_up = np.zeros(len(_EFFECTS))
        self._most_down = np.zeros(len(_EFFECTS))
        self._people, self._sum, self._outcomes = 0, 0.0, 0.0

    def hear(self, units: Iterable[Unit]) -> Verdict:
        """What is known after some more people. Raises ValueError for an outcome outside 0 to 1."""
        for one in units:
            if not 0.0 <= one.outcome <= 1.0:
                raise ValueError(f"expected an outcome from 0 to 1, got {one.outcome}")
            p = self._share
            # as if one person had stood between the two before the first came
            before = (0.5 + self._outcomes) / (1 + self._people)
            score = (one.treated - p) * (one.outcome - before) / (p * (1.0 - p))
            away = self._stakes * (score - _EFFECTS)
            self._up += np.log1p(away)
            self._down += np.log1p(-away)
            np.maximum(self._most_up, _log_mean(self._up), out=self._most_up)
            np.maximum(self._most_down, _log_mean(self._down), out=self._most_down)
            self._people += 1
            self._sum += score
            self._outcomes += one.outcome
        return self._verdict()

    def _verdict(self) -> Verdict:
        middle = len(_EFFECTS) // 2
        return Verdict(
            self._people,
            self._sum / self._people if self._people else None,
            # an effect between two of the grid is not rejected before both are
            float(max(_EFFECTS[self._most_up >= self._reject], default=-1.0)),
            float(min(_EFFECTS[self._most_down >= self._reject], default=1.0)),
            math.exp(min(self._most_up[middle], 700.0)),
            math.exp(min(self._most_down[middle], 700.0)),
        )


def _log_mean(log_wealth: Array) -> Array:
    top = log_wealth.max(axis=0)
    found: Array = top + np.log(np.exp(log_wealth - top).mean(axis=0))
    return found
