"""How far is what a method says from what is exactly true?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from _quality_sets import SIZES, QualitySet
from _reference import kl, marginal_log_density
from numpy.typing import NDArray
from scipy.stats import gaussian_kde

from bayesian_verifier.posterior import QUANTILE_LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
#: Kernels reach no further than their widest; below this a log-density counts as this.
FLOOR = -80.0


class Found(NamedTuple):
    """What a method said of one set. log_density: of r at the exact marginal's grid, or None."""

    seconds: float
    mean: float
    sd: float
    quantiles: Float
    log_density: Float | None


def marginal(item: QualitySet, log_joint: Float) -> Float:
    """Log-density of r from a joint one at the set's grid."""
    return marginal_log_density(item.on_axes(log_joint), item.exact.ln_tau_axis)


def kernels(item: QualitySet, draws: Float) -> Float:
    """Log-density of r by Gaussian kernels on draws."""
    return np.maximum(gaussian_kde(draws).logpdf(item.exact.r.grid), FLOOR)


def of_draws(seconds: float, r: Float, log_density: Float | None) -> Found:
    """A method that reports its draws' mean, sd and quantiles."""
    return Found(seconds, float(r.mean()), float(r.std()), np.quantile(r, QUANTILE_LEVELS), log_density)


def judged(sets: Sequence[QualitySet], found: Sequence[Found]) -> dict[str, Any]:
    """Figures over all sets, and by size."""
    rows = [row(item, said) for item, said in zip(sets, found, strict=True)]
    by_size = {
        str(n): summarised([r for item, r in zip(sets, rows, strict=True) if item.size == n]) for n in SIZES
    }
    return summarised(rows) | {"by_judgments": by_size}


def row(item: QualitySet, said: Found) -> dict[str, float]:
    """One set: seconds, KL in nats, errors in exact sd."""
    exact = item.exact.r
    off = (said.quantiles - exact.quantiles(QUANTILE_LEVELS)) / exact.sd
    return {
        "seconds": said.seconds,
        "kl": np.nan if said.log_density is None else kl(exact, said.log_density),
        "mean_error": (said.mean - exact.mean) / exact.sd,
        "quantile_error": float(np.sqrt((off**2).mean())),
        "sd_ratio": said.sd / exact.sd,
    }


def summarised(rows: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Median time, mean and median KL (None without a density), rms errors."""
    column = {name: np.array([r[name] for r in rows]) for name in rows[0]}
    judged_by_density = bool(np.isfinite(column["kl"]).all())
    return {
        "ms_per_posterior": round(1e3 * float(np.median(column["seconds"])), 3),
        "kl_mean": round(float(column["kl"].mean()), 5) if judged_by_density else None,
        "kl_median": round(float(np.median(column["kl"])), 5) if judged_by_density else None,
        "mean_error_rms_sd": round(float(np.sqrt((column["mean_error"] ** 2).mean())), 4),
        "quantile_error_rms_sd": round(float(np.sqrt((column["quantile_error"] ** 2).mean())), 4),
        "sd_ratio_mean": round(float(column["sd_ratio"].mean()), 4),
        "sd_ratio_sd": round(float(column["sd_ratio"].std()), 4),
    }
