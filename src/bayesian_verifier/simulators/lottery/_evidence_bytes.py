"""How are a person's sums written into few bytes, and read back without believing them?

Little-endian. Counts at the reference points are multiples of 2^-13 below 2,048, 24 bits each, so that they come back
as they were; then rewards, float64; then, where there is a second look, its points, float64, counts, float32, and
rewards, float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bayesian_verifier.simulators.lottery._spread import GRAIN, KNOTS
from bayesian_verifier.simulators.lottery._sums import REWARD_TERMS, Sums

Float = NDArray[np.float64]
_WIDTH = 3
_MOST = 2 ** (8 * _WIDTH) - 1
#: no honest sum is beyond this
_GREATEST = 1e6
#: between points of a second look, which are evenly spaced but for rounding
_LEAST_GAP, _LEAST_EVEN = 1e-7, 0.99


def written_sums(wide: Sums, local: Sums | None) -> bytes:
    """Sums at the reference points and of the second look, if there was one."""
    grains = np.minimum(np.rint(wide.counts / GRAIN), _MOST).astype("<u4")
    digits = grains.view(np.uint8).reshape(-1, 4)
    packed = np.empty((len(digits), _WIDTH), np.uint8)
    for place in range(_WIDTH):  # a column at a time: rows of three are copied one by one
        packed[:, place] = digits[:, place]
    parts = [packed.tobytes(), wide.rewards.astype("<f8").tobytes()]
    if local is not None:
        parts += [
            local.points.astype("<f8").tobytes(),
            local.counts.astype("<f4").tobytes(),
            local.rewards.astype("<f8").tobytes(),
        ]
    return b"".join(parts)


def read_sums(raw: bytes, points: Float, local_count: int) -> tuple[Sums, Sums | None]:
    """What `written_sums` wrote for these reference points and a second look at `local_count`.

    Raises ValueError for another length, and for numbers that no judgments add up to.
    """
    k = points.size
    counts_end = k * KNOTS * _WIDTH
    wide_end = counts_end + k * REWARD_TERMS * 8
    local_end = wide_end + local_count * (8 + 4 * KNOTS + 8 * REWARD_TERMS)
    if len(raw) not in (wide_end, local_end):
        raise ValueError(f"expected {wide_end} or {local_end} bytes of sums, got {len(raw)}")
    grains = np.zeros((k * KNOTS, 4), np.uint8)
    grains[:, :_WIDTH] = np.frombuffer(raw, np.uint8, counts_end).reshape(-1, _WIDTH)
    counts = GRAIN * grains.view("<u4").astype(np.float64).reshape(k, KNOTS)
    wide = Sums(points, counts, _floats(raw, counts_end, (k, REWARD_TERMS), "<f8"))
    if len(raw) == wide_end:
        return wide, None
    own = _floats(raw, wide_end, (local_count,), "<f8")
    gaps = np.diff(own)
    if gaps.min() < max(_LEAST_GAP, _LEAST_EVEN * gaps.max()):
        raise ValueError("expected the second look's points at even distances")
    at = wide_end + local_count * 8
    local_counts = _floats(raw, at, (local_count, KNOTS), "<f4")
    rewards = _floats(raw, at + local_count * KNOTS * 4, (local_count, REWARD_TERMS), "<f8")
    return wide, Sums(own, local_counts, rewards)


def _floats(raw: bytes, start: int, shape: tuple[int, ...], kind: str) -> Float:
    count = int(np.prod(shape))
    with np.errstate(invalid="ignore"):  # some bytes are no number
        found = np.frombuffer(raw, kind, count, start).astype(np.float64).reshape(shape)
    if not (np.abs(found) <= _GREATEST).all():
        raise ValueError(f"expected numbers within ±{_GREATEST:g}")
    return found
