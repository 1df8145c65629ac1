"""What is kept of a person who judged lotteries: never more than 17.5 kB, and one more judgment only adds.

Sums at the reference points are what the network reads. A posterior much narrower than their spacing gets a second
look: sums at points of its own, so that what is read in between stays exact (docs/model.md, "the state").
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._chance import log_likelihood_between
from bayesian_verifier.simulators.lottery._evidence_bytes import read_sums, written_sums
from bayesian_verifier.simulators.lottery._reference import local_points, reference_points
from bayesian_verifier.simulators.lottery._spread import KNOTS
from bayesian_verifier.simulators.lottery._sums import Sums, no_sums, sums_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.simulators.lottery._cases import Answered

Float = NDArray[np.float64]
POINTS = reference_points()
LOCAL_COUNT = 24
#: a second look is taken where the posterior's sd is below this many spacings of the reference points
_NARROW = 2.5
#: spacing of the second look's points, in posterior sd
_LOCAL_SPACING = 0.4
#: but never closer: a network that says the same of every draw has no spread
_LEAST_SPACING = 1e-6
#: an earlier second look still serves while its spacing is below this and it reaches this far, in posterior sd
_COARSEST, _LEAST_REACH = 0.7, 4.0


@dataclass(frozen=True, slots=True)
class LotteryEvidence:
    """Sums at the reference points and, where the posterior is narrow, at points around it.

    before, latest: what was known before the newest judgments, and how those are had, for a second look at them.
    """

    wide: Sums
    local: Sums | None = None
    before: LotteryEvidence | None = field(default=None, repr=False)
    latest: Callable[[], Answered] | None = field(default=None, repr=False)

    @property
    def sums(self) -> NDArray[np.float32]:
        """What the network reads, float32 [K * (KNOTS + 2)]: counts, then reward terms, by reference point."""
        return self.wide.table.astype(np.float32).ravel()

    @property
    def kind(self) -> str:
        """One of ANSWERS: what there is of feedback and rewards."""
        if not self.wide.rewards.any():
            return "feedback"
        return "both" if self.wide.counts.any() else "reward"

    def plus(self, other: LotteryEvidence) -> LotteryEvidence:
        """This and what newer judgments say, which were described afresh."""
        before = replace(self, before=None, latest=None)
        return LotteryEvidence(self.wide.plus(other.wide), None, before, other.latest)

    def grown(self, table: Float, latest: Callable[[], Answered]) -> LotteryEvidence:
        """This and newer judgments, which together add up to a table at the reference points."""
        wide = Sums(POINTS, table[:, :KNOTS], table[:, KNOTS:])
        return LotteryEvidence(wide, None, replace(self, before=None, latest=None), latest)

    def log_likelihood(self, theta: Float) -> Float:
        """Log p(judgments | θ) [n] up to a constant; r is held within the reference points."""
        if self.local is None:
            return log_likelihood_between(POINTS, self.wide.table, theta)
        inside = (theta[:, 0] >= self.local.points[0]) & (theta[:, 0] <= self.local.points[-1])
        if inside.all():
            return log_likelihood_between(self.local.points, self.local.table, theta)
        result = np.empty(len(theta))
        result[inside] = log_likelihood_between(self.local.points, self.local.table, theta[inside])
        result[~inside] = log_likelihood_between(POINTS, self.wide.table, theta[~inside])
        return result

    def sharpened(self, mean: Float, sd: Float) -> LotteryEvidence:
        """The same evidence with a second look, where a posterior of this mean and sd [P] asks for one."""
        centre, spread = float(mean[0]), float(sd[0])
        if self.before is None or self.latest is None or not _is_narrow(centre, spread):
            return self
        points = self._points_around(centre, spread)
        local = self.before.read_at(points).plus(sums_of(self.latest(), points))
        return replace(self, local=local)

    def _points_around(self, centre: float, spread: float) -> Float:
        """The points of the second look there was, where they still serve, else new ones."""
        kept = None if self.before is None else self.before.local
        if kept is not None:
            reach = min(centre - kept.points[0], kept.points[-1] - centre)
            widest = float(np.diff(kept.points).max())
            if reach >= _LEAST_REACH * spread and widest <= _COARSEST * spread:
                return kept.points
        return local_points(centre, max(_LOCAL_SPACING * spread, _LEAST_SPACING), LOCAL_COUNT)

    def read_at(self, points: Float) -> Sums:
        """Sums at other points: as they are where these are the second look's, else interpolated."""
        if self.local is None:
            return self.wide.at(points)
        if self.local.points is points or np.array_equal(self.local.points, points):
            return self.local
        read = self.wide.at(points)
        inside = (points >= self.local.points[0]) & (points <= self.local.points[-1])
        closer = self.local.at(points[inside])
        read.counts[inside], read.rewards[inside] = closer.counts, closer.rewards
        return read

    def range_missed(self, theta: Float) -> NDArray[np.bool_]:
        """Which θ lie beyond the reference points."""
        r = theta[:, 0]
        result: NDArray[np.bool_] = (r < POINTS[0]) | (r > POINTS[-1])
        return result

    def to_bytes(self) -> bytes:
        """See `evidence_of_bytes`."""
        return written_sums(self.wide, self.local)


def no_evidence() -> LotteryEvidence:
    """Nothing known."""
    return LotteryEvidence(no_sums(POINTS))


def evidence_of(answered: Answered) -> LotteryEvidence:
    """What informative judgments say by themselves."""
    return LotteryEvidence(sums_of(answered, POINTS), None, no_evidence(), lambda: answered)


def evidence_of_bytes(raw: bytes) -> LotteryEvidence:
    """Evidence as `to_bytes` wrote it. Raises ValueError for anything else."""
    wide, local = read_sums(raw, POINTS, LOCAL_COUNT)
    return LotteryEvidence(wide, local)


def _is_narrow(centre: float, spread: float) -> bool:
    cell = int(np.clip(np.searchsorted(POINTS, centre), 1, POINTS.size - 1))
    return bool(spread < _NARROW * (POINTS[cell] - POINTS[cell - 1]))
