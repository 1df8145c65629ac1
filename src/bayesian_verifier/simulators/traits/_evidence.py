"""What is kept of a person with several traits?

Sums of log-likelihoods at the nodes, and, as long as every judgment behind them is at hand, the judgments: then it is
known exactly how likely they are. A state holds the sums alone, and what is likely is read between the nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.traits._likelihood import log_likelihood
from bayesian_verifier.simulators.traits._summing import COUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from bayesian_verifier.simulators.traits._summing import Summing
    from bayesian_verifier.simulators.traits._told import Told

Float = NDArray[np.float64]
#: of sums in a state, in nats; the most grains that it holds
_GRAIN, _MOST = 2.0**-9, 2.0**24 - 1.0


@dataclass(frozen=True)
class TraitsEvidence:
    """Sums [S] as `summing` makes them, and the judgments behind them in parts, None where they are not at hand."""

    totals: Float
    summing: Summing
    parts: Sequence[Told] | None = field(default=None, repr=False)

    @property
    def sums(self) -> NDArray[np.float32]:
        """What the network reads, float32 [S]: log-likelihoods less the greatest, in whole grains, then the counts."""
        return told_by(self._whole)

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
        """Three bytes a number, least first: how far each sum is below the greatest, in grains; then the counts."""
        return self._whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()

    @cached_property
    def _whole(self) -> NDArray[np.uint32]:
        return grains_below(self.totals, np).astype("<u4")


def read_totals(raw: bytes, size: int) -> Float:
    """Sums [size] as `to_bytes` wrote them, but for a constant. Raises ValueError for anything else."""
    if len(raw) != 3 * size:
        raise ValueError(f"expected {3 * size} bytes of sums, got {len(raw)}")
    whole = np.zeros((size, 4), np.uint8)
    whole[:, :3] = np.frombuffer(raw, np.uint8).reshape(-1, 3)
    return told_by(whole.view("<u4")[:, 0]).astype(np.float64)


def grains_below(totals: Float, xp: ModuleType) -> Float:
    """How far each sum is below the greatest, in whole grains, then the counts [S].

    xp: NumPy, or jax.numpy where JAX traces this.
    """
    nodes = totals[:-COUNTS]
    below = xp.minimum(xp.rint((nodes.max() - nodes) / _GRAIN), _MOST)
    result: Float = xp.concatenate([below, totals[-COUNTS:]])
    return result


def told_by(whole: NDArray[Any], xp: ModuleType = np) -> NDArray[np.float32]:
    """Sums [S] less the greatest of grains below it, and counts."""
    single = whole.astype(np.float32)
    result: NDArray[np.float32] = xp.concatenate([single[:-COUNTS] * np.float32(-_GRAIN), single[-COUNTS:]])
    return result
