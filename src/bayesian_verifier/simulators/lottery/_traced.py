"""What do judgments on a sheet add up to, as JAX computes it beside the network?

Lot after lot, as many as there are: one program serves every request, whatever the number of its judgments and the
shape of its cases, and nothing is compiled under one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jax import lax

from bayesian_verifier.simulators._protocol import Traced
from bayesian_verifier.simulators.lottery._rival_surfaces import OCTAVES
from bayesian_verifier.simulators.lottery._sheet import ROWS
from bayesian_verifier.simulators.lottery._traced_cases import lot_of
from bayesian_verifier.simulators.lottery._traced_sums import TracedSums, added, no_traced_sums
from bayesian_verifier.simulators.lottery._traced_surfaces import TracedSurfaces, no_traced_surfaces, told
from bayesian_verifier.simulators.lottery._traced_views import NODES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jax import Array


def described(sheet: Sequence[Array], places: Array) -> Traced:
    """Sums and surfaces of the judgments of a sheet; see `Sheet`.

    places [B]: where parts begin, but the first, counted in informative judgments.
    """
    numbers, rows, shape = sheet
    lots = (shape[0] + ROWS - 1) // ROWS

    def with_sums(index: Array, so_far: TracedSums) -> TracedSums:
        return added(so_far, lot_of(numbers, rows, shape, index))

    def with_surfaces(index: Array, so_far: TracedSurfaces) -> TracedSurfaces:
        kept = lax.dynamic_slice(sums.kept, (index * ROWS,), (ROWS,))
        return told(so_far, lot_of(numbers, rows, shape, index), kept, places)

    sums = lax.fori_loop(0, lots, with_sums, no_traced_sums())
    parts = len(places) + 1
    nothing = no_traced_surfaces(parts, sums.kept.sum(dtype=np.int32))
    surfaces = lax.fori_loop(0, lots, with_surfaces, nothing)
    both = _surface(surfaces.feedback) + surfaces.rewards[..., None]
    informative, feedback, reward = surfaces.counts
    return Traced(
        sums=sums.table.ravel(),
        parts=both[:parts],
        rewards=surfaces.rewards[:parts].sum(axis=0),
        differences=both[parts + 1 :],
        informative=informative,
        feedback=feedback,
        reward=reward,
    )


def _surface(levels: Array) -> Array:
    """[…, T * K] as [..., K, T]."""
    return jnp.swapaxes(levels.reshape(-1, OCTAVES, NODES), 1, 2)
