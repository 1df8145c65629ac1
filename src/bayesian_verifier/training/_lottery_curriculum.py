"""What does the lottery's network learn from, and what is it tried on before it is graded?"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bayesian_verifier.errors import CallerError
from bayesian_verifier.simulators.lottery import MAX_REWARD, LotterySimulator, simulate_person
from bayesian_verifier.training._batches import BatchSource
from bayesian_verifier.training._misfit_calibration import calibrate_misfit
from bayesian_verifier.training._pool import draw_pool
from bayesian_verifier.training._sets import ANSWERS, PARITY_SIZES
from bayesian_verifier.training._simulated import Population

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._pool import CasePool
    from bayesian_verifier.training._train import Settings


@dataclass(frozen=True, slots=True)
class LotteryCurriculum:
    """See `Curriculum`."""

    simulator: LotterySimulator
    settings: Settings

    @classmethod
    def of(cls, simulator: Simulator, settings: Settings) -> Self:
        """Of the lottery. Raises CallerError for any other simulator, which nobody here can draw people of."""
        if not isinstance(simulator, LotterySimulator):
            raise CallerError(
                f"simulator {simulator.name!r}: to be trained on it must be a PlainSimulator (docs/simulators.md)"
            )
        return cls(simulator, settings)

    def cases(self) -> dict[str, Any]:
        """The mixture's kinds."""
        return asdict(self.settings.mixture)

    def batches(self) -> BatchSource:
        """Sums on the spline's knots, of a pool of tabulated cases."""
        asked = self.settings.training
        return BatchSource(self.simulator, self._pool(0), asked.steps.sets, asked.seed)

    def usual(self) -> Population:
        """From a pool of its own."""
        return Population(self.simulator, self._pool(2))

    def _pool(self, number: int) -> CasePool:
        """A pool of cases like those that come; another number, and no case of it need be in both."""
        asked = self.settings
        rng = np.random.default_rng([asked.training.seed, number])
        size = asked.training.steps.pool
        return draw_pool(rng, size, asked.mixture, self.simulator.points, asked.log, asked.log_share)

    def parity_sets(self) -> list[NDArray[np.float32]]:
        """Sums of simulated people's judgments."""
        sets = []
        for index, size in enumerate(PARITY_SIZES):
            rng = np.random.default_rng([self.settings.training.seed, 1, index])
            kind = ANSWERS[index % len(ANSWERS)]
            person = simulate_person(
                rng, self.simulator, self.settings.mixture, size, answered=kind, max_reward=MAX_REWARD
            )
            sets.append(self.simulator.describe(person.judgments).evidence.sums)
        return sets

    def misfit(self, tick: Callable[[str, int, int], None]) -> MisfitCalibration:
        """Tables of honest people."""
        asked = self.settings
        return calibrate_misfit(
            self.simulator,
            asked.mixture,
            seed=asked.training.seed,
            people=asked.training.misfit_people,
            tick=tick,
        )
