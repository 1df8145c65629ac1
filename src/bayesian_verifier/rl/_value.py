"""What is an option worth to somebody with risk aversion r?

docs/model.md, "θ → feedback and reward", steps 2 and 3, for lotteries on final wealth in [1, K], whose context is all
of that; in JAX, to run inside a rollout.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

#: nearer to r = 1 than this, utility is the logarithm's
_NEAR_ONE = 1e-3


def utility(wealth: Array, top: Array, risk_aversion: Array) -> Array:
    """Normalised CRRA utility in [0, 1] of final wealth in [1, top]; broadcasts.

    Measured from the top for r < 1 and from the bottom for r > 1, so that no exponential exceeds 1.
    """
    share, span = jnp.log(wealth), jnp.log(top)
    a = 1.0 - risk_aversion
    small = jnp.abs(a) < _NEAR_ONE
    far = jnp.where(small, 1.0, a)
    ratio = jnp.expm1(far * jnp.where(a > 0, share - span, share)) / jnp.expm1(-jnp.abs(far) * span)
    # to first order in 1 - r, so that nothing jumps where the branches meet
    between = share / span * (1.0 + 0.5 * a * (share - span))
    return jnp.where(small, between, jnp.where(a > 0, 1.0 - ratio, ratio))


def values(wealth: Array, probability: Array, top: Array, risk_aversion: Array) -> Array:
    """Expected utility [I, R] of options [I, J] at values of r [R]."""
    each = utility(wealth[:, :, None], top, risk_aversion[None, None, :])
    return jnp.einsum("ij,ijr->ir", probability, each)


def advantages(value: Array) -> Array:
    """∆ [I, R]: each option's value [I, R] less the best of the others'."""
    count = value.shape[0]
    others = jnp.where(jnp.eye(count, dtype=bool)[:, :, None], -jnp.inf, value[None, :, :])
    return value - others.max(axis=1)
