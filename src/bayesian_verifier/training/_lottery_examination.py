"""Whom is the lottery's network graded on?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import numpy as np

from bayesian_verifier.simulators.lottery import ANSWERS, MAX_REWARD, LotterySimulator, simulate_person
from bayesian_verifier.training._examination import Examinee
from bayesian_verifier.training._misfit_power import PowerStudy, misfit_power
from bayesian_verifier.training._pool import draw_pool
from bayesian_verifier.training._simulated import Population

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._settings import EvaluationSettings


@dataclass(frozen=True, slots=True)
class LotteryExamination:
    """See `Examination`."""

    simulator: LotterySimulator
    settings: EvaluationSettings
    log: Sequence[Judgment]
    log_share: float
    left_out: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, simulator: Simulator, settings: EvaluationSettings, log: Sequence[Judgment], log_share: float
    ) -> Self:
        """Of the lottery. Raises TypeError for any other simulator."""
        if not isinstance(simulator, LotterySimulator):
            raise TypeError(f"the evaluation generator makes lotteries, and {simulator.name!r} judges none")
        return cls(simulator, settings, log, log_share)

    def compared(self, seed: int) -> Iterator[Examinee]:
        """People of the pinned generator; set sizes ⌊exp(U)⌋ with U even on the logarithms stated."""
        low, high = math.log(1 + self.settings.smallest), math.log(1 + self.settings.largest)
        for i in range(self.settings.sets):
            rng = np.random.default_rng([seed, 0, i])
            size = int(math.exp(rng.uniform(low, high)))
            kind = ANSWERS[i % len(ANSWERS)]
            person = simulate_person(
                rng, self.simulator, self.settings.mixture, size, answered=kind, max_reward=MAX_REWARD
            )
            yield Examinee(person.judgments, person.answered)

    def people(self, seed: int) -> Population:
        """Of cases of their own."""
        rng = np.random.default_rng([seed, 1])
        pool = draw_pool(
            rng,
            self.settings.pool,
            self.settings.mixture,
            self.simulator.points,
            self.log,
            self.log_share,
        )
        return Population(self.simulator, pool)

    def power(
        self,
        calibration: MisfitCalibration,
        seed: int,
        tick: Callable[[str, int, int], None],
        engine: Engine,
    ) -> PowerStudy:
        """Of each way to misfit."""
        return misfit_power(
            self.simulator,
            self.settings.mixture,
            calibration,
            seed=seed,
            people=self.settings.misfit_people,
            answered=("feedback", "both"),
            tick=tick,
            engine=engine,
        )
