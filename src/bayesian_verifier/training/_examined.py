"""How is one person examined: one whom the pinned generator makes up, or a real one?

Each is a pure function of a number or of judgments, so that an engine may call it anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bayesian_verifier.posterior import MisfitCheck
from bayesian_verifier.simulators.lottery import ANSWERS, MAX_REWARD, LotterySimulator, simulate_person
from bayesian_verifier.training._misfit_power import FLAG_BELOW
from bayesian_verifier.training._quality import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._network import Network
    from bayesian_verifier.training._settings import EvaluationSettings


@dataclass(frozen=True, eq=False, slots=True)
class AgainstExact:
    """Compares a simulated person, by their number, with their exact posterior.

    Set sizes are ⌊exp(U)⌋ with U even on the logarithms that the settings state.
    """

    network: Network
    settings: EvaluationSettings
    seed: int

    def __call__(self, number: int) -> Comparison:
        """How far off the network is."""
        settings = self.settings
        low, high = math.log(1 + settings.smallest), math.log(1 + settings.largest)
        rng = np.random.default_rng([self.seed, 0, number])
        person = simulate_person(
            rng,
            lotteries(self.network.simulator),
            settings.mixture,
            int(math.exp(rng.uniform(low, high))),
            answered=answered_by(number),
            max_reward=MAX_REWARD,
        )
        return compare(self.network, person.judgments)


@dataclass(frozen=True, eq=False, slots=True)
class OfSomebody:
    """Compares a real person's judgments with their exact posterior, and looks whether they misfit."""

    network: Network
    calibration: MisfitCalibration | None

    def __call__(self, judgments: Sequence[Judgment]) -> tuple[Comparison, bool | None]:
        """How far off the network is, and whether the person is flagged; None where there is no check."""
        simulator = self.network.simulator
        row = compare(self.network, judgments)
        if not (simulator.rivals and self.calibration):
            return row, None
        priors = [(p.prior_mean, p.prior_sd) for p in simulator.parameters]
        check = MisfitCheck(simulator.rivals, self.calibration, priors)
        found = check.finding(check.added(check.nothing(), simulator.describe(judgments).told))
        return row, found is not None and found.p < FLAG_BELOW


def answered_by(number: int) -> str:
    """What the simulated person of this number answers with: each kind in turn."""
    return ANSWERS[number % len(ANSWERS)]


def lotteries(simulator: Simulator) -> LotterySimulator:
    """The simulator, where it judges lotteries. Raises TypeError where it does not."""
    if not isinstance(simulator, LotterySimulator):
        raise TypeError(f"the evaluation generator makes lotteries, and {simulator.name!r} judges none")
    return simulator
