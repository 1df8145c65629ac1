"""What do judgments on a sheet add up to, as JAX computes it beside the network?

Lot after lot, as many as there are: one program serves every request, whatever the number of its judgments and the
shape of its cases, and nothing is compiled under one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import lax

from bayesian_verifier.simulators._protocol import Traced
from bayesian_verifier.simulators.lottery._rival_surfaces import OCTAVES
from bayesian_verifier.simulators.lottery._sheet import ROWS
from bayesian_verifier.simulators.lottery._traced_cases import context_of, lot_of, options_of
from bayesian_verifier.simulators.lottery._traced_sums import TracedSums, added, curves_of, no_traced_sums
from bayesian_verifier.simulators.lottery._traced_surfaces import TracedSurfaces, no_traced_surfaces, told
from bayesian_verifier.simulators.lottery._traced_views import NODES, no_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jax import Array


def described(sheet: Sequence[Array], places: Array) -> Traced:
    """Sums and surfaces of the judgments of a sheet; see `Sheet`.

    places [B]: where parts begin, but the first, counted in informative judgments.
    """
    numbers, rows, shape = sheet

    def lot(index: Array, so_far: tuple[TracedSums, TracedSurfaces]) -> tuple[TracedSums, TracedSurfaces]:
        sums, surfaces = so_far
        cases = lot_of(numbers, rows, shape, index)
        options = options_of(cases)
        curves = curves_of(cases, options, context_of(options, cases.wealth, cases.chosen))
        return added(sums, cases, curves), told(surfaces, cases, options, curves.kept, places)

    nothing = (no_traced_sums(), no_traced_surfaces(places.size + 1, no_weights()))
    lots = (shape[0] + ROWS - 1) // ROWS
    sums, surfaces = lax.fori_loop(0, lots, lot, nothing)
    return Traced(
        sums=sums.table.ravel(),
        parts=_surface(surfaces.parts) + surfaces.paid_parts[..., None],
        rewards=surfaces.paid_parts.sum(axis=0),
        differences=(_surface(surfaces.differences) + surfaces.paid_differences[..., None])[1:],
        informative=surfaces.informative,
        feedback=surfaces.feedback,
        reward=surfaces.reward,
    )


def _surface(levels: Array) -> Array:
    """[…, T * K] as [..., K, T]."""
    return jnp.swapaxes(levels.reshape(-1, OCTAVES, NODES), 1, 2)
