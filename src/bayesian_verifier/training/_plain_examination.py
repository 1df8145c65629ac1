"""Whom is the network of a simulator told in arrays graded on?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.training._examination import NO_LIKELIHOOD, NO_RIVALS, Examinee
from bayesian_verifier.training._plain_people import PlainPopulation, draw_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import PlainSimulator
    from bayesian_verifier.training._settings import EvaluationSettings


@dataclass(frozen=True, slots=True)
class PlainExamination:
    """See `Examination`."""

    simulator: PlainSimulator
    settings: EvaluationSettings
    left_out: dict[str, str] = field(
        default_factory=lambda: {"simulated": NO_LIKELIHOOD, "people": NO_LIKELIHOOD, "misfit": NO_RIVALS}
    )

    def compared(self, seed: int) -> Iterator[Examinee]:  # noqa: ARG002 - there is nothing to compare with
        """Nobody."""
        return iter(())

    def people(self, seed: int) -> PlainPopulation:
        """Of cases of their own."""
        rng = np.random.default_rng([seed, 1])
        return PlainPopulation(self.simulator, draw_facts(rng, self.simulator, self.settings.pool))

    def power(
        self,
        calibration: MisfitCalibration,
        seed: int,
        tick: Callable[[str, int, int], None],
        engine: Engine,
    ) -> None:
        """Nothing."""
