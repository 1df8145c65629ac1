"""How far is a weighted sample of several parameters from a normal one, in few numbers?"""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_PROBES = (-2.0, -1.3, -0.7, -0.3, 0.0, 0.3, 0.7, 1.3, 2.0)
#: a point this near a probe counts in part, as sampled points are few
_BLUR = 0.2


def shape_of(weight: Any, points: Any) -> Any:
    """Moments of weights [B, M] that sum to 1, of points [M, P], up to the fourth, less a standard normal's, and shares
    below probes along each parameter [B, S].
    """
    dimensions = points.shape[1]
    mean = weight @ points
    centred = [points[:, i] - mean[:, i, None] for i in range(dimensions)]
    moments = []
    for order in (2, 3, 4):
        for which in combinations_with_replacement(range(dimensions), order):
            product = weight
            for i in which:
                product = product * centred[i]
            moments.append(product.sum(axis=-1) - _normal_moment(which))
    below = [
        (weight * jax.nn.sigmoid((probe - centred[i]) / _BLUR)).sum(axis=-1)
        for i in range(dimensions)
        for probe in _PROBES
    ]
    return jnp.concatenate(
        [mean, jnp.arcsinh(jnp.stack(moments, axis=-1)), 4.0 * (jnp.stack(below, axis=-1) - 0.5)], axis=-1
    )


def shape_size(dimensions: int) -> int:
    """How many numbers that is."""
    moments = sum(len(list(combinations_with_replacement(range(dimensions), order))) for order in (2, 3, 4))
    return dimensions * (1 + len(_PROBES)) + moments


def _normal_moment(which: tuple[int, ...]) -> float:
    """Of a standard normal: products of each parameter's own."""
    own = {0: 1.0, 1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0}
    return float(np.prod([own[which.count(i)] for i in set(which)]))
