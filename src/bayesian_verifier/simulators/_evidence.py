"""What is kept of a person's judgments, so that one more only adds?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


class Evidence(Protocol):
    """All that is kept of a person, of a size that does not grow with the number of judgments."""

    @property
    def sums(self) -> NDArray[np.float32]:
        """What the network reads [sums_size]: sums over judgments."""
        ...

    @property
    def kind(self) -> str:
        """What it was answered by, where simulated people differ by that."""
        ...

    def plus(self, other: Self) -> Self:
        """This and what newer judgments say."""
        ...

    def log_likelihood(self, theta: Float) -> Float | None:
        """Log p(judgments | θ) [n] up to a constant, θ [n, P] on the link scale; None where nobody knows it."""
        ...

    def sharpened(self, mean: Float, sd: Float) -> Self:
        """The same evidence, looked at more closely where a posterior of this mean and sd [P] has its mass."""
        ...

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """Which θ [n, P] lie where judgments are not described any more, [n]."""
        ...

    def to_bytes(self) -> bytes:
        """For the state that travels with the person's caller; at most 17.5 kB."""
        ...


@dataclass(frozen=True, slots=True)
class PlainSums:
    """Evidence of a simulator that offers no likelihood and no rivals: sums, float32 [S], and nothing else."""

    sums: NDArray[np.float32]

    @property
    def kind(self) -> str:
        """All alike."""
        return "any"

    def plus(self, other: Self) -> Self:
        """This and what newer judgments say."""
        return type(self)(self.sums + other.sums)

    def log_likelihood(self, theta: Float) -> None:  # noqa: ARG002 - nobody can write it down
        """Nothing."""
        return

    def sharpened(self, mean: Float, sd: Float) -> Self:  # noqa: ARG002 - there is nothing to look at
        """The same."""
        return self

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """None of θ [n, P]: sums are not tied to values of θ."""
        return np.zeros(len(theta), np.bool_)

    def to_bytes(self) -> bytes:
        """Little-endian float32."""
        return self.sums.astype("<f4").tobytes()
