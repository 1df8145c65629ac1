"""What do simulators of people with several traits offer to be compiled beside a network?

It brings JAX, so that it is imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from bayesian_verifier.judgment import novelty
from bayesian_verifier.simulators._answers import answers_of, unrefuted
from bayesian_verifier.simulators._protocol import Read, Traced
from bayesian_verifier.simulators.lottery import MOST_CASES, MOST_OPTIONS, SHEET, sheet_of, written
from bayesian_verifier.simulators.traits._evidence import TraitsEvidence
from bayesian_verifier.simulators.traits._summing import COUNTS
from bayesian_verifier.simulators.traits._told import Later, told_of
from bayesian_verifier.simulators.traits._traced import described, log_likelihood, read_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jax

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.traits._summing import Summing

Float = NDArray[np.float64]


class TraitsBeside:
    """See `Beside`. A sheet, and how new each option of its cases is [MOST_OPTIONS, MOST_CASES]."""

    shapes: Sequence[tuple[tuple[int, ...], np.dtype[Any]]] = (
        *SHEET,
        ((MOST_OPTIONS, MOST_CASES), np.dtype(np.float64)),
    )

    def __init__(self, summing: Summing) -> None:
        self._summing = summing

    def read(self, judgments: Sequence[Judgment]) -> Read:
        """At most 512 judgments."""
        candidates, refuted = unrefuted(judgments)
        sheet = sheet_of(written(candidates), answers_of(candidates))

        def evidence(before: TraitsEvidence, sums: Float) -> TraitsEvidence:
            parts = None if before.totals.any() else Later(lambda: told_of(candidates)[0])
            return TraitsEvidence(sums, self._summing, parts)

        return Read((*sheet, _novelties(candidates)), len(candidates), refuted, evidence)

    def nothing(self) -> TraitsEvidence:
        """No evidence yet."""
        return TraitsEvidence(np.zeros(self._summing.size), self._summing, ())

    def sums(self, evidence: TraitsEvidence) -> Float:
        """Log-likelihoods at the nodes, then counts."""
        return evidence.totals

    def described(self, arguments: Sequence[jax.Array], places: jax.Array) -> Traced:  # noqa: ARG002 - no rivals
        """Of a sheet."""
        return described(arguments, self._summing)

    def read_by_network(self, sums: jax.Array) -> jax.Array:
        """Less the greatest, float32: what a state says in whole steps."""
        nodes = sums[:-COUNTS]
        return jnp.append(nodes - nodes.max(), sums[-COUNTS:]).astype(np.float32)

    def log_likelihood(
        self, arguments: Sequence[jax.Array], before: jax.Array, sums: jax.Array, theta: jax.Array
    ) -> jax.Array:
        """Of each judgment on the sheet, or read off the sums where some were known before."""
        return lax.cond(
            before.any(),
            lambda: read_between(sums, self._summing, theta),
            lambda: log_likelihood(arguments, theta),
        )


def _novelties(judgments: Sequence[Judgment]) -> Float:
    """How new options are, by option and case; 0 where there is none."""
    result = np.zeros((MOST_CASES, MOST_OPTIONS))
    lengths = np.array([len(one.options) for one in judgments], np.intp)
    there = np.arange(MOST_OPTIONS) < lengths[:, None]
    result[: len(judgments)][there] = novelty(
        [count for one in judgments for count in one.times_tried or (0,) * len(one.options)]
    )
    return result.T.copy()
