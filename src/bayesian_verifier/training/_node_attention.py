"""Where on log-weights at scattered nodes does the mass lie, and what shape has it, in any number of dimensions?

The nodes are draws from the prior, so that weights sample the posterior as long as it is wide. Where few nodes carry
it, the evidence is tempered until enough do; a quadratic through the log-likelihood there says where the posterior
lies and how wide it is, however narrow (Friel & Pettitt 2008, J. Royal Statistical Society B 70, temper likewise).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

#: the evidence is tempered until this many nodes count
ENOUGH = 80.0
_HALVINGS, _COLDEST = 14, 16.0
#: precisions of the posterior in units of the prior's are held within these
_LEAST_PRECISION, _GREATEST_PRECISION = 0.25, 1e6
_RIDGE = 1e-4


class Located(NamedTuple):
    """Of B people, in prior sd: mean [B, P], Cholesky factor of the covariance [B, P, P], shape [B, S]."""

    mean: Any
    factor: Any
    shape: Any


def shape_size(dimensions: int) -> int:
    """How many numbers a shape is."""
    pairs = dimensions * (dimensions + 1) // 2
    return 3 + 2 * dimensions + pairs + dimensions**2


def tempered(log_likelihood: Any, log_prior: Any) -> tuple[Any, Any]:
    """Weights [B, N] of the nodes with the evidence tempered by [B], at most 1, so that ENOUGH of them count."""
    low, high = jnp.zeros(log_likelihood.shape[0]), jnp.full(log_likelihood.shape[0], _COLDEST)
    for _ in range(_HALVINGS):  # high holds -log2 of a power at which enough count
        middle = 0.5 * (low + high)
        enough = _count(_weights(log_likelihood, log_prior, 2.0**-middle)) >= ENOUGH
        low, high = jnp.where(enough, low, middle), jnp.where(enough, middle, high)
    whole = _count(_weights(log_likelihood, log_prior, jnp.ones_like(low))) >= ENOUGH
    power = jnp.where(whole, 1.0, 2.0**-high)
    return _weights(log_likelihood, log_prior, power), power


def _weights(log_likelihood: Any, log_prior: Any, power: Any) -> Any:
    return jax.nn.softmax(power[:, None] * log_likelihood + log_prior, axis=-1)


def _count(weights: Any) -> Any:
    return 1.0 / (weights**2).sum(axis=-1)


def located(nodes: np.ndarray[Any, np.dtype[np.float32]], log_likelihood: Any, log_prior: Any) -> Located:
    """Location, scale and shape from log-likelihoods [B, N] at nodes [N, P] in prior sd, whose log-weight as a sample
    of the prior is log_prior [N].
    """
    weights, power = tempered(log_likelihood, log_prior)
    mean, covariance = _moments(nodes, weights)
    gradient, bend, missed = _quadratic(nodes, log_likelihood, weights, mean)
    precision = _held(jnp.eye(nodes.shape[1]) - bend)
    # the prior pulls to 0, the evidence along its gradient at the tempered mean
    step = jnp.linalg.solve(precision, (gradient - mean)[..., None])[..., 0]
    # no further than the tempered posterior reaches: beyond it nothing was seen
    reach = jnp.sqrt(
        (step * jnp.linalg.solve(covariance + _RIDGE * jnp.eye(nodes.shape[1]), step[..., None])[..., 0]).sum(
            -1
        )
    )
    centre = mean + step * jnp.minimum(1.0, 3.0 / (reach + 1e-6))[:, None]
    factor = jnp.linalg.cholesky(_inverse(precision))
    return Located(centre, factor, _shape(nodes, weights, centre, factor, power, missed, reach))


def _moments(nodes: Any, weights: Any) -> tuple[Any, Any]:
    mean = weights @ nodes
    centred = nodes[None] - mean[:, None]
    return mean, jnp.einsum("bn,bni,bnj->bij", weights, centred, centred)


def _quadratic(nodes: Any, values: Any, weights: Any, mean: Any) -> tuple[Any, Any, Any]:
    """Gradient [B, P] and Hessian [B, P, P] at the mean of the quadratic that fits values [B, N] best, and what it
    misses [B], as a weighted variance.
    """
    p = nodes.shape[1]
    rows, columns = np.triu_indices(p)
    centred = nodes[None] - mean[:, None]
    twice = np.where(rows == columns, 0.5, 1.0).astype(np.float32)
    terms = jnp.concatenate(
        [jnp.ones_like(centred[..., :1]), centred, centred[..., rows] * centred[..., columns] * twice],
        axis=-1,
    )
    level = (weights * values).sum(axis=-1, keepdims=True)
    scaled = terms * weights[..., None]
    normal = jnp.einsum("bni,bnj->bij", scaled, terms)
    size = jnp.sqrt(jnp.diagonal(normal, axis1=-2, axis2=-1)) + 1e-6
    normal = normal / (size[:, :, None] * size[:, None, :]) + _RIDGE * jnp.eye(terms.shape[-1])
    right = jnp.einsum("bni,bn->bi", scaled, values - level) / size
    found = jnp.linalg.solve(normal, right[..., None])[..., 0] / size
    left = values - level - jnp.einsum("bni,bi->bn", terms, found)
    bend = jnp.zeros((values.shape[0], p, p)).at[:, rows, columns].set(found[:, p + 1 :])
    bend = bend.at[:, columns, rows].set(found[:, p + 1 :])
    return found[:, 1 : p + 1], bend, (weights * left**2).sum(axis=-1)


def _held(precision: Any) -> Any:
    """The same with eigenvalues that a posterior can have."""
    value, vector = jnp.linalg.eigh(precision)
    held = jnp.clip(value, _LEAST_PRECISION, _GREATEST_PRECISION)
    return jnp.einsum("bij,bj,bkj->bik", vector, held, vector)


def _inverse(precision: Any) -> Any:
    value, vector = jnp.linalg.eigh(precision)
    return jnp.einsum("bij,bj,bkj->bik", vector, 1.0 / value, vector)


def _shape(nodes: Any, weights: Any, centre: Any, factor: Any, power: Any, missed: Any, reach: Any) -> Any:
    """How the tempered weights lie about centre and factor, drawn out as far as the evidence was tempered."""
    p = nodes.shape[1]
    wide = factor / jnp.sqrt(power)[:, None, None]
    away = jax.scipy.linalg.solve_triangular(
        wide, (nodes[None] - centre[:, None]).swapaxes(-1, -2), lower=True
    )
    away = jnp.clip(away, -8.0, 8.0)
    first = jnp.einsum("bn,bin->bi", weights, away)
    second = jnp.einsum("bn,bin,bjn->bij", weights, away, away)
    third = jnp.einsum("bn,bin,bjn->bij", weights, away, away**2)
    fourth = jnp.einsum("bn,bin->bi", weights, away**4)
    rows, columns = np.triu_indices(p)
    parts = [
        jnp.stack([jnp.log(power), jnp.log(missed + 1e-4), reach], axis=-1),
        first,
        fourth - 3.0,
        second[:, rows, columns] - np.eye(p)[rows, columns],
        third.reshape(-1, p * p),
    ]
    return jnp.arcsinh(jnp.concatenate(parts, axis=-1))
