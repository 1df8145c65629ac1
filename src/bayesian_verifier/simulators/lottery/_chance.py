"""How likely is an answer, given its advantage and a person's choice noise?

docs/model.md, "θ → feedback and reward", steps 4 and 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._reference import stencils
from bayesian_verifier.simulators.lottery._spread import KNOTS, collected, sites

if TYPE_CHECKING:
    from types import ModuleType

Float = NDArray[np.float64]
LAPSE = 0.02
REWARD_SD = 0.25
_SITES = sites()
#: a log-likelihood that bends by more nats than this from point to point is a cliff, which a cubic would overshoot
_ROUGH = 40.0


def log_chance(signed: Float, noise: Float, xp: ModuleType = np) -> Float:
    """Log-probability of a feedback whose signed advantage is `signed`, at τ = noise > 0; broadcasts."""
    with np.errstate(over="ignore"):
        result: Float = xp.log(LAPSE / 2 + (1 - LAPSE) / (1.0 + xp.exp(-signed / noise)))
    return result


def log_likelihood_between(points: Float, sums: Float, theta: Float, xp: ModuleType = np) -> Float:
    """Log-likelihood [n], up to a constant, of θ [n, 2] on the link scale, read between the points of r: on a cubic,
    or on straight lines where it falls off a cliff.

    points [K].   sums [K, KNOTS + 2]: counts of signed advantages, as `spread` makes them, sums of (reward - ∆)² and
    of (reward - ∆).   xp: NumPy, or jax.numpy where JAX traces this.
    """
    points = points.astype(theta.dtype, copy=False)
    index, weight = stencils(points, theta[:, 0], xp)
    counts = collected(sums[:, :KNOTS], xp)
    chance = log_chance(xp.asarray(_SITES, theta.dtype)[None, :], xp.exp(theta[:, 1])[:, None], xp)
    if xp is np:
        # all points at once in one product: few of them are many draws' neighbours
        level = np.take_along_axis(chance @ counts.T, index, axis=1)
    else:
        level = xp.einsum("nmg,ng->nm", counts[index], chance)
    level = level - (0.5 / REWARD_SD**2) * sums[:, KNOTS][index]
    cubic: Float = (weight * level).sum(axis=1)
    bend = xp.abs(level[:, :-2] - 2.0 * level[:, 1:-1] + level[:, 2:]).max(axis=1)
    if xp is np and not (bend > _ROUGH).any():
        return cubic
    result: Float = xp.where(
        bend > _ROUGH, _straight(xp.asarray(points)[index], level, theta[:, 0], xp), cubic
    )
    return result


def _straight(near: Float, level: Float, at: Float, xp: ModuleType) -> Float:
    """Values [n] on the lines between levels [n, 4] at neighbouring points near [n, 4]."""
    cell = (at[:, None] > near[:, 1:-1]).sum(axis=1)[:, None]
    low, high = (xp.take_along_axis(near, cell + i, axis=1)[:, 0] for i in (0, 1))
    first, last = (xp.take_along_axis(level, cell + i, axis=1)[:, 0] for i in (0, 1))
    part = xp.clip((at - low) / (high - low), 0.0, 1.0)
    result: Float = first + part * (last - first)
    return result
