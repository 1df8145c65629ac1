"""Where on a surface of log-weights does the mass lie, and what shape has it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from bayesian_verifier.posterior import natural_spline

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: leading entries of a summary: mean and log sd of both parameters, and the inverse tanh of their correlation
LOCATION = 5
_PROBES = (-2.4, -1.8, -1.2, -0.8, -0.4, 0.0, 0.4, 0.8, 1.2, 1.8, 2.4)
_MAX_CORRELATION = 0.98
#: length of what `shape_of` gives
SHAPE = LOCATION + 7 + 3 * len(_PROBES)


def refined(points: NDArray[np.float64], factor: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Points `factor` times as dense, and the matrix that interpolates values at the points onto them."""
    index = np.arange(points.size)
    fine = np.interp(np.arange((points.size - 1) * factor + 1) / factor, index, points)
    return fine.astype(np.float32), natural_spline(points, fine).astype(np.float32)


def log_widths(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log of the width of each point's cell."""
    widths: NDArray[np.float32] = np.log(np.gradient(points)).astype(np.float32)
    return widths


def located(points: Any, value: Any) -> tuple[Any, Any]:
    """Index of the cell of `points` that value lies in, and how far into it, 0 to 1."""
    index = jnp.clip(jnp.searchsorted(points, value) - 1, 0, points.size - 2)
    share = (value - points[index]) / (points[index + 1] - points[index])
    return index, jnp.clip(share, 0.0, 1.0)


def shape_of(surface: Any, fine_r: NDArray[np.float32], fine_t: NDArray[np.float32]) -> Any:
    """Location, scale and shape [..., SHAPE] of log-weights [..., R, T] over the two axes."""
    weight = jnp.exp(surface)
    of_r, of_t = weight.sum(axis=-1), weight.sum(axis=-2)
    mean_r, sd_r, z_r = _standardised(of_r, jnp.asarray(fine_r))
    mean_t, sd_t, z_t = _standardised(of_t, jnp.asarray(fine_t))
    first = (weight * z_t[..., None, :]).sum(axis=-1)
    second = (weight * (z_t**2)[..., None, :]).sum(axis=-1)
    correlation = jnp.clip((first * z_r).sum(axis=-1), -_MAX_CORRELATION, _MAX_CORRELATION)
    location = [mean_r, mean_t, jnp.log(sd_r), jnp.log(sd_t), jnp.arctanh(correlation)]
    moments = [
        (of_r * z_r**3).sum(axis=-1),
        (of_r * z_r**4).sum(axis=-1) - 3.0,
        (of_t * z_t**3).sum(axis=-1),
        (of_t * z_t**4).sum(axis=-1) - 3.0,
        (first * z_r**2).sum(axis=-1),
        (second * z_r).sum(axis=-1),
        (second * z_r**2).sum(axis=-1) - 1.0,
    ]
    below_r, slope = _below_probes(of_r, z_r, first)
    below_t, _ = _below_probes(of_t, z_t, of_t)
    parts = [jnp.stack(location, axis=-1), jnp.arcsinh(jnp.stack(moments, axis=-1)), below_r, below_t, slope]
    return jnp.concatenate(parts, axis=-1)


def _standardised(weight: Any, points: Any) -> tuple[Any, Any, Any]:
    """Mean, sd and standardised points of weights [..., R] that sum to 1."""
    mean = weight @ points
    centred = points - mean[..., None]
    sd = jnp.sqrt((weight * centred**2).sum(axis=-1) + 1e-8)
    return mean, sd, centred / sd[..., None]


def _below_probes(weight: Any, z: Any, signal: Any) -> tuple[Any, Any]:
    """Share of weight (less a normal's) and of signal below each probe [..., probes]; cells count in part."""
    probes = jnp.asarray(_PROBES, z.dtype)
    width = jnp.asarray(jnp.gradient(z, axis=-1))[..., None, :]
    part = jnp.clip((probes[:, None] - z[..., None, :]) / width + 0.5, 0.0, 1.0)
    below = (part * weight[..., None, :]).sum(axis=-1)
    carried = (part * signal[..., None, :]).sum(axis=-1)
    return 4.0 * (below - jax.scipy.stats.norm.cdf(probes)), 2.0 * carried
