"""How likely is an answer, given its advantage and a person's choice noise?

docs/model.md, "θ → feedback and reward", steps 4 and 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._spread import collected, sites

Float = NDArray[np.float64]
LAPSE = 0.02
REWARD_SD = 0.25
_SITES = sites()


def log_chance(signed: Float, noise: Float) -> Float:
    """Log-probability of a feedback whose signed advantage is `signed`, at τ = noise > 0; broadcasts."""
    with np.errstate(over="ignore"):
        return np.log(LAPSE / 2 + (1 - LAPSE) / (1.0 + np.exp(-signed / noise)))


def log_likelihood_of_sums(counts: Float, rewards: Float, noise: Float) -> Float:
    """Log-likelihood [D], up to a constant, of what was summed at D values of r, each with its own τ = noise [D].

    counts [D, KNOTS]: of signed advantages, as `spread` makes them.   rewards [D, 2]: sums of (reward - ∆)² and of
    (reward - ∆).
    """
    total: Float = (-0.5 / REWARD_SD**2) * rewards[:, 0]
    if counts.any():
        total = total + (collected(counts) * log_chance(_SITES[None, :], noise[:, None])).sum(axis=1)
    return total
