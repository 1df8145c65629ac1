"""Engines over the real lottery simulator, with networks that need no training.

One reads its grid of reference points as a posterior: close, and often to be mended. The other has random weights:
what it says has nothing to do with anybody, and may be far out of range.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import export

from bayesian_verifier.artifact import Model, PosteriorFunction
from bayesian_verifier.serving import compile_engine
from bayesian_verifier.simulators.lottery import (
    KNOTS,
    REWARD_TERMS,
    LotterySimulator,
    reference_points,
    unwarped,
)
from serving.untrained_manifest import untrained_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.serving import Engine

    Moments = Callable[[jax.Array], tuple[jax.Array, jax.Array]]

SIMULATOR = LotterySimulator()
POINTS = reference_points()
PRIOR_MEAN = np.array([p.prior_mean for p in SIMULATOR.parameters], np.float32)
PRIOR_SD = np.array([p.prior_sd for p in SIMULATOR.parameters], np.float32)


def by_grid(sums: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and sd of r over the reference points, as if τ were 0.1 for everybody; of ln τ, the prior's."""
    at = unwarped(np.linspace(-1.0, 1.0, KNOTS))
    chance = np.log(0.01 + 0.98 / (1.0 + np.exp(-at / 0.1))).astype(np.float32)
    counts = sums[:, : POINTS.size * (KNOTS + REWARD_TERMS)].reshape(-1, POINTS.size, KNOTS + REWARD_TERMS)
    told = counts[:, :, :KNOTS] @ chance - 8.0 * counts[:, :, KNOTS]
    density = told - 0.5 * (POINTS.astype(np.float32) - PRIOR_MEAN[0]) ** 2
    share = jax.nn.softmax(density + np.log(np.gradient(POINTS)).astype(np.float32), axis=1)
    mean = share @ POINTS.astype(np.float32)
    sd = jnp.sqrt((share * (POINTS.astype(np.float32) - mean[:, None]) ** 2).sum(1) + 0.03**2)
    ones = jnp.ones_like(mean)
    return jnp.stack([mean, PRIOR_MEAN[1] * ones], 1), jnp.stack([sd, PRIOR_SD[1] * ones], 1)


def at_random(sums: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Linear in the sums, by weights that mean nothing; the sd may be as small or as large as floats go."""
    weights = np.random.default_rng(7).standard_normal((SIMULATOR.sums_size, 4)).astype(np.float32)
    said = sums @ (weights * 0.02)
    return PRIOR_MEAN + said[:, :2], PRIOR_SD * jnp.exp(said[:, 2:])


def function_of(moments: Moments) -> PosteriorFunction:
    def posterior(sums, noise, query):
        mean, sd = moments(sums)

        def log_density(z):
            return -0.5 * (z**2).sum(-1) - jnp.log(sd).sum(-1)[:, None] - math.log(2 * math.pi)

        theta = mean[:, None] + sd[:, None] * noise[None]
        said = log_density(jnp.broadcast_to(noise[None], theta.shape))
        return (
            theta,
            said,
            jnp.concatenate([mean, sd], 1),
            log_density((query[None] - mean[:, None]) / sd[:, None]),
        )

    b, d, q = export.symbolic_shape("b, d, q")
    shapes = [(b, SIMULATOR.sums_size), (d, 2), (q, 2)]
    arguments = [jax.ShapeDtypeStruct(shape, np.float32) for shape in shapes]
    blob = bytes(export.export(jax.jit(posterior))(*arguments).serialize())
    return PosteriorFunction(blob, sums_size=SIMULATOR.sums_size, parameters=2)


@cache
def lottery_engine(moments: Moments) -> Engine:
    """An engine whose network is a function of the sums [B, S] that gives means and sd [B, 2]. Nothing changes it."""
    manifest = untrained_manifest(SIMULATOR, "untrained", {})
    return compile_engine(Model(manifest, function_of(moments), None), SIMULATOR, points=1024)
