"""What do rivals of the model make of judgments as they were sent?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bayesian_verifier.simulators.lottery._cases import Told, told
from bayesian_verifier.simulators.lottery._rival_curves import RIVALS, rival_curves, rival_risk_aversions
from bayesian_verifier.simulators.lottery._rival_surfaces import (
    RivalSurfaces,
    rival_log_noises,
    rival_surfaces,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.judgment import Judgment


class LotteryRivals:
    """Other people than the model's, each explained in `_rivals.py`."""

    names = tuple(RIVALS)

    def __init__(self) -> None:
        self.nodes = (rival_risk_aversions(), rival_log_noises())

    def surfaces(self, judgments: Sequence[Judgment], cuts: Sequence[int]) -> RivalSurfaces:
        """Log-likelihoods of one or more informative judgments, in the order given, cut into parts."""
        read = judgments if isinstance(judgments, Told) else told(judgments)
        return rival_surfaces(rival_curves(*read.cases), read.answers, cuts)
