"""How are log-likelihoods at nodes written into few bytes, and read back without believing them?

What matters is near the greatest, so that each is a whole number of steps below it which grow: 0.002 nats at first, a
two-thousandth of the distance far off. Neighbours are alike, so that what is written are mixed differences along all
axes but the last (Ibarria et al. 2003, Computer Graphics Forum 22, "Lorenzo predictor"), deflated. Where that is too
long still, steps are made wider.
"""

from __future__ import annotations

import math
import zlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

Float = NDArray[np.float64]
F32 = NDArray[np.float32]
Codes = NDArray[np.uint16]
#: whole steps in an e-fold of the distance; nats below which they are even instead; the most steps
_STEPS, _NEAR, _MOST = 2048.0, 4.0, 2**15 - 1
#: by how many powers of two steps may be wider
_WIDEST = 6
#: all bits of a negative number of which the others are folded
_SIGN = np.uint16(2**16 - 1)
#: its window, without a frame: a state has its own checksum
_WINDOW = -15


def coded(nodes: Float) -> Codes:
    """Steps [N] that each of the log-likelihoods [N] is below the greatest."""
    steps = np.rint(_STEPS * np.log1p((nodes.max() - nodes) / _NEAR))
    result: Codes = np.minimum(steps, _MOST).astype(np.uint16)
    return result


def told_by(codes: Codes) -> F32:
    """Log-likelihoods [N] less the greatest, float32."""
    result: F32 = _table()[codes]
    return result


def written(codes: Codes, shape: Sequence[int], room: int) -> bytes:
    """Codes [N] of nodes of a lattice with this shape, in so many bytes: by how many powers of two wider, and which."""
    for wider in range(_WIDEST + 1):
        body = _deflated(_differences(_widened(codes, wider).reshape(shape)))
        if len(body) < room:
            break
    return bytes([wider]) + body


def read(raw: bytes, shape: Sequence[int]) -> Codes:
    """Codes [N] as they were written, but for wider steps. Raises ValueError for anything else."""
    if not raw or raw[0] > _WIDEST:
        raise ValueError(f"expected steps at most 2^{_WIDEST} times as wide, got {raw[:1]!r}")
    narrow = _summed(_inflated(raw[1:], math.prod(shape)).reshape(shape)).astype(np.uint32)
    codes: Codes = np.minimum(narrow.ravel() << raw[0], _MOST).astype(np.uint16)
    return codes


@cache
def _table() -> F32:
    """What each code says."""
    below = -_NEAR * np.expm1(np.arange(_MOST + 1.0) / _STEPS)
    return below.astype(np.float32)


def _widened(codes: Codes, wider: int) -> Codes:
    """In steps 2^wider times as wide."""
    if not wider:
        return codes
    return ((codes.astype(np.uint32) + (1 << (wider - 1))) >> wider).astype(np.uint16)


def _differences(codes: Codes) -> Codes:
    """Along all axes but the last, one after the other, modulo 2^16."""
    for axis in range(codes.ndim - 1):
        first = np.zeros_like(codes.take([0], axis))
        codes = np.diff(codes, axis=axis, prepend=first)
    return codes


def _summed(differences: Codes) -> Codes:
    """What has these differences."""
    for axis in range(differences.ndim - 1):
        differences = np.cumsum(differences, axis=axis, dtype=np.uint16)
    return differences


def _deflated(differences: Codes) -> bytes:
    """Small ones of either sign as small numbers; then all high bytes, and all low ones."""
    signs = (differences.view(np.int16) >> 15).view(np.uint16)
    folded = ((differences << 1) ^ signs).astype(">u2")
    # no match is longer than a run: neighbours are alike, not repeated
    packer = zlib.compressobj(1, zlib.DEFLATED, _WINDOW, strategy=zlib.Z_RLE)
    return packer.compress(folded.ravel().view(np.uint8).reshape(-1, 2).T.tobytes()) + packer.flush()


def _inflated(body: bytes, count: int) -> Codes:
    """As many differences as there are nodes."""
    unpacker = zlib.decompressobj(_WINDOW)
    try:
        planes = unpacker.decompress(body, 2 * count + 1)
    except zlib.error as error:
        raise ValueError(f"expected deflated sums: {error}") from error
    if len(planes) != 2 * count or not unpacker.eof or unpacker.unused_data:
        raise ValueError(f"expected sums at {count} nodes")
    folded = np.frombuffer(planes, np.uint8).reshape(2, count).T.copy().view(">u2").astype(np.uint16).ravel()
    result: Codes = ((folded >> 1) ^ (folded & 1) * _SIGN).astype(np.uint16)
    return result
