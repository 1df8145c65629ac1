"""What did one window of judgments say by itself, without the prior it was read with?

A posterior q of disjoint evidence under the prior p is p times a message ℓ(θ) = q(θ)/p(θ). Read as normals, ℓ is a
measurement y of θ with variance 1/λ: λ = 1/s² − 1/s₀², y = (m/s² − m₀/s₀²)/λ. Windows that share no judgment give
messages that are independent given θ; cumulative posteriors do not.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

#: a posterior as wide as the prior, or wider, says next to nothing: never less than this share of the prior's precision
_LEAST_SHARE = 1e-6


class Message(NamedTuple):
    """Measurements of θ [...] and their precisions [...], one over the variance."""

    value: Float
    precision: Float


def message(
    mean: ArrayLike, sd: ArrayLike, *, prior_mean: float, prior_sd: float, variance_scale: float = 1.0
) -> Message:
    """The messages of posteriors mean ± sd [...] under a normal prior.

    variance_scale: how many times larger the messages' variance is than they claim, see `variance_scale`.
    Raises ValueError for what is no posterior.
    """
    m, s = np.asarray(mean, np.float64), np.asarray(sd, np.float64)
    if not (np.isfinite(m).all() and np.isfinite(s).all() and (s > 0).all()):
        raise ValueError("a posterior needs a finite mean and a finite sd > 0")
    of_prior = prior_sd**-2
    of_posterior = s**-2.0
    gained = of_posterior - of_prior
    floor = _LEAST_SHARE * of_prior
    value = np.where(
        gained > floor, (m * of_posterior - prior_mean * of_prior) / np.maximum(gained, floor), prior_mean
    )
    return Message(value, np.maximum(gained, floor) / variance_scale)
