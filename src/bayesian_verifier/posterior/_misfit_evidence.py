"""What must be kept of a person's answers so that rivals of the model can be weighed against it, at fixed size?

Sums of log-likelihoods at nodes of θ, for the model and each rival, and for someone who changed: the evidence of
every place where they may have changed, summed. Places are 2, 4, 8, 12, 16, 24, 32, … judgments, so that they are
few and one lies near any share of the whole.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bayesian_verifier.posterior._misfit_grid import MisfitGrid

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
_COUNTS = struct.Struct("<3I")
#: the logarithm of nothing, as a number that single precision holds
_NOTHING = -1e30
#: no honest sum is beyond this
_GREATEST = 1e6
_DENSE = 8
#: places of change among 512 judgments, at most, and a place that no count of judgments reaches
MOST_PLACES, _BEYOND = 15, 2**30


class AnswerSurfaces(Protocol):
    """Summed log-likelihoods of consecutive judgments; see a simulator's `rival_surfaces`."""

    @property
    def parts(self) -> Float:
        """The model's, of each part [B, K, T]."""

    @property
    def rewards(self) -> Float:
        """The model's, of rewards alone [K]."""

    @property
    def differences(self) -> Float:
        """Each rival's less the model's [A, K, T]."""

    @property
    def sizes(self) -> NDArray[np.intp]:
        """Judgments in each part [B]."""

    @property
    def feedback(self) -> int:
        """How many judgments had feedback."""

    @property
    def reward(self) -> int:
        """How many had a reward."""


@dataclass(frozen=True, slots=True, eq=False)
class MisfitEvidence:
    """Evidence of informative judgments so far, single precision.

    model [K, T], rewards [K], differences [A, K, T]: summed log-likelihoods.   changed [K, T]: log-density, over the
    prior's, of who they are now if they changed, less `model`; weighted by how many judgments each place stands for.
    """

    informative: int
    feedback: int
    reward: int
    model: F32
    rewards: F32
    differences: F32
    changed: F32

    @classmethod
    def zero(cls, rivals: int, shape: tuple[int, int]) -> MisfitEvidence:
        """No evidence: for so many rivals, on nodes of this shape [K, T]."""
        k, t = shape
        nothing = np.zeros((k, t), np.float32)
        return cls(
            0,
            0,
            0,
            nothing,
            nothing[:, 0].copy(),
            np.zeros((rivals, k, t), np.float32),
            nothing + np.float32(_NOTHING),
        )

    def cuts(self, count: int) -> list[int]:
        """Where `count` further judgments must be cut into parts: ascending places in 1…count-1."""
        return [b - self.informative for b in change_places(self.informative + 1, self.informative + count)]

    def add(self, surfaces: AnswerSurfaces, grid: MisfitGrid) -> MisfitEvidence:
        """With further judgments. Raises ValueError if they were not cut where `cuts` says."""
        before = self.informative + np.cumsum(surfaces.sizes) - surfaces.sizes
        count = int(surfaces.sizes.sum())
        places = change_places(self.informative, self.informative + count)
        if not set(places) <= set(before.tolist()):
            raise ValueError(
                f"judgments after the first {self.informative} were to be cut at {self.cuts(count)}"
            )
        reached = self.model + np.cumsum(surfaces.parts, axis=0)
        changed = self.changed.astype(np.float64)
        if places:
            at = np.concatenate([self.model[None], reached])[np.searchsorted(before, places)]
            new = grid.log_after_change(at) - at
            new += np.log([_stands_for(place) for place in places])[:, None, None]
            changed = _log_added(changed, new)
        return MisfitEvidence(
            informative=self.informative + count,
            feedback=self.feedback + surfaces.feedback,
            reward=self.reward + surfaces.reward,
            model=reached[-1].astype(np.float32) if count else self.model,
            rewards=(self.rewards + surfaces.rewards).astype(np.float32),
            differences=(self.differences + surfaces.differences).astype(np.float32),
            changed=changed.astype(np.float32),
        )

    def integrals(self, grid: MisfitGrid) -> Float:
        """Log-integrals over the prior [3 + A]: of the model, of its rewards, of `changed`, of each other rival."""
        model = self.model.astype(np.float64)
        others = np.flatnonzero(self.met)
        total = np.empty((2 + others.size, *model.shape))
        total[0] = model
        np.add(model, self.changed, out=total[1])
        np.add(model, self.differences[others], out=total[2:])
        found = grid.log_marginal(total)
        result = np.full(3 + len(self.differences), found[0])
        result[1] = grid.log_marginal_of_first(self.rewards.astype(np.float64))
        result[2], result[3 + others] = found[1], found[2:]
        return result

    @property
    def met(self) -> NDArray[np.bool_]:
        """Which of the other rivals have met a case of theirs [A]: one that has not is the model."""
        return np.asarray(self.differences.any(axis=(1, 2)))

    def log_marginals(self, grid: MisfitGrid) -> Float:
        """Log-evidence [3 + A]: of the model, of random answers, of someone who changed, of each other rival."""
        return self.marginals_of(self.integrals(grid))

    def marginals_of(self, integrals: Float) -> Float:
        """The same, of `integrals` that were found elsewhere."""
        found = integrals.copy()
        found[1] = self.feedback * math.log(0.5) + (integrals[1] if self.reward else 0.0)
        places = _places_stand_for(self.informative)
        found[2] = integrals[2] - math.log(places) if places else integrals[0]
        found[3:][~self.met] = integrals[0]
        return found

    @property
    def numbers(self) -> F32:
        """The arrays, one after the other."""
        arrays = (self.model, self.rewards, self.differences, self.changed)
        return np.concatenate([a.ravel() for a in arrays])

    def to_bytes(self) -> bytes:
        """Little-endian: three uint32 counts, then the arrays as float32."""
        counts = _COUNTS.pack(self.informative, self.feedback, self.reward)
        return counts + self.numbers.astype("<f4", copy=False).tobytes()

    @classmethod
    def of_numbers(
        cls, counts: tuple[int, int, int], numbers: F32, rivals: int, shape: tuple[int, int]
    ) -> MisfitEvidence:
        """Of three counts, `numbers`, and how many rivals on nodes of which shape."""
        k, t = shape
        own, paid, others = k * t, k * t + k, (1 + rivals) * k * t + k
        return cls(
            *counts,
            numbers[:own].reshape(shape),
            numbers[own:paid],
            numbers[paid:others].reshape(rivals, k, t),
            numbers[others:].reshape(shape),
        )

    @classmethod
    def from_bytes(cls, raw: bytes, rivals: int, shape: tuple[int, int]) -> MisfitEvidence:
        """What `to_bytes` gave. Raises ValueError if it is of another length, not finite, or contradicts itself."""
        if len(raw) != byte_size(rivals, shape):
            raise ValueError(f"expected {byte_size(rivals, shape)} bytes of misfit evidence, got {len(raw)}")
        informative, feedback, reward = _COUNTS.unpack_from(raw)
        numbers = np.frombuffer(raw, "<f4", offset=_COUNTS.size).astype(np.float32)
        agree = max(feedback, reward) <= informative <= feedback + reward
        sound = (np.abs(numbers) <= _GREATEST) | (numbers == np.float32(_NOTHING))
        if not sound.all() or not agree:
            raise ValueError(
                "misfit evidence must be of numbers that judgments add up to, and its counts agree"
            )
        return cls.of_numbers((informative, feedback, reward), numbers, rivals, shape)


def _log_added(first: Float, others: Float) -> Float:
    """Log of the sum of the exponentials of the first [...] and of others [B, ...]."""
    top = np.maximum(first, others.max(axis=0))
    total = np.exp(first - top) + np.exp(others - top).sum(axis=0)
    result: Float = np.log(total, out=total) + top
    return result


def byte_size(rivals: int, shape: tuple[int, int]) -> int:
    """Length of `to_bytes`."""
    k, t = shape
    return _COUNTS.size + 4 * ((2 + rivals) * k * t + k)


def change_places(low: int, high: int) -> list[int]:
    """Places b, low <= b < high, after which someone may have changed: 2^k from 2 and 3·2^k from 12 on."""
    places, power = [], 2
    while power < high:
        here = (power, power + power // 2) if power >= _DENSE else (power,)
        places += [b for b in here if low <= b < high]
        power *= 2
    return places


@lru_cache(maxsize=1024)
def _places_stand_for(informative: int) -> int:
    """How many judgments all places of change among so many stand for."""
    return sum(_stands_for(place) for place in change_places(0, informative))


def _stands_for(place: int) -> int:
    """How many judgments lie between a place and the one before it."""
    power = 1 << (place.bit_length() - 1)
    if power <= _DENSE:
        return max(2, power // 2) if place == power else power // 2
    return power // 4 if place == power else power // 2


@lru_cache(maxsize=1024)
def further_places(informative: int, count: int) -> tuple[NDArray[np.int32], Float]:
    """Where somebody may have changed among at most 512 further judgments.

    The places [MOST_PLACES], counted from the first of them, and the log of how many judgments each stands for; what is
    not needed is far beyond.
    """
    places = change_places(informative, informative + count)
    at, logs = np.full(MOST_PLACES, _BEYOND, np.int32), np.zeros(MOST_PLACES)
    at[: len(places)] = [place - informative for place in places]
    logs[: len(places)] = [math.log(_stands_for(place)) for place in places]
    at.flags.writeable = logs.flags.writeable = False
    return at, logs
