"""Whom is a network of some simulator graded on, and what cannot be asked of it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from bayesian_verifier.simulators import PlainSimulator
from bayesian_verifier.simulators.traits import TraitsSimulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.engine import Engine
    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.simulators import Simulator
    from bayesian_verifier.training._drawn import People
    from bayesian_verifier.training._misfit_power import PowerStudy
    from bayesian_verifier.training._settings import EvaluationSettings

NO_LIKELIHOOD = "the simulator offers no likelihood, so there is no exact posterior"
NO_RIVALS = "the simulator names no rivals, so nothing is weighed against it"


class Examinee(NamedTuple):
    """Somebody whose posterior is compared with the exact one, and what their judgments are answered with."""

    judgments: Sequence[Judgment]
    answered: str


class Examination(Protocol):
    """People whom the grader makes up."""

    @property
    def left_out(self) -> dict[str, str]:
        """What is not asked, and why, by the report's figure."""
        ...

    def compared(self, seed: int) -> Iterator[Examinee]:
        """Those who are compared with the exact posterior: none where there is no likelihood."""
        ...

    def people(self, seed: int) -> People:
        """Those whose ranks are counted."""
        ...

    def power(
        self,
        calibration: MisfitCalibration,
        seed: int,
        tick: Callable[[str, int, int], None],
        engine: Engine,
    ) -> PowerStudy | None:
        """How often misfits are found out."""
        ...


def examination_of(
    simulator: Simulator, settings: EvaluationSettings, log: Sequence[Judgment], log_share: float
) -> Examination:
    """As the settings have it. log: judgments whose cases a share of the people's are, where that can be.

    Raises TypeError for a simulator that nobody here can draw people of.
    """
    if isinstance(simulator, PlainSimulator):
        from bayesian_verifier.training._plain_examination import PlainExamination  # noqa: PLC0415 - as below

        return PlainExamination(simulator, settings)
    known: object = simulator
    if isinstance(known, TraitsSimulator):
        from bayesian_verifier.training._trait_examination import TraitExamination  # noqa: PLC0415 - as below

        return TraitExamination(known, settings)
    from bayesian_verifier.training._lottery_examination import LotteryExamination  # noqa: PLC0415 - one of three

    return LotteryExamination.of(simulator, settings, log, log_share)
