"""Who are simulated people, to those who ask a network about them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bayesian_verifier.simulators import Evidence


class Drawn(NamedTuple):
    """One simulated person: θ [P] on the link scale, how many informative judgments, and what they say."""

    theta: NDArray[np.float64]
    size: int
    evidence: Evidence


class People(Protocol):
    """People of a simulator who meet cases of some kind."""

    def person(self, rng: np.random.Generator, size: int, kind: str) -> Drawn:
        """A person drawn from the prior with `size` answers of a kind, one of ANSWERS or "either"."""
        ...


def given(rng: np.random.Generator, size: int, kind: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of a person's judgments have feedback, and which a reward."""
    if kind == "either":
        chance = rng.random(size)
        return chance < 2 / 3, chance > 1 / 3
    return np.full(size, kind != "reward"), np.full(size, kind != "feedback")
