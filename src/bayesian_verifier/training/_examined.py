"""How far is a network off the exact posterior of somebody, and do they misfit?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bayesian_verifier.posterior import MisfitCheck
from bayesian_verifier.training._misfit_power import FLAG_BELOW
from bayesian_verifier.training._quality import Comparison, compare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.training._network import Network


@dataclass(frozen=True, eq=False, slots=True)
class Examined:
    """Compares somebody's judgments with their exact posterior: a pure function, for an engine.

    calibration: of the misfit check, where they are to be looked at for that too.
    """

    network: Network
    calibration: MisfitCalibration | None = None

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
