"""Where does a posterior of several parameters lie, and how wide is it, whatever its shape?

Points of a normal distribution are weighted by the posterior's density over its own and give the next normal
distribution, as in population Monte Carlo (Cappé et al. 2004, J. Computational and Graphical Statistics 13), the same
points at every turn. Where few points carry the weight, the weights are tempered until enough do (Del Moral et al.
2006, J. Royal Statistical Society B 68), and what the tempered ones say is drawn out towards the whole evidence. Who is
found, by two turns without tempering, is found: most are after three or four turns, a narrow or a bent one takes more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

#: points are drawn out by this; of them, the share that must count; turns with the whole evidence, and at most
_WIDE, _ENOUGH, _WHOLE, _TURNS = 1.2, 0.25, 2, 16
#: precision and shift are drawn out by this factor at most, and to so many tempered sd
_DRAWN_OUT, _FARTHEST = 3.0, 2.0
_HALVINGS, _COLDEST = 10, 14.0
_RIDGE, _LEAST_PIVOT = 1e-5, 0.1
#: no place is narrower, in prior sd: single precision would tell its points apart no more
_LEAST_SD = 5e-4


class Place(NamedTuple):
    """Of B posteriors, in prior sd: mean [B, P] and Cholesky factor of the covariance [B, P, P]."""

    mean: Any
    factor: Any

    def at(self, whitened: Any) -> Any:
        """Points [B, M, P] that are [M, P] or [B, M, P] once they are whitened."""
        points = jnp.broadcast_to(whitened, (self.mean.shape[0], *whitened.shape[-2:]))
        return self.mean[:, None] + jnp.einsum("bij,bmj->bmi", self.factor, points)


def located(mean: Any, factor: Any) -> Any:
    """Mean [..., P] and Cholesky factor [..., P, P] as numbers [..., S] of which zeros are a standard normal: the mean,
    logarithms of the factor's diagonal, and what is below it row by row.
    """
    rows, columns = np.tril_indices(mean.shape[-1], -1)
    diagonal = jnp.log(jnp.diagonal(factor, axis1=-2, axis2=-1))
    return jnp.concatenate([mean, diagonal, factor[..., rows, columns]], axis=-1)


def place_of(location: Any, parameters: int) -> Place:
    """What is `located` so [..., S]."""
    p = parameters
    diagonal, below = jnp.exp(location[..., p : 2 * p]), location[..., 2 * p :]
    nothing = jnp.zeros_like(below[..., 0])
    rows = [
        [*(below[..., i * (i - 1) // 2 + j] for j in range(i)), diagonal[..., i], *[nothing] * (p - 1 - i)]
        for i in range(p)
    ]
    return Place(location[..., :p], jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2))


def found(log_density: Callable[[Any], Any], noise: NDArray[np.float32], people: int) -> Place:
    """Mean and covariance of B = `people` posteriors with log-densities, float32 [B, M], of points [B, M, P].

    noise [M, P]: points of the standard normal, evenly spread, with mean 0 and covariance 1.
    """
    dimensions = noise.shape[1]
    points = jnp.asarray(_WIDE * noise)
    own = jnp.asarray(-0.5 * (noise**2).sum(axis=1))

    def turn(state: tuple[Place, Any, Any]) -> tuple[Place, Any, Any]:
        place, left, turns = state
        weight, power = _tempered(log_density(place.at(points)) - own)
        there, going = _next(place, points, weight, power), left > 0
        # who is found stays, so that an answer does not depend on who else is asked about
        kept = Place(
            jnp.where(going[:, None], there.mean, place.mean),
            jnp.where(going[:, None, None], there.factor, place.factor),
        )
        return kept, left - (going & (power == 1.0)), turns + 1

    start = Place(
        jnp.zeros((people, dimensions), jnp.float32),
        jnp.broadcast_to(jnp.eye(dimensions, dtype=jnp.float32), (people, dimensions, dimensions)),
    )
    place: Place = jax.lax.while_loop(
        lambda state: (state[1] > 0).any() & (state[2] < _TURNS),
        turn,
        (start, jnp.full(people, _WHOLE), 0),
    )[0]
    return place


def _next(place: Place, points: Any, weight: Any, power: Any) -> Place:
    """Where tempered weights [B, M] of points [M, P], whitened by the last place, say that it lies."""
    one = jnp.eye(points.shape[1], dtype=points.dtype)
    mean = weight @ points
    centred = points - mean[:, None]
    covariance = jnp.einsum("bm,bmi,bmj->bij", weight, centred, centred) + _RIDGE * one
    precision = _inverse(cholesky(covariance))
    # along the path from the normal to the posterior precisions add up, as do precisions times means
    reach = jnp.minimum(1.0 / power, _DRAWN_OUT)[:, None, None]
    beyond = one / _WIDE**2 + reach * (precision - one / _WIDE**2)
    factor = cholesky(beyond)
    pivots = jnp.diagonal(factor, axis1=-2, axis2=-1) ** 2
    able = (pivots.min(axis=-1) > _LEAST_PIVOT) & (power < 1.0)
    wider = _inverse(jnp.where(able[:, None, None], factor, one))
    shift = jnp.einsum("bij,bjk,bk->bi", wider, reach * precision, mean) - mean
    far = jnp.sqrt(jnp.einsum("bi,bij,bj->b", shift, precision, shift))
    shift = shift * jnp.minimum(1.0, _FARTHEST / (far + 1e-6))[:, None]
    mean = jnp.where(able[:, None], mean + shift, mean)
    covariance = jnp.where(able[:, None, None], wider, covariance)
    own = jnp.einsum("bij,bjk,blk->bil", place.factor, covariance, place.factor)
    return Place(
        place.mean + jnp.einsum("bij,bj->bi", place.factor, mean), cholesky(own + _LEAST_SD**2 * one)
    )


def _tempered(log_weight: Any) -> tuple[Any, Any]:
    """Weights [B, M] to the power [B], at most 1, at which enough of them count."""
    log_weight = log_weight - log_weight.max(axis=-1, keepdims=True)
    enough = _ENOUGH * log_weight.shape[-1]

    def counting(power: Any) -> Any:
        return 1.0 / (jax.nn.softmax(power[:, None] * log_weight, axis=-1) ** 2).sum(axis=-1)

    def halved(_: int, between: tuple[Any, Any]) -> tuple[Any, Any]:
        low, high = between  # high holds -log2 of a power at which enough count
        middle = 0.5 * (low + high)
        those = counting(2.0**-middle) >= enough
        return jnp.where(those, low, middle), jnp.where(those, middle, high)

    low = jnp.zeros_like(log_weight[:, 0])
    whole = counting(low + 1.0) >= enough

    def cooled() -> Any:
        _, high = jax.lax.fori_loop(0, _HALVINGS, halved, (low, low + _COLDEST))
        return jnp.where(whole, 1.0, 2.0**-high)

    # most turns need none of it
    power = jax.lax.cond(whole.all(), lambda: low + 1.0, cooled)
    return jax.nn.softmax(power[:, None] * log_weight, axis=-1), power


def cholesky(matrix: Any) -> Any:
    """The factor of matrices [..., P, P], written out: for so few parameters it costs less than a call of LAPACK."""
    size = matrix.shape[-1]
    rows: list[list[Any]] = [[jnp.zeros_like(matrix[..., 0, 0])] * size for _ in range(size)]
    for j in range(size):
        left = matrix[..., j, j] - sum((rows[j][k] ** 2 for k in range(j)), 0.0)
        rows[j][j] = jnp.sqrt(jnp.maximum(left, 1e-12))
        for i in range(j + 1, size):
            product = sum((rows[i][k] * rows[j][k] for k in range(j)), 0.0)
            rows[i][j] = (matrix[..., i, j] - product) / rows[j][j]
    return jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)


def _inverse(factor: Any) -> Any:
    """The inverse of a positive matrix, of its Cholesky factor [..., P, P]."""
    size = factor.shape[-1]
    rows: list[list[Any]] = [[jnp.zeros_like(factor[..., 0, 0])] * size for _ in range(size)]
    for j in range(size):
        rows[j][j] = 1.0 / factor[..., j, j]
        for i in range(j + 1, size):
            known = sum((factor[..., i, k] * rows[k][j] for k in range(j, i)), 0.0)
            rows[i][j] = -known / factor[..., i, i]
    lower = jnp.stack([jnp.stack(row, axis=-1) for row in rows], axis=-2)
    return jnp.einsum("...ki,...kj->...ij", lower, lower)
