"""Whom is the network of people with several traits graded on?"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.training._examination import NO_RIVALS, Examinee
from bayesian_verifier.training._sets import ANSWERS
from bayesian_verifier.training._trait_people import TraitPopulation, answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.simulators.traits import TraitsSimulator
    from bayesian_verifier.training._settings import EvaluationSettings


@dataclass(frozen=True, slots=True)
class TraitExamination:
    """See `Examination`."""

    simulator: TraitsSimulator
    settings: EvaluationSettings
    left_out: dict[str, str] = field(default_factory=lambda: {"misfit": NO_RIVALS})

    def compared(self, seed: int) -> Iterator[Examinee]:
        """People with cases of their own; set sizes ⌊exp(U)⌋ with U even on the logarithms stated."""
        low, high = math.log(1 + self.settings.smallest), math.log(1 + self.settings.largest)
        for i in range(self.settings.sets):
            rng = np.random.default_rng([seed, 0, i])
            size, kind = int(math.exp(rng.uniform(low, high))), ANSWERS[i % len(ANSWERS)]
            yield Examinee(judged(self.simulator, rng, size, kind), kind)

    def people(self, seed: int) -> TraitPopulation:
        """Of cases of their own."""
        rng = np.random.default_rng([seed, 1])
        return TraitPopulation.drawn(rng, self.simulator, self.settings.pool)

    def power(
        self,
        calibration: MisfitCalibration,
        seed: int,
        tick: Callable[[str, int, int], None],
        engine: Engine,
    ) -> None:
        """Nothing."""


def judged(simulator: Simulator, rng: np.random.Generator, size: int, kind: str) -> list[Judgment]:
    """`size` proposals, and what somebody drawn from the prior answered, of a kind."""
    theta, cases = simulator.sample_prior(rng, 1)[0], simulator.draw_cases(rng, size)
    return answered(simulator, rng, theta, cases, kind)
