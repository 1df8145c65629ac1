"""How well do answers fit each rival at fixed nodes of (r, ln τ), as JAX computes it?

As `_rival_surfaces.py` does in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators.lottery._chance import LAPSE, REWARD_SD
from bayesian_verifier.simulators.lottery._rival_curves import SAME
from bayesian_verifier.simulators.lottery._rival_surfaces import OCTAVES, rival_log_noises
from bayesian_verifier.simulators.lottery._sheet import ROWS
from bayesian_verifier.simulators.lottery._traced_cases import options_of, zeros_after
from bayesian_verifier.simulators.lottery._traced_views import (
    NODES,
    VIEWS,
    WEIGHTS,
    Weights,
    differing,
    seen_curves,
    weights_of,
)

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.simulators.lottery._traced_cases import Lot

_RATES = -np.exp(-rival_log_noises()).astype(np.float32)


class TracedSurfaces(NamedTuple):
    """Sums over answers so far; see `RivalSurfaces`.

    feedback [B + VIEWS, T * K], rewards [B + VIEWS, K], on which noise has no bearing: of each part, then of each view
    less the model's own, which is the first.   own: what the model makes of a lot, by feedback, by rewards, and its
    advantages.   weights: of its outcomes.
    counts [3]: informative judgments, those with feedback, those with a reward.
    """

    feedback: Array
    rewards: Array
    own: tuple[Array, Array, Array]
    weights: Weights
    counts: Array


def no_traced_surfaces(parts: int, count: Array) -> TracedSurfaces:
    """Nothing yet, and not before a count is known."""
    rows, levels = parts + VIEWS, OCTAVES * NODES
    return TracedSurfaces(
        zeros_after((rows, levels), count),
        zeros_after((rows, NODES), count),
        (
            zeros_after((ROWS, levels), count, np.float32),
            zeros_after((ROWS, NODES), count),
            zeros_after((ROWS, NODES), count, np.float32),
        ),
        Weights(zeros_after(WEIGHTS, count)),
        zeros_after((3,), count, np.int32),
    )


def told(so_far: TracedSurfaces, lot: Lot, kept: Array, places: Array) -> TracedSurfaces:
    """With the answers of a lot, of which some are kept.

    places: of the parts' beginnings but the first's, counted in informative judgments.
    """
    options = options_of(lot)
    weights = weights_of(lot, options, so_far.weights)
    spoken, paid = kept & (lot.sign != 0), kept & lot.rewarded
    apart = differing(lot, options) & kept
    rank = so_far.counts[0] + jnp.cumsum(kept) - 1
    part = (places[:, None] <= rank).sum(axis=0)
    parts = len(so_far.feedback) - VIEWS

    def view(v: Array, sums: tuple[Array, Array, Any]) -> tuple[Array, Array, Any]:
        def with_its() -> tuple[Array, Array, Any]:
            feedback, rewards, own = sums
            delta = seen_curves(v, lot, options, weights)
            told, squares = _feedback(delta, lot, spoken), _squares(delta, lot, paid)
            otherwise = (jnp.abs(delta - own[2]) > SAME).any(axis=1)
            differs = jnp.where(v > 0, apart[v] & otherwise, False)
            return (
                feedback.at[parts + v].add(differs.astype(np.float32) @ (told - own[0])),
                rewards.at[parts + v].add(differs.astype(np.float64) @ (squares - own[1])),
                tuple(jnp.where(v > 0, *pair) for pair in zip(own, (told, squares, delta), strict=True)),
            )

        seen: tuple[Array, Array, Any] = lax.cond(apart[v].any(), with_its, lambda: sums)
        return seen

    def row(c: Array, sums: tuple[Array, Array]) -> tuple[Array, Array]:
        return sums[0].at[part[c]].add(own[0][c]), sums[1].at[part[c]].add(own[1][c])

    feedback, rewards, own = lax.fori_loop(0, VIEWS, view, (so_far.feedback, so_far.rewards, so_far.own))
    feedback, rewards = lax.fori_loop(0, ROWS, row, (feedback, rewards))
    counts = jnp.stack([kept, spoken, paid]).sum(axis=1, dtype=jnp.int32)
    return TracedSurfaces(feedback, rewards, own, weights, so_far.counts + counts)


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
