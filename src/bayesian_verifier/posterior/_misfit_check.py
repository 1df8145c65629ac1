"""Would somebody like the model's people answer like that? What a stream carries for it, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from bayesian_verifier.posterior._misfit import ALWAYS, Misfit, misfit, weighed
from bayesian_verifier.posterior._misfit_evidence import AnswerSurfaces, MisfitEvidence
from bayesian_verifier.posterior._misfit_grid import MisfitGrid

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from bayesian_verifier.posterior._misfit_calibration import MisfitCalibration


class Rivals(Protocol):
    """What a simulator says of other explanations; see its protocol."""

    names: tuple[str, ...]
    nodes: tuple[NDArray[np.float64], NDArray[np.float64]]

    def surfaces(self, told: Sequence[Any], cuts: Sequence[int]) -> AnswerSurfaces:
        """Of one or more informative judgments, in the order given."""
        ...


class MisfitCheck:
    """The rivals of one simulator and how their evidence is distributed among honest people.

    grid: where the evidence is known.
    """

    def __init__(
        self, rivals: Rivals, calibration: MisfitCalibration, priors: Sequence[tuple[float, float]]
    ) -> None:
        """Priors: (mean, sd) of the model's two parameters. Raises ValueError for another list of rivals."""
        if calibration.rivals != (*ALWAYS, *rivals.names):
            raise ValueError(
                f"the misfit calibration is of {list(calibration.rivals)}, "
                f"the simulator's rivals are {list(rivals.names)}"
            )
        self._rivals, self._calibration = rivals, calibration
        self.grid = MisfitGrid(*rivals.nodes, priors[0], priors[1])

    def nothing(self) -> MisfitEvidence:
        """No evidence yet."""
        return MisfitEvidence.zero(len(self._rivals.names), self.grid.shape)

    def added(self, evidence: MisfitEvidence, told: Sequence[Any]) -> MisfitEvidence:
        """Evidence with further informative judgments, oldest first."""
        if not told:
            return evidence
        return evidence.add(self._rivals.surfaces(told, evidence.cuts(len(told))), self.grid)

    def read(self, raw: bytes) -> MisfitEvidence:
        """Evidence as it was written. Raises ValueError."""
        return MisfitEvidence.from_bytes(raw, len(self._rivals.names), self.grid.shape)

    def finding(self, evidence: MisfitEvidence) -> Misfit | None:
        """How well the model's people explain the answers; None without any."""
        return misfit(evidence, self.grid, self._calibration)

    def found(self, evidence: MisfitEvidence, integrals: NDArray[np.float64]) -> Misfit | None:
        """The same, where the integrals of the evidence were found with it."""
        if not evidence.informative:
            return None
        return weighed(evidence, evidence.marginals_of(integrals), self._calibration)

    def evidence_of(self, counts: tuple[int, int, int], numbers: NDArray[np.float32]) -> MisfitEvidence:
        """Evidence of (informative, feedback, reward) judgments; see `MisfitEvidence.numbers`."""
        return MisfitEvidence.of_numbers(counts, numbers, len(self._rivals.names), self.grid.shape)
