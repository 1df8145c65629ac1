"""At which points is a posterior looked at, so that none of its tails is overlooked?

At the fixed points of the normal distribution, drawn out by a fifth: weights of draws from a proposal that is a little
too wide are bounded where those of one that is a little too narrow are not (Owen 2013, Monte Carlo theory, ch. 9).
What was drawn out is known exactly, so that the network's own summary can be had from the same points.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior._base_points import base_points

Float = NDArray[np.float64]
WIDENING = 1.2


class WidePoints(NamedTuple):
    """Fixed points behind every summary.

    noise: float32 [D, P].   log_ratio [D]: log-density they were drawn with less that of the standard normal.
    share [D]: their weights where the standard normal is meant; they sum to 1.
    """

    noise: NDArray[np.float32]
    log_ratio: Float
    share: Float


def wide_points(count: int, dimensions: int) -> WidePoints:
    """`count` points, and for more than two dimensions as many more for each further one; see `base_points`."""
    enough = count * max(1, dimensions - 1)
    noise = (WIDENING * base_points(enough, dimensions)).astype(np.float32)
    log_ratio = log_widening(noise)
    share = np.exp(-log_ratio)
    return WidePoints(noise, log_ratio, share / share.sum())


def log_widening(noise: NDArray[np.float32]) -> Float:
    """Log-density [D] of widened normal noise [D, P] less that of the standard normal."""
    squares = (noise.astype(np.float64) ** 2).sum(axis=1)
    result: Float = 0.5 * squares * (1 - WIDENING**-2) - noise.shape[1] * math.log(WIDENING)
    return result
