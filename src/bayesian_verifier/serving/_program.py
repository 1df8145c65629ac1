"""How do judgments become draws and checks in one call of one program?

What a simulator offers to be compiled, the network and the misfit check stand in it one after the other. Nothing in
it depends on how many judgments there are, so that it is compiled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.posterior import further_places
from bayesian_verifier.serving._looked import Looked
from bayesian_verifier.serving._said import Draws
from bayesian_verifier.serving._state import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bayesian_verifier.artifact import PosteriorFunction
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCheck
    from bayesian_verifier.simulators import Beside, Read

F32 = NDArray[np.float32]


class Program:
    """Compiled for one model and the fixed points behind its summaries."""

    def __init__(
        self,
        function: PosteriorFunction,
        beside: Beside,
        check: MisfitCheck | None,
        noise: F32,
    ) -> None:
        """Noise [D, P]: the points."""
        self._beside, self._check = beside, check
        self._run = function.compile_after(noise, self._traced, self._shapes)

    def nothing(self) -> Known:
        """What is known of somebody who has not been asked yet."""
        return Known(0, 0, 0, self._beside.nothing(), None if self._check is None else self._check.nothing())

    def read(self, before: Known, answered: Sequence[Judgment]) -> tuple[Known, Read]:
        """Judgments as the program takes them, on top of what was known, and what else of that counts then."""
        recalled = self._beside.recalled(before.evidence, len(answered))
        if recalled:
            before = before._replace(informative=0, evidence=self._beside.nothing())
        return before, self._beside.read([*recalled, *answered], before.evidence)

    def __call__(self, before: Known, read: Read, judgments: int, clock: Callable[[], float]) -> Looked:
        """Look at what was known and at so many answered judgments, read.

        clock: seconds, monotonic.
        """
        check = self._check
        sums = self._beside.sums(before.evidence)
        places, log_stands = further_places(before.informative, read.told)
        numbers = () if check is None or before.misfit is None else (before.misfit.numbers,)
        started = clock()
        emission, (total, seen, counts, *weighed) = self._run(
            *read.arguments, sums, places, log_stands, *numbers
        )
        seconds = clock() - started
        informative, feedback, reward = np.asarray(counts).tolist()
        misfit = None
        if check is not None and before.misfit is not None:
            known = before.misfit
            so_far = (known.informative + informative, known.feedback + feedback, known.reward + reward)
            misfit = check.evidence_of(so_far, np.asarray(weighed[0]))
        after = Known(
            before.judgments + judgments,
            before.informative + informative,
            before.refuted + read.refuted,
            read.evidence(np.asarray(total), np.asarray(seen)),
            misfit,
        )
        found = None if check is None or misfit is None else check.found(misfit, np.asarray(weighed[1]))
        return Looked(after, Draws.of(emission), found, seconds)

    @property
    def _shapes(self) -> list[tuple[tuple[int, ...], np.dtype[Any]]]:
        nothing = self.nothing()
        given: list[NDArray[Any]] = [self._beside.sums(nothing.evidence), *further_places(0, 0)]
        given += [] if nothing.misfit is None else [nothing.misfit.numbers]
        return [*self._beside.shapes, *((array.shape, array.dtype) for array in given)]

    def _traced(self, *arguments: Any) -> tuple[Any, Callable[[Any], Any], Any]:  # noqa: ANN401 - arrays that JAX traces
        import jax.numpy as jnp  # noqa: PLC0415 - compiling a model is when JAX is needed

        from bayesian_verifier.posterior._traced_misfit import added  # noqa: PLC0415

        *given, sums, places, log_stands = arguments[: len(self._beside.shapes) + 3]
        said = self._beside.described(given, places)
        total = sums + said.sums

        def log_likelihood(theta: Any) -> Any:  # noqa: ANN401 - as above
            return self._beside.log_likelihood(given, sums, total, theta)

        read = self._beside.read_by_network(given, sums, total)
        counts = jnp.stack([said.informative, said.feedback, said.reward])
        if self._check is None:
            return read, log_likelihood, (total, read, counts)
        weighed = added(arguments[-1], said, self._check.grid, places, log_stands)
        return read, log_likelihood, (total, read, counts, *weighed)
