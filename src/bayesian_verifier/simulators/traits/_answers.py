"""What was answered, and by people with which traits: how both are held in arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.traits._cases import People

if TYPE_CHECKING:
    from types import ModuleType

Float = NDArray[np.float64]


class Answers(NamedTuple):
    """What C judgments were answered: sign of the feedback (1, -1, 0 none), reward, and whether there is one."""

    sign: Float
    reward: Float
    rewarded: NDArray[np.bool_]


def people_of(theta: Float, xp: ModuleType = np) -> People:
    """Traits of people given as θ [K, 3 or 4] on the link scale, choice noise last.

    xp: NumPy, or jax.numpy where JAX traces this.
    """
    exponent = xp.exp(theta[:, 2]) if theta.shape[1] == 4 else None  # noqa: PLR2004 - and three do not weigh chances
    return People(theta[:, 0], theta[:, 1], exponent)
