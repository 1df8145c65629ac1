"""What is kept of a person with several traits?

The sums at the nodes, and, as long as every judgment behind them is at hand, the judgments themselves: only then is it
known how likely they are. A state holds the sums alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.traits._likelihood import Told, log_likelihood
from bayesian_verifier.simulators.traits._nodes import KNOTS, SUMS

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
#: no honest sum is beyond this
_GREATEST = 1e6
#: θ this many prior sd from its mean is where no node is near
_FAR = 4.8


@dataclass(frozen=True, slots=True)
class TraitsEvidence:
    """Sums [SUMS], and the judgments behind them in parts, None where they are not at hand.

    centre, scale [P]: means and sds of the prior that the nodes were spread by.
    """

    totals: Float
    centre: Float
    scale: Float
    parts: Sequence[Told] | None = field(default=None, repr=False)

    @property
    def sums(self) -> NDArray[np.float32]:
        """What the network reads, float32 [SUMS]."""
        return self.totals.astype(np.float32)

    @property
    def kind(self) -> str:
        """What there is of feedback and rewards: "feedback", "reward" or "both"."""
        by_node = self.totals.reshape(-1, SUMS // 256)
        if not by_node[:, KNOTS:].any():
            return "feedback"
        return "both" if by_node[:, :KNOTS].any() else "reward"

    def plus(self, other: TraitsEvidence) -> TraitsEvidence:
        """This and what newer judgments say."""
        parts = None
        if other.parts is not None and not self.totals.any():
            parts = other.parts
        elif self.parts is not None and other.parts is not None:
            parts = (*self.parts, *other.parts)
        return TraitsEvidence(self.totals + other.totals, self.centre, self.scale, parts)

    def log_likelihood(self, theta: Float) -> Float | None:
        """Log p(judgments | θ) [n], exact; None where a state is all there is of some of them."""
        if self.parts is None:
            return None
        return sum((log_likelihood(part, theta) for part in self.parts), np.zeros(len(theta)))

    def sharpened(self, mean: Float, sd: Float) -> TraitsEvidence:  # noqa: ARG002 - nothing is read off a table
        """The same: it is exact already."""
        return self

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """Which θ have a trait far beyond the nodes."""
        away = np.abs((theta - self.centre) / self.scale)[:, :-1]
        result: NDArray[np.bool_] = away.max(axis=1) > _FAR
        return result

    def to_bytes(self) -> bytes:
        """Little-endian float32 [SUMS]."""
        return self.totals.astype("<f4").tobytes()


def read_totals(raw: bytes) -> Float:
    """Sums as `to_bytes` wrote them. Raises ValueError for anything else."""
    if len(raw) != 4 * SUMS:
        raise ValueError(f"expected {4 * SUMS} bytes of sums, got {len(raw)}")
    with np.errstate(invalid="ignore"):  # some bytes are no number
        totals = np.frombuffer(raw, "<f4").astype(np.float64)
    if not (np.abs(totals) <= _GREATEST).all():
        raise ValueError(f"expected sums within ±{_GREATEST:g}")
    return totals
