"""How does a person's evidence so far travel between replies and requests, so that the server keeps nothing?

base64url (no padding) of, little-endian: `BVS2`, 8 bytes naming the model version, three uint32 counts
(judgments, informative, refuted), the evidence as its simulator writes it, CRC-32 of all before.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import InvalidEvidenceError, Violation
from bayesian_verifier.serving._problems import OtherModelError

if TYPE_CHECKING:
    from bayesian_verifier.simulators import Description, Evidence, Simulator

MAGIC = b"BVS2"
HEADER = struct.Struct("<4s8s3I")
CRC = struct.Struct("<I")
MAX_COUNT = 2**31


class Known(NamedTuple):
    """What a posterior rests on.

    judgments: all that were answered, by feedback or reward.   informative, refuted: disjoint parts of them.
    evidence: what the informative ones say.
    """

    judgments: int
    informative: int
    refuted: int
    evidence: Evidence

    def plus(self, judgments: int, described: Description) -> Known:
        """This and so many newer answered judgments."""
        return Known(
            self.judgments + judgments,
            self.informative + described.informative,
            self.refuted + described.refuted,
            self.evidence.plus(described.evidence),
        )


def model_tag(version: str) -> bytes:
    """Eight bytes that name a model version inside a state."""
    return hashlib.sha256(version.encode()).digest()[:8]


def encode_state(known: Known, tag: bytes) -> str:
    """The state text of what is known under the model version named by tag."""
    header = HEADER.pack(MAGIC, tag, known.judgments, known.informative, known.refuted)
    body = header + known.evidence.to_bytes()
    return base64.urlsafe_b64encode(body + CRC.pack(zlib.crc32(body))).rstrip(b"=").decode("ascii")


def decode_state(text: str, tag: bytes, simulator: Simulator) -> Known:
    """Read a state of the model version named by tag, whose evidence is the simulator's.

    Raises OtherModelError for a sound state of another version, InvalidEvidenceError for anything unreadable.
    """
    raw = _from_base64(text)
    if len(raw) < HEADER.size + CRC.size or raw[:3] != MAGIC[:3]:
        raise _unreadable("it is not a state this service gave")
    body, crc = raw[: -CRC.size], CRC.unpack(raw[-CRC.size :])[0]
    if zlib.crc32(body) != crc:
        raise _unreadable("its checksum does not match: it was cut or changed on the way")
    magic, its_tag, judgments, informative, refuted = HEADER.unpack_from(body)
    if its_tag != tag or magic != MAGIC:
        raise OtherModelError("/state: given by another model version; send the judgments again without it")
    if informative + refuted > judgments or judgments > MAX_COUNT:
        raise _unreadable("its counts contradict each other")
    try:
        evidence = simulator.read_evidence(body[HEADER.size :])
    except ValueError as error:
        raise _unreadable(str(error)) from error
    return Known(judgments, informative, refuted, evidence)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _unreadable("it is not base64url") from exc


def _unreadable(why: str) -> InvalidEvidenceError:
    return InvalidEvidenceError([Violation("/state", "unreadable_state", f"the state cannot be read: {why}")])
