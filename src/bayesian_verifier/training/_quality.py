"""How good is a posterior, where the exact one can be computed, and is it calibrated where it cannot?

Against the exact posterior: KL divergence of the marginal of the first parameter by quadrature of the network's own
density, and the mean, sd and quantiles of what would be served. Calibration: ranks and coverage of the true θ
(Talts et al. 2018, arXiv 1804.06788).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from bayesian_verifier.training._exact import exact_posterior

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bayesian_verifier.artifact import PosteriorFunction
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators import Simulator

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
COVERAGE_LEVELS = (0.5, 0.8, 0.9, 0.95)
_RUNGS = (8, 32, 128, 512)


class Comparison(NamedTuple):
    """One set against its exact posterior, for the first parameter.

    size: informative judgments.   kl: nats, exact ‖ network.   mean_error, quantile_error: of draws, in exact sd;
    quantile_error is the rms over QUANTILE_LEVELS.   sd_ratio: of draws to exact.   mass: integral of the density.
    """

    size: int
    exact_sd: float
    kl: float
    mean_error: float
    quantile_error: float
    sd_ratio: float
    mass: float


class Calibration(NamedTuple):
    """One simulated person: size, the rank of the true value among the draws, a share in (0, 1), by parameter."""

    size: int
    ranks: Float


class Network:
    """An exported function asked one set at a time."""

    def __init__(self, function: PosteriorFunction, simulator: Simulator, points: F32) -> None:
        """Points [D, P]: standard normal points behind the draws."""
        self.function, self.simulator, self.points = function, simulator, points

    def ask(self, judgments: Sequence[Judgment], query: Float | None = None) -> tuple[Float, Float, int]:
        """Draws [D, P] on the link scale, log-densities of the query [Q], and how many judgments were informative."""
        description = self.simulator.describe(judgments)
        rung = next(r for r in _RUNGS if r >= len(description.features))
        features = np.zeros((rung, self.function.feature_width), np.float32)
        features[: len(description.features)] = description.features
        mask = (np.arange(rung) < len(description.features)).astype(np.float32)
        state = np.zeros(self.function.state_size, np.float32)
        asked = None if query is None else query.astype(np.float32)
        emission = self.function(features, mask, state, self.points, asked)
        draws = np.asarray(emission.theta, dtype=np.float64)
        return draws, np.asarray(emission.query_density, dtype=np.float64), description.informative


def compare(network: Network, judgments: Sequence[Judgment]) -> Comparison:
    """One set against its exact posterior."""
    exact = exact_posterior(network.simulator, judgments)
    draws, log_density, informative = network.ask(judgments, exact.points)
    density = np.exp(log_density).reshape(exact.weight.shape).sum(axis=1) * (exact.t[1] - exact.t[0])
    belief = Belief.from_draws(draws[:, 0])
    off = np.array(belief.quantiles) - exact.quantiles(QUANTILE_LEVELS)
    return Comparison(
        size=informative,
        exact_sd=exact.sd,
        kl=divergence(exact.marginal, density, exact.r[1] - exact.r[0]),
        mean_error=(belief.mean - exact.mean) / exact.sd,
        quantile_error=float(np.sqrt((off**2).mean())) / exact.sd,
        sd_ratio=belief.sd / exact.sd,
        mass=float(density.sum() * (exact.r[1] - exact.r[0])),
    )


def divergence(p: Float, q: Float, step: float) -> float:
    """KL(p ‖ q) in nats of two densities on one even grid with spacing `step`; q is held above 1e-300."""
    there = p > 0
    return float((p[there] * (np.log(p[there]) - np.log(np.maximum(q[there], 1e-300)))).sum() * step)


def calibration(network: Network, theta: Float, judgments: Sequence[Judgment]) -> Calibration:
    """Where the true θ [P] ranks among the draws of its own data."""
    draws, _, informative = network.ask(judgments)
    below = (draws < theta).sum(axis=0)
    return Calibration(informative, (below + 0.5) / (len(draws) + 1))


def strata(largest: int = 512) -> list[tuple[int, int]]:
    """Strata of set size that figures are reported in, both ends included."""
    return [(0, 3), (4, 15), (16, 63), (64, 128), (129, 256), (257, largest)]


def summarised(rows: Sequence[Comparison]) -> dict[str, float | int]:
    """Headline figures of comparisons: means over sets, rms of the errors."""
    table = np.array([r[2:6] for r in rows])
    return {
        "sets": len(rows),
        "kl_mean": float(table[:, 0].mean()),
        "kl_median": float(np.median(table[:, 0])),
        "kl_worst": float(table[:, 0].max()),
        "mean_error_rms": _rms(table[:, 1]),
        "quantile_error_rms": _rms(table[:, 2]),
        "sd_ratio_mean": float(table[:, 3].mean()),
        "sd_ratio_sd": float(table[:, 3].std()),
        "exact_sd_mean": float(np.mean([r.exact_sd for r in rows])),
    }


def by_size(rows: Sequence[Comparison]) -> dict[str, dict[str, float | int]]:
    """The same in each stratum of set size that has any."""
    result = {}
    for low, high in strata():
        inside = [r for r in rows if low <= r.size <= high]
        if inside:
            result[f"{low}-{high}"] = summarised(inside)
    return result


def coverage(rows: Sequence[Calibration], parameter: int = 0) -> dict[str, float]:
    """How often central intervals of each level hold the truth."""
    ranks = np.array([r.ranks[parameter] for r in rows])
    return {str(level): float((np.abs(ranks - 0.5) <= level / 2).mean()) for level in COVERAGE_LEVELS}


def rank_deviation(rows: Sequence[Calibration], parameter: int = 0) -> tuple[float, float]:
    """Greatest distance of the ranks' distribution from even, and its 99% bound under perfect calibration.

    Dvoretzky–Kiefer–Wolfowitz with Massart's constant: simultaneous over all ranks, no simulation needed.
    """
    ranks = np.sort([r.ranks[parameter] for r in rows])
    n = ranks.size
    above = np.arange(1, n + 1) / n - ranks
    below = ranks - np.arange(n) / n
    return float(max(above.max(), below.max())), float(np.sqrt(np.log(2 / 0.01) / (2 * n)))


def over(items: Iterable[object], ask: Callable[..., object], tick: Callable[[], None]) -> list[object]:
    """Ask about each item, telling after each that one more is done."""
    result = []
    for item in items:
        result.append(ask(item))
        tick()
    return result


def _rms(values: Float) -> float:
    return float(np.sqrt((values**2).mean()))
