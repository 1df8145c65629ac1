"""What does the network of a simulator told in arrays learn from, and what is it tried on before it is graded?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.training._plain_people import PlainBatches, PlainPopulation, Single, draw_facts
from bayesian_verifier.training._sets import ANSWERS, PARITY_SIZES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.simulators import PlainSimulator
    from bayesian_verifier.training._train import Settings


@dataclass(frozen=True, slots=True)
class PlainCurriculum:
    """See `Curriculum`."""

    simulator: PlainSimulator
    settings: Settings

    def cases(self) -> dict[str, Any]:
        """Those that the simulator draws."""
        return {"drawn_by": self.simulator.name}

    def batches(self) -> PlainBatches:
        """Sums of what answers say, of a pool of cases in numbers."""
        asked = self.settings.training
        return PlainBatches(self.simulator, self._facts(0), asked.steps.sets, asked.seed)

    def usual(self) -> PlainPopulation:
        """From a pool of its own."""
        return PlainPopulation(self.simulator, self._facts(2))

    def _facts(self, number: int) -> Single:
        asked = self.settings.training
        return draw_facts(np.random.default_rng([asked.seed, number]), self.simulator, asked.steps.pool)

    def parity_sets(self) -> list[NDArray[np.float32]]:
        """Sums of people from the pool of the usual ones."""
        people = self.usual()
        seed = self.settings.training.seed
        return [
            people.person(np.random.default_rng([seed, 1, i]), size, ANSWERS[i % len(ANSWERS)]).evidence.sums
            for i, size in enumerate(PARITY_SIZES)
        ]

    def misfit(self, tick: Callable[[str, int, int], None]) -> None:
        """Nobody has said what else may explain answers."""
