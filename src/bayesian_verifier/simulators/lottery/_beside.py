"""What does the lottery simulator offer to be compiled beside a network?

It brings JAX, so that it is imported late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators._answers import answers_of, unrefuted
from bayesian_verifier.simulators._protocol import Read, Traced
from bayesian_verifier.simulators.lottery._cases import packed_answers
from bayesian_verifier.simulators.lottery._chance import log_likelihood_between
from bayesian_verifier.simulators.lottery._evidence import POINTS, LotteryEvidence, no_evidence
from bayesian_verifier.simulators.lottery._sheet import SHEET, sheet_of
from bayesian_verifier.simulators.lottery._traced import described
from bayesian_verifier.simulators.lottery._written import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jax

    from bayesian_verifier.judgment import Judgment

Float = NDArray[np.float64]


class LotteryBeside:
    """See `Beside`."""

    shapes: Sequence[tuple[tuple[int, ...], np.dtype[Any]]] = SHEET

    def recalled(self, evidence: LotteryEvidence, more: int) -> Sequence[Judgment]:  # noqa: ARG002 - as sums
        """None: they are kept as sums."""
        return ()

    def read(self, judgments: Sequence[Judgment], before: LotteryEvidence) -> Read:
        """At most 512 judgments, as a sheet."""
        candidates, refuted = unrefuted(judgments)
        cases, answers = written(candidates), answers_of(candidates)

        def evidence(sums: Float, seen: object) -> LotteryEvidence:  # noqa: ARG001 - it is the sums
            return before.grown(sums.reshape(POINTS.size, -1), lambda: packed_answers(cases, answers))

        return Read(sheet_of(cases, answers), len(candidates), refuted, evidence)

    def nothing(self) -> LotteryEvidence:
        """No evidence yet."""
        return no_evidence()

    def sums(self, evidence: LotteryEvidence) -> Float:
        """Counts, then reward terms, by reference point, not rounded to single precision."""
        return evidence.wide.table.ravel()

    def described(self, arguments: Sequence[jax.Array], places: jax.Array) -> Traced:
        """Of a sheet."""
        return described(arguments, places)

    def read_by_network(
        self,
        arguments: Sequence[jax.Array],  # noqa: ARG002 - all is in the sums
        before: jax.Array,  # noqa: ARG002 - as above
        sums: jax.Array,
    ) -> jax.Array:
        """Sums in single precision."""
        return sums.astype(np.float32)

    def log_likelihood(
        self,
        arguments: Sequence[jax.Array],
        before: jax.Array,
        sums: jax.Array,
        theta: jax.Array,
    ) -> jax.Array:
        """Read off the sums."""
        read: Any = self.read_by_network(arguments, before, sums).reshape(POINTS.size, -1)
        found: Any = log_likelihood_between(POINTS, read, cast("Any", theta), jnp)
        return cast("jax.Array", found)
