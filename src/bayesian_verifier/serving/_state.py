"""How does a person's evidence so far travel between replies and requests, so that the server keeps nothing?

base64url (no padding) of, little-endian: `BVS1`, 8 bytes naming the model version, three uint32 counts
(judgments, informative, refuted), the network's sums as float32 [S], CRC-32 of all before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.serving._problems import OtherModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"BVS1"
HEADER = struct.Struct("<4s8s3I")
CRC = struct.Struct("<I")
MAX_COUNT = 2**31


class Evidence(NamedTuple):
    """What a posterior rests on.

    judgments: all that were answered, by feedback or reward.   informative, refuted: disjoint parts of them.
    sums: float32 [S], the network's own summary; zeros for no evidence.
    """

    judgments: int
    informative: int
    refuted: int
    sums: NDArray[np.float32]


def model_tag(version: str) -> bytes:
    """Eight bytes that name a model version inside a state."""
    return hashlib.sha256(version.encode()).digest()[:8]


def encode_state(evidence: Evidence, tag: bytes) -> str:
    """The state text of evidence under the model version named by tag."""
    header = HEADER.pack(MAGIC, tag, evidence.judgments, evidence.informative, evidence.refuted)
    body = header + evidence.sums.astype("<f4").tobytes()
    return base64.urlsafe_b64encode(body + CRC.pack(zlib.crc32(body))).rstrip(b"=").decode("ascii")


def decode_state(text: str, tag: bytes, size: int) -> Evidence:
    """Read a state of the model version named by tag, whose sums are `size` numbers.

    Raises OtherModelError for a sound state of another version, InvalidEvidenceError for anything unreadable.
    """
    raw = _from_base64(text)
    if len(raw) < HEADER.size + CRC.size or raw[:4] != MAGIC:
        raise _unreadable("it is not a state this service gave")
    body, crc = raw[: -CRC.size], CRC.unpack(raw[-CRC.size :])[0]
    if zlib.crc32(body) != crc:
        raise _unreadable("its checksum does not match: it was cut or changed on the way")
    _, its_tag, judgments, informative, refuted = HEADER.unpack_from(body)
    if its_tag != tag:
        raise OtherModelError("/state: given by another model version; send the judgments again without it")
    sums = np.frombuffer(body, dtype="<f4", offset=HEADER.size).astype(np.float32)
    if sums.size != size or not np.isfinite(sums).all():
        raise _unreadable(f"expected {size} finite sums")
    if informative + refuted > judgments or judgments > MAX_COUNT:
        raise _unreadable("its counts contradict each other")
    return Evidence(judgments, informative, refuted, sums)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _unreadable("it is not base64url") from exc


def _unreadable(why: str) -> InvalidEvidenceError:
    return InvalidEvidenceError([Violation("/state", "unreadable_state", f"the state cannot be read: {why}")])
