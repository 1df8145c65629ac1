"""How well do answers fit each rival at fixed nodes of (r, ln τ), as JAX computes it?

As `_rival_surfaces.py` does in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD
from bayesian_verifier.simulators.lottery._rival_surfaces import OCTAVES, rival_log_noises
from bayesian_verifier.simulators.lottery._sheet import ROWS
from bayesian_verifier.simulators.lottery._traced_views import (
    NODES,
    VIEWS,
    Weights,
    differing,
    seen_curves,
    weights_of,
)

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.simulators.lottery._traced_cases import Lot, Options

_RATES = -np.exp(-rival_log_noises()).astype(np.float32)


class TracedSurfaces(NamedTuple):
    """Sums over answers so far; see `RivalSurfaces`.

    parts [B, T * K], differences [VIEWS, T * K]: of feedback.   paid_parts [B, K], paid_differences [VIEWS, K]: of
    rewards, on which noise has no bearing.   The first difference is nothing.   weights: room for a lot's.
    informative, feedback, reward: how many judgments.
    """

    parts: Array
    differences: Array
    paid_parts: Array
    paid_differences: Array
    weights: Weights
    informative: Array
    feedback: Array
    reward: Array


def no_traced_surfaces(parts: int, room: Weights) -> TracedSurfaces:
    """Nothing yet."""
    none = jnp.zeros((), jnp.int32)
    return TracedSurfaces(
        jnp.zeros((parts, OCTAVES * NODES)),
        jnp.zeros((VIEWS, OCTAVES * NODES)),
        jnp.zeros((parts, NODES)),
        jnp.zeros((VIEWS, NODES)),
        room,
        none,
        none,
        none,
    )


def told(so_far: TracedSurfaces, lot: Lot, options: Options, kept: Array, places: Array) -> TracedSurfaces:
    """With the answers of a lot, of which some are kept.

    places: of the parts' beginnings but the first's, counted in informative judgments.
    """
    weights = weights_of(lot, options, so_far.weights)
    apart = differing(lot, options) & kept
    spoken, paid = kept & (lot.sign != 0), kept & lot.rewarded
    rank = so_far.informative + jnp.cumsum(kept) - 1
    part = (places[:, None] <= rank).sum(axis=0)
    own_delta = seen_curves(jnp.int32(0), lot, options, weights)
    own, own_paid = _feedback(own_delta, lot, spoken), _squares(own_delta, lot, paid)

    def row(c: Array, parts: tuple[Array, Array]) -> tuple[Array, Array]:
        return parts[0].at[part[c]].add(own[c]), parts[1].at[part[c]].add(own_paid[c])

    def view(v: Array, differences: tuple[Array, Array]) -> tuple[Array, Array]:
        def with_its() -> tuple[Array, Array]:
            delta = seen_curves(v, lot, options, weights)
            told, squares = _feedback(delta, lot, spoken) - own, _squares(delta, lot, paid) - own_paid
            return (
                differences[0].at[v].add(apart[v].astype(np.float32) @ told),
                differences[1].at[v].add(apart[v].astype(np.float64) @ squares),
            )

        grown: tuple[Array, Array] = lax.cond(apart[v].any(), with_its, lambda: differences)
        return grown

    parts = lax.fori_loop(0, ROWS, row, (so_far.parts, so_far.paid_parts))
    differences = lax.fori_loop(1, VIEWS, view, (so_far.differences, so_far.paid_differences))
    return TracedSurfaces(
        parts[0],
        differences[0],
        parts[1],
        differences[1],
        weights,
        so_far.informative + kept.sum(dtype=jnp.int32),
        so_far.feedback + spoken.sum(dtype=jnp.int32),
        so_far.reward + paid.sum(dtype=jnp.int32),
    )


def _feedback(delta: Array, lot: Lot, spoken: Array) -> Array:
    """Log-probabilities [ROWS, T * K] of the feedback at an advantage [ROWS, K], 0 where there is none."""
    signed = delta * jnp.where(spoken, lot.sign, 0.0).astype(np.float32)[:, None]
    odds = jnp.exp(signed[:, None, :] * _RATES[:, None])
    chance = np.float32(1.0 - LAPSE) / (odds + np.float32(1.0)) + np.float32(LAPSE / 2)
    return jnp.where(spoken[:, None, None], jnp.log(chance), np.float32(0.0)).reshape(ROWS, -1)


def _squares(delta: Array, lot: Lot, paid: Array) -> Array:
    """Log-likelihoods [ROWS, K] of the rewards, 0 where there are none."""
    residual = (lot.reward[:, None] - delta) * (math.sqrt(0.5) / REWARD_SD)
    return jnp.where(paid[:, None], -residual * residual, 0.0)
