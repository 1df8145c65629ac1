"""What does a network of one simulator learn from, and what is it tried on before it is graded?

The lottery has people, cases and rivals of its own making, and people with several traits have theirs; any simulator
that is told in arrays has what follows from these. Everything else in this room knows neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.errors import CallerError
from bayesian_verifier.simulators import PlainSimulator, Simulator
from bayesian_verifier.simulators.traits import TraitsSimulator

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.posterior import MisfitCalibration
    from bayesian_verifier.training._drawn import People
    from bayesian_verifier.training._sets import Batches
    from bayesian_verifier.training._train import Settings

F32 = NDArray[np.float32]
#: a coupling flow needs two parameters, and the surface of potentials has as many axes; a lattice has one or two more
PARAMETERS, ON_A_LATTICE = (2,), (3, 4)


class Curriculum(Protocol):
    """Simulated people of one simulator."""

    def cases(self) -> dict[str, Any]:
        """Which cases they meet, for the manifest."""
        ...

    def batches(self) -> Batches:
        """Whom the network learns from."""
        ...

    def usual(self) -> People:
        """People like those, who meet cases of their own, none of them again and again."""
        ...

    def parity_sets(self) -> list[F32]:
        """Sums [S] of people of many sizes and every kind of answer."""
        ...

    def misfit(self, tick: Callable[[str, int, int], None]) -> MisfitCalibration | None:
        """How well rivals of the model explain honest people; None where nobody has said which rivals there are."""
        ...


def require_trainable(simulator: Simulator) -> None:
    """Raises CallerError where no network here can learn of a simulator."""
    known: object = simulator
    taken = ON_A_LATTICE if isinstance(known, TraitsSimulator) else PARAMETERS
    if len(simulator.parameters) not in taken:
        raise CallerError(
            f"simulator {simulator.name!r} has {len(simulator.parameters)} parameters, and training takes "
            + " or ".join(map(str, taken))
        )


def curriculum_of(simulator: Simulator, settings: Settings) -> Curriculum:
    """What a run of these settings is made of."""
    if isinstance(simulator, PlainSimulator):
        from bayesian_verifier.training._plain_curriculum import PlainCurriculum  # noqa: PLC0415 - as below

        return PlainCurriculum(simulator, settings)
    known: object = simulator
    if isinstance(known, TraitsSimulator):
        from bayesian_verifier.training._trait_curriculum import TraitCurriculum  # noqa: PLC0415 - as below

        return TraitCurriculum(known, settings)
    from bayesian_verifier.training._lottery_curriculum import LotteryCurriculum  # noqa: PLC0415 - one of three

    return LotteryCurriculum.of(simulator, settings)
