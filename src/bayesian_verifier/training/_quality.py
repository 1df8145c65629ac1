"""How far is a posterior off the exact one, from the network alone and as it is served?

The network alone: KL divergence by quadrature of the network's own density, of the marginal of the first of two
parameters, or of all where there are more. As served: mean, sd and quantiles of its weighted draws. All by quadrature
on people the simulator makes up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import QUANTILE_LEVELS, Belief
from bayesian_verifier.training._exact import ExactPosterior, exact_posterior
from bayesian_verifier.training._exact_joint import joint_posterior

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.training._network import Network

Float = NDArray[np.float64]
#: points along each of three or four parameters, where mass is looked for and where it is measured; what is left out
_GRIDS = {3: ((41, 31, 17), (49, 49, 29), 1e-7), 4: ((21, 17, 13, 13), (35, 21, 19, 19), 1e-4)}


class Comparison(NamedTuple):
    """One set against its exact posterior, for the first parameter.

    size: informative judgments.   kl: nats, exact ‖ network.   alone: the network's mean less the exact one, in exact
    sd.   mean, sd: what is served less exact, in exact sd, and its ratio.   quantiles: rms over QUANTILE_LEVELS of
    what is served less exact, in exact sd.   shift: the mean's move by the weights, in sd.   pareto_k, effective: of
    the weights.   reliable: whether they were used.   mass: integral of the network's density.
    """

    size: int
    exact_sd: float
    kl: float
    alone: float
    mean: float
    sd: float
    quantiles: float
    shift: float
    pareto_k: float
    effective: float
    reliable: bool
    mass: float


def compare(network: Network, judgments: Sequence[Judgment]) -> Comparison:
    """One set against its exact posterior. Raises ValueError where the simulator offers no likelihood."""
    evidence = network.simulator.describe(judgments).evidence
    if len(network.simulator.parameters) in _GRIDS:
        coarse, fine, negligible = _GRIDS[len(network.simulator.parameters)]
        joint = joint_posterior(network.simulator, judgments, coarse=coarse, fine=fine, negligible=negligible)
        log_density = network.density(evidence, joint.points)
        kl, mass = joint.divergence(log_density[joint.carrying]), joint.mass(log_density)
        return _compared(network, judgments, joint.ends, kl, mass)
    exact = exact_posterior(network.simulator, judgments)
    log_density = network.density(evidence, exact.points)
    density = np.exp(log_density).reshape(exact.weight.shape).sum(axis=1) * (exact.t[1] - exact.t[0])
    step = exact.r[1] - exact.r[0]
    kl = divergence(exact.marginal, density, step)
    return _compared(network, judgments, exact, kl, float(density.sum() * step))


def _compared(
    network: Network, judgments: Sequence[Judgment], exact: ExactPosterior, kl: float, mass: float
) -> Comparison:
    """The first parameter as it is served, against its exact marginal."""
    described = network.simulator.describe(judgments)
    said = network.ask([described.evidence])[0]
    correction = network.corrected(said, described.evidence)
    if correction.weights is None:
        raise ValueError("there is no likelihood to correct by")
    share = correction.weights.share if correction.reliable else network.points.share
    served = Belief.from_draws(said.theta[:, 0], share)
    off = np.array(served.quantiles) - exact.quantiles(QUANTILE_LEVELS)
    return Comparison(
        size=described.informative,
        exact_sd=exact.sd,
        kl=kl,
        alone=(float(network.points.share @ said.theta[:, 0]) - exact.mean) / exact.sd,
        mean=(served.mean - exact.mean) / exact.sd,
        sd=served.sd / exact.sd,
        quantiles=float(np.sqrt((off**2).mean())) / exact.sd,
        shift=correction.shift_sd or 0.0,
        pareto_k=correction.weights.pareto_k,
        effective=correction.weights.effective,
        reliable=bool(correction.reliable),
        mass=mass,
    )


def divergence(p: Float, q: Float, step: float) -> float:
    """KL(p ‖ q) in nats of two densities on one even grid with spacing `step`; q is held above 1e-300."""
    there = p > 0
    return float((p[there] * (np.log(p[there]) - np.log(np.maximum(q[there], 1e-300)))).sum() * step)


def strata(largest: int = 512) -> list[tuple[int, int]]:
    """Strata of set size that figures are reported in, both ends included."""
    return [(0, 3), (4, 15), (16, 63), (64, 128), (129, 256), (257, largest)]


def summarised(rows: Sequence[Comparison]) -> dict[str, float | int]:
    """Headline figures of comparisons: means over sets, rms of the errors."""
    column = {name: np.array([getattr(row, name) for row in rows], np.float64) for name in Comparison._fields}
    return {
        "sets": len(rows),
        "exact_sd_mean": float(column["exact_sd"].mean()),
        "kl_mean": float(column["kl"].mean()),
        "kl_median": float(np.median(column["kl"])),
        "kl_worst": float(column["kl"].max()),
        "network_mean_error_rms": _rms(column["alone"]),
        "shift_sd_rms": _rms(column["shift"]),
        "mean_error_rms": _rms(column["mean"]),
        "mean_error_worst": float(np.abs(column["mean"]).max()),
        "quantile_error_rms": _rms(column["quantiles"]),
        "sd_error_rms": _rms(column["sd"] - 1.0),
        "sd_ratio_mean": float(column["sd"].mean()),
        "effective_mean": float(column["effective"].mean()),
        "effective_worst": float(column["effective"].min()),
        "unreliable": float(1.0 - column["reliable"].mean()),
    }


def by_size(rows: Sequence[Comparison]) -> dict[str, dict[str, float | int]]:
    """The same in each stratum of set size that has any."""
    result = {}
    for low, high in strata():
        inside = [r for r in rows if low <= r.size <= high]
        if inside:
            result[f"{low}-{high}"] = summarised(inside)
    return result


def _rms(values: Float) -> float:
    return float(np.sqrt((values**2).mean()))
