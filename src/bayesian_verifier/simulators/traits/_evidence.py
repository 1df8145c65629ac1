"""What is kept of a person with several traits?

Their judgments, as long as a state has room for them: then it is known exactly how likely they are, and nothing has to
be summed. Else sums of log-likelihoods at the nodes of a lattice, and what is likely is read between the nodes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery import MOST_CASES
from bayesian_verifier.simulators.traits._carried import carried, read_carried
from bayesian_verifier.simulators.traits._coded import coded, read, told_by, written
from bayesian_verifier.simulators.traits._likelihood import log_likelihood
from bayesian_verifier.simulators.traits._summing import COUNTS
from bayesian_verifier.simulators.traits._told import told_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.simulators.traits._summing import Summing
    from bayesian_verifier.simulators.traits._told import Told

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
#: whether judgments follow or sums, and how many had feedback, and a reward
_HEADER = struct.Struct("<B2I")
_JUDGMENTS, _SUMS = 0, 1
#: bytes that a state has room for beside the header
ROOM = 17_400


@dataclass(frozen=True)
class TraitsEvidence:
    """What is known of one person.

    counts: judgments with feedback, and with a reward.   judgments: all behind it, None where they are not at hand.
    nodes: sums [N] as `summing` makes them, to be made of the judgments where none are given.
    surveyor: (evidence) -> the survey of the posterior that a network reads.   seen: that, where it is known already.
    packed: judgments as a state carries them, where they were written already.
    """

    counts: tuple[int, int]
    judgments: tuple[Judgment, ...] | None
    summing: Summing
    surveyor: Callable[[TraitsEvidence], F32] = field(repr=False)
    nodes: Float | None = field(default=None, repr=False)
    seen: F32 | None = field(default=None, repr=False)
    packed: bytes | None = field(default=None, repr=False)

    @cached_property
    def sums(self) -> F32:
        """What the network reads, float32 [S]: a survey of the posterior, zeros where nothing is known."""
        return self.surveyor(self) if self.seen is None else self.seen

    @property
    def kind(self) -> str:
        """What there is of feedback and rewards: "feedback", "reward" or "both"."""
        feedback, rewards = self.counts
        if not rewards:
            return "feedback"
        return "both" if feedback else "reward"

    @cached_property
    def totals(self) -> Float:
        """Sums at the nodes, then the counts [N + 2]."""
        if self.nodes is not None:
            return np.append(self.nodes, self.counts)
        told = self.told
        if told is None or not len(told.cases):
            return np.zeros(self.summing.size)
        return self.summing.summed(told.cases, told.answers)

    @cached_property
    def told(self) -> Told | None:
        """The informative judgments, None where they are not at hand."""
        return None if self.judgments is None else told_of(self.judgments)[0]

    def plus(self, other: TraitsEvidence) -> TraitsEvidence:
        """This and what newer judgments say."""
        counts = self.counts[0] + other.counts[0], self.counts[1] + other.counts[1]
        if self.judgments is not None and other.judgments is not None:
            both = (*self.judgments, *other.judgments)
            if len(both) <= MOST_CASES:
                return TraitsEvidence(counts, both, self.summing, self.surveyor)
        nodes = self.totals[:-COUNTS] + other.totals[:-COUNTS]
        return TraitsEvidence(counts, None, self.summing, self.surveyor, nodes)

    def log_likelihood(self, theta: Float) -> Float:
        """Log p(judgments | θ) [n] up to a constant: exact, or as the sums have it where they are all there is."""
        if self.told is None:
            return self.summing.read(self._coefficients, theta)
        return log_likelihood(self.told, theta)

    @cached_property
    def _coefficients(self) -> Float:
        return self.summing.coefficients(self.totals)

    def sharpened(self, mean: Float, sd: Float) -> TraitsEvidence:  # noqa: ARG002 - there is no closer look
        """The same."""
        return self

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """Which θ have a trait beyond the nodes, where these are all that is known."""
        if self.judgments is not None:
            return np.zeros(len(theta), np.bool_)
        away = np.abs((theta - self.summing.centre) / self.summing.scale)[:, :-1]
        reach = np.array([axis.reach for axis in self.summing.lattice.axes[:-1]])
        result: NDArray[np.bool_] = np.any(away > reach, axis=1)
        return result

    def to_bytes(self) -> bytes:
        """Judgments where they have room, else codes of the sums; deflated."""
        packed = self.packed
        if packed is None and self.judgments is not None:
            packed = carried(self.judgments, ROOM)
        if packed is not None:
            return _HEADER.pack(_JUDGMENTS, *self.counts) + packed
        sums = written(coded(self.totals[:-COUNTS]), self.summing.lattice.shape, ROOM)
        return _HEADER.pack(_SUMS, *self.counts) + sums


def read_evidence(raw: bytes, summing: Summing, surveyor: Callable[[TraitsEvidence], F32]) -> TraitsEvidence:
    """Evidence as `to_bytes` wrote it. Raises ValueError for anything else."""
    if len(raw) <= _HEADER.size:
        raise ValueError(f"expected judgments or sums, got {len(raw)} bytes")
    form, *counts = _HEADER.unpack_from(raw)
    body, said = raw[_HEADER.size :], (counts[0], counts[1])
    if form == _JUDGMENTS:
        return TraitsEvidence(said, read_carried(body), summing, surveyor, packed=body)
    if form != _SUMS:
        raise ValueError(f"expected judgments or sums, got something of form {form}")
    nodes = told_by(read(body, summing.lattice.shape)).astype(np.float64)
    return TraitsEvidence(said, None, summing, surveyor, nodes)
