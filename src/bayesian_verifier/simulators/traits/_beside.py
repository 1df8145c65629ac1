"""What do simulators of people with several traits offer to be compiled beside a network?

It brings JAX, so that it is imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from bayesian_verifier.simulators._answers import unrefuted
from bayesian_verifier.simulators._protocol import Read, Traced
from bayesian_verifier.simulators.lottery import MOST_CASES
from bayesian_verifier.simulators.traits._carried import carried
from bayesian_verifier.simulators.traits._evidence import ROOM, TraitsEvidence
from bayesian_verifier.simulators.traits._laid_out import SHAPES, laid_out
from bayesian_verifier.simulators.traits._summing import COUNTS
from bayesian_verifier.simulators.traits._surveyor import survey_of
from bayesian_verifier.simulators.traits._traced import (
    coefficients,
    counted,
    log_likelihood,
    read_between,
    summed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import jax

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Parameter
    from bayesian_verifier.simulators.traits._summing import Summing

Float = NDArray[np.float64]
F32 = NDArray[np.float32]


class TraitsBeside:
    """See `Beside`. Judgments as they are laid out, and whether they are to be summed."""

    shapes: Sequence[tuple[tuple[int, ...], np.dtype[Any]]] = (*SHAPES, ((), np.dtype(np.bool_)))

    def __init__(
        self,
        summing: Summing,
        parameters: Sequence[Parameter],
        surveyor: Callable[[TraitsEvidence], F32],
    ) -> None:
        self._summing, self._parameters, self._surveyor = summing, parameters, surveyor

    def recalled(self, evidence: TraitsEvidence, more: int) -> Sequence[Judgment]:
        """All behind the evidence, where a sheet has room for as many more."""
        known = evidence.judgments or ()
        return known if len(known) + more <= MOST_CASES else ()

    def read(self, judgments: Sequence[Judgment], before: TraitsEvidence) -> Read:
        """At most 512 judgments. They are summed where a state has no room for them, or knows sums already."""
        candidates, refuted = unrefuted(judgments)
        alone = not any(before.counts)
        packed = carried(candidates, ROOM) if alone else None

        def evidence(sums: Float, seen: F32) -> TraitsEvidence:
            nodes, counts = sums[:-COUNTS], sums[-COUNTS:].astype(int).tolist()
            return TraitsEvidence(
                (counts[0], counts[1]),
                tuple(candidates) if alone else None,
                self._summing,
                self._surveyor,
                None if packed else nodes,
                seen,
                packed,
            )

        sheet = (*laid_out(candidates), np.asarray(packed is None))
        return Read(sheet, len(candidates), refuted, evidence)

    def nothing(self) -> TraitsEvidence:
        """No evidence yet."""
        return TraitsEvidence((0, 0), (), self._summing, self._surveyor)

    def sums(self, evidence: TraitsEvidence) -> Float:
        """Log-likelihoods at the nodes, then counts."""
        return evidence.totals

    def described(self, arguments: Sequence[jax.Array], places: jax.Array) -> Traced:  # noqa: ARG002 - no rivals
        """Counts, and sums where they are wanted."""
        *sheet, wanted = arguments
        informative, *counts = counted(sheet)
        nodes = lax.cond(
            wanted,
            lambda: summed(sheet, self._summing),
            lambda: jnp.zeros(self._summing.lattice.size),
        )
        sums = jnp.append(nodes, jnp.stack(counts).astype(np.float64))
        return Traced(sums, None, None, None, informative, *counts)

    def read_by_network(
        self, arguments: Sequence[jax.Array], before: jax.Array, sums: jax.Array
    ) -> jax.Array:
        """A survey of the posterior."""
        return survey_of(arguments[:-1], before, sums, self._summing, self._parameters)

    def log_likelihood(
        self, arguments: Sequence[jax.Array], before: jax.Array, sums: jax.Array, theta: jax.Array
    ) -> jax.Array:
        """Of each judgment on the sheet, or read off the sums where some were known before."""
        return lax.cond(
            before.any(),
            lambda: read_between(coefficients(sums, self._summing), self._summing, theta),
            lambda: log_likelihood(arguments[:-1], theta),
        )
