"""What is kept of a person with several traits?

Sums of log-likelihoods at the nodes, and, as long as every judgment behind them is at hand, the judgments: then it is
known exactly how likely they are. A state holds the sums alone, and what is likely is read between the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.traits._coded import coded, read, told_by, written
from bayesian_verifier.simulators.traits._likelihood import log_likelihood
from bayesian_verifier.simulators.traits._summing import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier.simulators.traits._summing import Summing
    from bayesian_verifier.simulators.traits._told import Told

Float = NDArray[np.float64]


@dataclass(frozen=True)
class TraitsEvidence:
    """Sums [S] as `summing` makes them, and the judgments behind them in parts, None where they are not at hand."""

    totals: Float
    summing: Summing
    parts: Sequence[Told] | None = field(default=None, repr=False)

    @property
    def sums(self) -> NDArray[np.float32]:
        """What the network reads, float32 [S]: log-likelihoods less the greatest, as in a state, then the counts."""
        return np.append(told_by(self._codes), self.totals[-COUNTS:].astype(np.float32))

    @property
    def kind(self) -> str:
        """What there is of feedback and rewards: "feedback", "reward" or "both"."""
        feedback, rewards = self.totals[-COUNTS:]
        if not rewards:
            return "feedback"
        return "both" if feedback else "reward"

    def plus(self, other: TraitsEvidence) -> TraitsEvidence:
        """This and what newer judgments say."""
        parts = None
        if other.parts is not None and not self.totals.any():
            parts = other.parts
        elif self.parts is not None and other.parts is not None:
            parts = (*self.parts, *other.parts)
        return TraitsEvidence(self.totals + other.totals, self.summing, parts)

    def log_likelihood(self, theta: Float) -> Float:
        """Log p(judgments | θ) [n] up to a constant: exact, or as the sums have it where they are all there is."""
        if self.parts is None:
            return self.summing.read(self._coefficients, theta)
        return sum((log_likelihood(part, theta) for part in self.parts), np.zeros(len(theta)))

    @cached_property
    def _coefficients(self) -> Float:
        return self.summing.coefficients(self.totals)

    def sharpened(self, mean: Float, sd: Float) -> TraitsEvidence:  # noqa: ARG002 - there is no closer look
        """The same."""
        return self

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """Which θ have a trait beyond the nodes."""
        away = np.abs((theta - self.summing.centre) / self.summing.scale)[:, :-1]
        reach = np.array([axis.reach for axis in self.summing.lattice.axes[:-1]])
        result: NDArray[np.bool_] = np.any(away > reach, axis=1)
        return result

    def to_bytes(self) -> bytes:
        """Codes of the sums and the counts, deflated."""
        informative, rewarded = self.totals[-COUNTS:].astype(int).tolist()
        return written(self._codes, self.summing.lattice.shape, (informative, rewarded))

    @cached_property
    def _codes(self) -> NDArray[np.uint16]:
        return coded(self.totals[:-COUNTS])


def read_totals(raw: bytes, summing: Summing) -> Float:
    """Sums [S] as `to_bytes` wrote them, but for a constant. Raises ValueError for anything else."""
    codes, counts = read(raw, summing.lattice.shape)
    return np.append(told_by(codes).astype(np.float64), counts)
