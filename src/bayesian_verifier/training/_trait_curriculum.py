"""What does the network of people with several traits learn from, and what is it tried on before it is graded?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bayesian_verifier.training._sets import ANSWERS, PARITY_SIZES
from bayesian_verifier.training._trait_people import TraitBatches, TraitPool, TraitPopulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.simulators.traits import TraitsSimulator
    from bayesian_verifier.training._train import Settings


@dataclass(frozen=True, slots=True)
class TraitCurriculum:
    """See `Curriculum`."""

    simulator: TraitsSimulator
    settings: Settings

    def cases(self) -> dict[str, Any]:
        """Those that the simulator draws."""
        return {"drawn_by": self.simulator.name}

    def batches(self) -> TraitBatches:
        """Sums of what answers say, of a pool of cases described once."""
        asked = self.settings.training
        pool = TraitPool.drawn(np.random.default_rng([asked.seed, 0]), self.simulator, asked.steps.pool)
        return TraitBatches(pool, asked.steps.sets, asked.seed)

    def usual(self) -> TraitPopulation:
        """With cases of their own."""
        asked = self.settings.training
        rng = np.random.default_rng([asked.seed, 2])
        return TraitPopulation.drawn(rng, self.simulator, asked.steps.pool)

    def parity_sets(self) -> list[NDArray[np.float32]]:
        """Surveys of people like the usual ones."""
        people, seed = self.usual(), self.settings.training.seed
        return [
            people.person(np.random.default_rng([seed, 1, i]), size, ANSWERS[i % len(ANSWERS)]).evidence.sums
            for i, size in enumerate(PARITY_SIZES)
        ]

    def misfit(self, tick: Callable[[str, int, int], None]) -> None:
        """Nobody has said what else may explain answers."""
