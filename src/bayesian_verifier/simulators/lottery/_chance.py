"""How likely is an answer, given its advantage and a person's choice noise?

docs/model.md, "θ → feedback and reward", steps 4 and 5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._spread import sites

Float = NDArray[np.float64]
LAPSE = 0.02
REWARD_SD = 0.25
_SITES = sites()


def log_chance(signed: Float, noise: Float) -> Float:
    """Log-probability of a feedback whose signed advantage is `signed`, at τ = noise > 0; broadcasts."""
    with np.errstate(over="ignore"):
        return np.log(LAPSE / 2 + (1 - LAPSE) / (1.0 + np.exp(-signed / noise)))


def log_likelihood_of_sums(weights: Float, squares: Float, noise: Float) -> Float:
    """Log-likelihood [D], up to a constant, of what was summed at D values of r, each with its own τ = noise [D].

    weights [D, KNOTS + 2]: of signed advantages at the `sites`, see `collected`.   squares [D]: sums of (reward - ∆)².
    """
    total: Float = (-0.5 / REWARD_SD**2) * squares
    if weights.any():
        total = total + np.einsum("dg,dg->d", weights, log_chance(_SITES[None, :], noise[:, None]))
    return total
