"""Where do people's θ lie? Empirical Bayes: a normal prior fitted to what windows say without the prior behind them.

Fitting it to posterior means would shrink it a little each night, as every mean is pulled towards the prior before it.
EM on the messages y ~ N(θ, 1/λ), θ ~ N(μ, s²), has no such pull (Dempster, Laird & Rubin 1977; Efron & Morris 1973).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_ROUNDS = 500
_CLOSE = 1e-10


class Prior(NamedTuple):
    """A normal distribution of one parameter over people."""

    mean: float
    sd: float


class Limits(NamedTuple):
    """How far one night may move a prior, and how many people it takes.

    mean_step: in sd of the prior before.   sd_factor: greatest ratio of sd, either way.   people: fewest.
    """

    mean_step: float = 0.25
    sd_factor: float = 1.25
    people: int = 30


def fitted_prior(value: ArrayLike, precision: ArrayLike, start: Prior) -> Prior:
    """The most likely normal prior of messages value [N] with precision [N], one a person.

    Raises ValueError without messages.
    """
    y, noise = np.asarray(value, np.float64), 1.0 / np.asarray(precision, np.float64)
    if not y.size:
        raise ValueError("expected messages of people")
    mean, variance = start.mean, start.sd**2
    for _ in range(_ROUNDS):
        share = variance / (variance + noise)
        expected = mean + share * (y - mean)
        new_mean = float(expected.mean())
        new_variance = max(float(((expected - new_mean) ** 2 + share * noise).mean()), 1e-12)
        moved = abs(new_mean - mean) + abs(new_variance - variance)
        mean, variance = new_mean, new_variance
        if moved < _CLOSE * (1.0 + abs(mean)):
            break
    return Prior(mean, math.sqrt(variance))


def next_prior(value: ArrayLike, precision: ArrayLike, before: Prior, limits: Limits) -> Prior:
    """The fitted prior, no further from the one before than a night may go; that one itself with too few people."""
    if np.size(value) < limits.people:
        return before
    found = fitted_prior(value, precision, before)
    step = limits.mean_step * before.sd
    return Prior(
        min(max(found.mean, before.mean - step), before.mean + step),
        min(max(found.sd, before.sd / limits.sd_factor), before.sd * limits.sd_factor),
    )
