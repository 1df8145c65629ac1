"""What do further judgments make of the rivals of the model, as JAX computes it beside the network?

As `MisfitEvidence.add` and `MisfitEvidence.integrals` do in NumPy; tests hold the one to the other.
"""

from __future__ import annotations

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
    likelihood, peak = _likelihood(surfaces, grid)
    return _over_second(likelihood.sum(axis=0), grid) + peak


def _after_change(surface: Array, grid: MisfitGrid) -> Array:
    """As `MisfitGrid.log_after_change`, of one surface [K, T]."""
    likelihood, peak = _likelihood(surface[None], grid)
    likelihood = likelihood[:, 0]
    anybody = _over_second(likelihood.sum(axis=0), grid)
    after = (1 - ANYBODY) * (jnp.asarray(grid.moved) @ likelihood) + ANYBODY * jnp.exp(anybody)
    return jnp.log(jnp.maximum(after, _LEAST)) + peak[0]


def _likelihood(surfaces: Array, grid: MisfitGrid) -> tuple[Array, Array]:
    """Likelihood times prior mass on the finer first nodes, over exp(peak): [F, A, T], and the peaks [A]."""
    count, k, t = surfaces.shape
    beside = jnp.swapaxes(surfaces, 0, 1).reshape(k, -1)
    fine = (jnp.asarray(grid.along_first) @ beside).reshape(-1, count, t)
    peak = fine.max(axis=(0, 2))
    return jnp.exp(fine + grid.first_mass[:, None, None] - peak[:, None]), peak


def _over_second(slices: Array, grid: MisfitGrid) -> Array:
    return _log_sum(jnp.log(jnp.maximum(slices, _LEAST)) @ grid.along_second + grid.second_mass)


def _log_sum(values: Array) -> Array:
    top = values.max(axis=-1)
    return jnp.log(jnp.exp(values - top[..., None]).sum(axis=-1)) + top
