"""What do further judgments make of the rivals of the model, as JAX computes it beside the network?

As `MisfitEvidence.add` and `MisfitEvidence.integrals` do in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.posterior._misfit_grid import ANYBODY

if TYPE_CHECKING:
    from jax import Array

    from bayesian_verifier.posterior._misfit_grid import MisfitGrid

_LEAST = 1e-300


class TracedAnswers(Protocol):
    """See `AnswerSurfaces`; informative: how many judgments."""

    @property
    def parts(self) -> Array:
        """[B, K, T]."""

    @property
    def rewards(self) -> Array:
        """[K]."""

    @property
    def differences(self) -> Array:
        """[A, K, T]."""

    @property
    def informative(self) -> Array:
        """A count."""


class TracedMisfit(NamedTuple):
    """Evidence with further judgments.

    numbers: as `MisfitEvidence.numbers`, float32.   integrals [3 + A]: of the model, of rewards alone, of someone who
    changed, of each other rival; see `MisfitEvidence.integrals`.
    """

    numbers: Array
    integrals: Array


def added(
    numbers: Array, answers: TracedAnswers, grid: MisfitGrid, places: Array, log_stands: Array
) -> TracedMisfit:
    """Evidence, given as numbers, with the answers to further judgments.

    places [B - 1]: where somebody may have changed, counted in further judgments, ascending; what is beyond them does
    not count.   log_stands [B - 1]: log of how many judgments each stands for.
    """
    k, t = grid.shape
    ends = np.cumsum([k * t, k, answers.differences.size])
    model, rewards, differences, changed = (part.astype(np.float64) for part in jnp.split(numbers, ends))
    model, changed = model.reshape(k, t), changed.reshape(k, t)

    def place(m: Array, so_far: tuple[Array, Array]) -> tuple[Array, Array]:
        reached, changed = so_far
        reached = reached + answers.parts[m]
        new = _after_change(reached, grid) - reached + log_stands[m]
        return reached, jnp.logaddexp(changed, new)

    count = (places < answers.informative).sum(dtype=jnp.int32)
    _, changed = lax.fori_loop(0, count, place, (model, changed))
    model = (model + answers.parts.sum(axis=0)).astype(np.float32)
    rewards = (rewards + answers.rewards).astype(np.float32)
    differences = (differences.reshape(-1, k, t) + answers.differences).astype(np.float32)
    changed = changed.astype(np.float32)
    kept = jnp.concatenate([part.ravel() for part in (model, rewards, differences, changed)])
    own, of_rewards = model.astype(np.float64), rewards.astype(np.float64)
    met = _log_marginals(own + jnp.concatenate([jnp.zeros((1, k, t)), changed[None], differences]), grid)
    alone = _log_sum(jnp.asarray(grid.along_first) @ of_rewards + grid.first_mass)
    return TracedMisfit(kept, jnp.concatenate([met[:1], alone[None], met[1:]]))


def _log_marginals(surfaces: Array, grid: MisfitGrid) -> Array:
    """As `MisfitGrid.log_marginal`: [A, K, T] to [A]."""
    likelihood, peaks = _likelihood(surfaces, grid)
    top = peaks.max(axis=1)
    return _over_second(likelihood.sum(axis=2), peaks - top[:, None], grid) + top


def _after_change(surface: Array, grid: MisfitGrid) -> Array:
    """As `MisfitGrid.log_after_change`, of one surface [K, T]."""
    likelihood, peaks = _likelihood(surface[None], grid)
    top = peaks.max()
    below = peaks[0] - top
    anybody = _over_second(likelihood[0].sum(axis=1), below, grid)
    moved = (likelihood[0] @ grid.moved.T.astype(np.float32)).T * jnp.exp(below)
    return jnp.log(jnp.maximum((1 - ANYBODY) * moved + ANYBODY * jnp.exp(anybody), _LEAST)) + top


def _likelihood(surfaces: Array, grid: MisfitGrid) -> tuple[Array, Array]:
    """Likelihood times prior mass on the finer first nodes, over exp(peak), [A, T, F], and the peaks [A, T].

    Single precision is enough for what is near a peak, and what is not does not count.
    """
    peaks = surfaces.max(axis=1)
    above = jnp.swapaxes(surfaces - peaks[:, None], 1, 2).astype(np.float32)
    fine = above @ grid.along_first.T.astype(np.float32) + grid.first_mass.astype(np.float32)
    # beside a cliff the spline overshoots
    more = fine.max(axis=2)
    return jnp.exp(fine - more[..., None]), peaks + more


def _over_second(slices: Array, below: Array, grid: MisfitGrid) -> Array:
    """Of slices [..., T] that are given over exp(-below)."""
    level = jnp.log(slices.astype(np.float64)) + below
    return _log_sum(jnp.maximum(level, math.log(_LEAST)) @ grid.along_second + grid.second_mass)


def _log_sum(values: Array) -> Array:
    top = values.max(axis=-1)
    return jnp.log(jnp.exp(values - top[..., None]).sum(axis=-1)) + top
