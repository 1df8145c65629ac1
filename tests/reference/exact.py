"""What is the exact posterior of (r, ln τ) given these judgments?

Quadrature on a grid that finds the mass by itself: a coarse look at everything the prior allows, a zoom onto
what carries weight, then Gauss–Legendre panels over r × ln τ, halved where a polynomial does not follow the
density: at steep edges, and at the kinks that zero wealth puts at r = 1. NumPy only; it judges the network
and never serves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reference.model import LAPSE, REWARD_SD, Record, advantage, informative
from reference.panels import LEVELS, Axis, Marginal, even

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Array = NDArray[np.float64]

NEGLIGIBLE = 25.0  # a density e^-25 of its peak is left out
MISSING = 1e-4  # how much of the mass, weighted by squared distance in sd, polynomials may leave unfollowed


@dataclass(frozen=True)
class Prior:
    """Independent normal priors of r and of ln τ."""

    r_mean: float = 0.5
    r_sd: float = 1.0
    ln_tau_mean: float = math.log(0.1)
    ln_tau_sd: float = 1.0

    def log_density(self, r: Array, u: Array) -> Array:
        """Ln p(r, ln τ) on the grid r × u, float [len(r), len(u)]."""
        across = _log_normal(r, self.r_mean, self.r_sd)
        return across[:, None] + _log_normal(u, self.ln_tau_mean, self.ln_tau_sd)[None, :]


@dataclass(frozen=True)
class Exact:
    """The posterior at the points of two axes: `log_joint` [R, U] is normalised over r × ln τ."""

    r_axis: Axis
    ln_tau_axis: Axis
    log_joint: Array
    log_evidence: float

    @cached_property
    def r(self) -> Marginal:
        """The marginal of risk aversion."""
        return Marginal(self.r_axis, np.exp(self.log_joint) @ self.ln_tau_axis.weights)

    @cached_property
    def ln_tau(self) -> Marginal:
        """The marginal of ln τ."""
        return Marginal(self.ln_tau_axis, self.r_axis.weights @ np.exp(self.log_joint))

    @cached_property
    def tau_mean(self) -> float:
        """E τ, of τ itself."""
        return self.ln_tau.expectation(np.exp(self.ln_tau.grid))

    @cached_property
    def tau_sd(self) -> float:
        """The standard deviation of τ itself."""
        return math.sqrt(self.ln_tau.expectation((np.exp(self.ln_tau.grid) - self.tau_mean) ** 2))

    def tau_quantiles(self, levels: Sequence[float] = LEVELS) -> Array:
        """The quantiles of τ itself."""
        return np.exp(self.ln_tau.quantiles(levels))


def posterior(
    judgments: Sequence[Record],
    prior: Prior | None = None,
    *,
    lapse: float = LAPSE,
    missing: float = MISSING,
) -> Exact:
    """The exact posterior given `judgments` (mappings as on the wire, already valid).

    Means, sds and quantiles of r, ln τ and τ are good to 1e-4 posterior sd.
    Raises ArithmeticError where panels would have to be halved more than 20 times.
    """
    prior = prior or Prior()
    evidence = _Evidence([judgment for judgment in judgments if informative(judgment)], prior, lapse)
    (r_low, r_high), (u_low, u_high) = _mass(evidence, prior)
    r, u = even(r_low, r_high, 12, kink=1.0), even(u_low, u_high, 12)
    log_density = evidence.log_density(r.nodes, u.nodes)
    for _ in range(20):
        found = _normalised(r, u, log_density)
        by_r, by_u = _missed(found)
        if by_r.sum() <= missing and by_u.sum() <= missing:
            return found
        if by_r.sum() > missing:
            r, old = r.split(by_r > missing / len(by_r))
            log_density = log_density[old]
            log_density[old < 0] = evidence.log_density(r.nodes[old < 0], u.nodes)
        if by_u.sum() > missing:
            u, old = u.split(by_u > missing / len(by_u))
            log_density = log_density[:, old]
            log_density[:, old < 0] = evidence.log_density(r.nodes, u.nodes[old < 0])
    raise ArithmeticError(f"the panels do not settle: {by_r.sum()} of r and {by_u.sum()} of ln τ are missed")


def kl(marginal: Marginal, other_log_density: Array | Callable[[Array], Array]) -> float:
    """KL(marginal ‖ other) in nats; `other` as values at `marginal.grid` or as a function of that grid."""
    other = other_log_density(marginal.grid) if callable(other_log_density) else other_log_density
    log_ratio = np.zeros_like(marginal.density)
    held = marginal.density > 0
    log_ratio[held] = np.log(marginal.density[held]) - np.asarray(other)[held]
    return marginal.expectation(log_ratio)


def marginal_log_density(log_joint: Array, ln_tau_axis: Axis) -> Array:
    """Ln of the marginal of r, [R], from a joint log-density at r × `ln_tau_axis.nodes`: a network's, say."""
    peak = np.max(log_joint, axis=1)
    return np.asarray(peak + np.log(np.exp(log_joint - peak[:, None]) @ ln_tau_axis.weights))


class _Evidence:
    """Prior and judgments, to be evaluated on grids."""

    def __init__(self, judgments: Sequence[Record], prior: Prior, lapse: float) -> None:
        self._judgments = judgments
        self._prior = prior
        self._lapse = lapse

    def log_density(self, r: Array, u: Array) -> Array:
        """Ln prior + ln likelihood on the grid r × u, [len(r), len(u)]."""
        total = self._prior.log_density(r, u)
        signed, by_reward = self._curves(r)
        total += by_reward[:, None]
        rows = max(1, 4_000_000 // (32 * len(u)))
        for start in range(0, len(r), rows):
            total[start : start + rows] += self._feedback(signed[:, start : start + rows], u)
        return total

    def _curves(self, r: Array) -> tuple[Array, Array]:
        """The advantage signed by the feedback, [answered, R], and the summed log-density of rewards, [R]."""
        signed, by_reward = [np.zeros((0, len(r)))], np.zeros(len(r))
        for judgment in self._judgments:
            delta = advantage(judgment, r)
            assert delta is not None
            if judgment.get("feedback") is not None:
                signed.append(np.atleast_2d(delta if judgment["feedback"] == "approve" else -delta))
            if judgment.get("reward") is not None:
                by_reward += _log_normal(judgment["reward"] - delta, 0.0, REWARD_SD)
        return np.concatenate(signed), by_reward

    def _feedback(self, signed: Array, u: Array) -> Array:
        """Σ ln P(feedback), [R, U]; 32 factors, each at least lapse/2, share one logarithm."""
        total = np.zeros((signed.shape[1], len(u)))
        steepness = np.exp(-u)
        for start in range(0, len(signed), 32):
            x = signed[start : start + 32, :, None] * -steepness
            with np.errstate(over="ignore"):  # exp(+large) = inf is the right limit: 1 / (1 + inf) = 0
                p = self._lapse / 2 + (1 - self._lapse) / (1 + np.exp(x))
            total += np.log(np.prod(p, axis=0))
        return total


def _mass(evidence: _Evidence, prior: Prior) -> tuple[tuple[float, float], tuple[float, float]]:
    """The box of r and ln τ outside which nothing matters."""
    r = np.linspace(prior.r_mean - 10 * prior.r_sd, prior.r_mean + 10 * prior.r_sd, 401)
    u = np.linspace(prior.ln_tau_mean - 9 * prior.ln_tau_sd, prior.ln_tau_mean + 9 * prior.ln_tau_sd, 73)
    while True:
        log_joint = evidence.log_density(r, u)
        kept = _matters(log_joint)
        box = _bounds(r, np.any(kept, axis=1)), _bounds(u, np.any(kept, axis=0))
        shrunk = (box[0][1] - box[0][0]) / (r[-1] - r[0]) * (box[1][1] - box[1][0]) / (u[-1] - u[0])
        if shrunk > 0.7:  # another look would cost more than the grid it saves
            return box
        r, u = np.linspace(*box[0], 129), np.linspace(*box[1], 65)


def _matters(log_joint: Array) -> NDArray[np.bool_]:
    """The points that carry weight, or are steep enough to hide a peak between themselves and a neighbour."""
    rise = np.zeros_like(log_joint)
    for axis in (0, 1):
        step = np.abs(np.diff(log_joint, axis=axis))
        pad = [(0, 0), (0, 0)]
        for side in ((1, 0), (0, 1)):
            pad[axis] = side
            rise = np.maximum(rise, np.pad(step, pad))
    return np.asarray(log_joint + rise > log_joint.max() - NEGLIGIBLE)


def _bounds(grid: Array, kept: NDArray[np.bool_]) -> tuple[float, float]:
    at = np.flatnonzero(kept)
    return float(grid[max(at[0] - 1, 0)]), float(grid[min(at[-1] + 1, len(grid) - 1)])


def _normalised(r: Axis, u: Axis, log_density: Array) -> Exact:
    peak = float(log_density.max())
    log_evidence = peak + math.log(r.weights @ np.exp(log_density - peak) @ u.weights)
    return Exact(r, u, log_density - log_evidence, log_evidence)


def _missed(found: Exact) -> tuple[Array, Array]:
    """What the polynomials miss in each panel of r and of ln τ, weighted by squared distance in sd."""
    density, tau = np.exp(found.log_joint), np.exp(found.ln_tau.grid)
    far_r = 1 + ((found.r.grid - found.r.mean) / found.r.sd) ** 2
    far_u = 1 + ((found.ln_tau.grid - found.ln_tau.mean) / found.ln_tau.sd) ** 2
    far_u += ((tau - found.tau_mean) / found.tau_sd) ** 2
    by_r = found.r_axis.missed(density * far_r[:, None]) @ found.ln_tau_axis.weights
    by_u = found.ln_tau_axis.missed(density.T * far_u[:, None]) @ found.r_axis.weights
    return by_r, by_u


def _log_normal(x: Array, mean: float, sd: float) -> Array:
    z = (x - mean) / sd
    return np.asarray(-0.5 * z * z - math.log(sd * math.sqrt(2 * math.pi)))
