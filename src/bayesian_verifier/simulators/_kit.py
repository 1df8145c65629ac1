"""What is every question of the conformance kit asked with?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bayesian_verifier.simulators._identifiability import answered

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators._protocol import Simulator

#: people drawn from the prior, and cases that are looked at
PEOPLE, CASES = 4000, 256
#: what was found, in words and in numbers
Said = tuple[str, dict[str, Any]]


class FaultError(Exception):
    """What is not as it must be."""


class Kit(NamedTuple):
    """A simulator, the name it is installed under, and the seed of all that is drawn.

    clock: seconds of processor time.   people: simulated for identifiability.
    """

    simulator: Simulator
    name: str
    seed: int
    clock: Callable[[], float]
    people: int

    def rng(self, number: int) -> np.random.Generator:
        """One of several sources of chance, the same each time."""
        return np.random.default_rng([self.seed, number])

    def cases(self) -> list[Judgment]:
        """The same cases each time."""
        return list(self.simulator.draw_cases(self.rng(5), CASES))

    def judged(self) -> list[Judgment]:
        """The same, answered by as many people."""
        cases, theta = self.cases(), self.simulator.sample_prior(self.rng(2), CASES)
        return answered(cases, self.simulator.simulate(self.rng(3), theta, cases))

    def seconds(self, work: Callable[[], object]) -> float:
        """How long it takes."""
        began = self.clock()
        work()
        return self.clock() - began


def require(holds: object, otherwise: str) -> None:
    """Raise FaultError that says what is otherwise."""
    if not holds:
        raise FaultError(otherwise)
