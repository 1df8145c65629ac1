"""How does a person's evidence so far travel between replies and requests, so that the server keeps nothing?

base64url (no padding) of, little-endian: `BVS2`, 8 bytes naming the model version, three uint32 counts
(judgments, informative, refuted), the length of the evidence, uint32, the evidence as its simulator writes it, what the
misfit check keeps, where the model has one, CRC-32 of all before.
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
    from bayesian_verifier.posterior import MisfitCheck, MisfitEvidence
    from bayesian_verifier.simulators import Description, Evidence, Simulator

MAGIC = b"BVS2"
HEADER = struct.Struct("<4s8s4I")
CRC = struct.Struct("<I")
MAX_COUNT = 2**31


class Known(NamedTuple):
    """What a posterior rests on.

    judgments: all that were answered, by feedback or reward.   informative, refuted: disjoint parts of them.
    evidence: what the informative ones say.   misfit: and what rivals of the model make of them, if it has a check.
    """

    judgments: int
    informative: int
    refuted: int
    evidence: Evidence
    misfit: MisfitEvidence | None = None

    def plus(self, judgments: int, described: Description, check: MisfitCheck | None) -> Known:
        """This and so many newer answered judgments."""
        return Known(
            self.judgments + judgments,
            self.informative + described.informative,
            self.refuted + described.refuted,
            self.evidence.plus(described.evidence),
            None if check is None or self.misfit is None else check.added(self.misfit, described.told),
        )


def model_tag(version: str) -> bytes:
    """Eight bytes that name a model version inside a state."""
    return hashlib.sha256(version.encode()).digest()[:8]


def encode_state(known: Known, tag: bytes) -> str:
    """The state text of what is known under the model version named by tag."""
    evidence = known.evidence.to_bytes()
    header = HEADER.pack(MAGIC, tag, known.judgments, known.informative, known.refuted, len(evidence))
    body = header + evidence + (b"" if known.misfit is None else known.misfit.to_bytes())
    text = binascii.b2a_base64(body + CRC.pack(zlib.crc32(body)), newline=False)
    return text.replace(b"+", b"-").replace(b"/", b"_").rstrip(b"=").decode("ascii")


def decode_state(text: str, tag: bytes, simulator: Simulator, check: MisfitCheck | None) -> Known:
    """Read a state of the model version named by tag, whose evidence is the simulator's.

    Raises OtherModelError for a sound state of another version, InvalidEvidenceError for anything unreadable.
    """
    raw = _from_base64(text)
    if len(raw) < HEADER.size + CRC.size or raw[:3] != MAGIC[:3]:
        raise _unreadable("it is not a state this service gave")
    body, crc = raw[: -CRC.size], CRC.unpack(raw[-CRC.size :])[0]
    if zlib.crc32(body) != crc:
        raise _unreadable("its checksum does not match: it was cut or changed on the way")
    magic, its_tag, judgments, informative, refuted, length = HEADER.unpack_from(body)
    if its_tag != tag or magic != MAGIC:
        raise OtherModelError("/state: given by another model version; send the judgments again without it")
    if informative + refuted > judgments or judgments > MAX_COUNT:
        raise _unreadable("its counts contradict each other")
    try:
        evidence = simulator.read_evidence(body[HEADER.size : HEADER.size + length])
        rest = body[HEADER.size + length :]
        misfit = None if check is None else check.read(rest)
    except ValueError as error:
        raise _unreadable(str(error)) from error
    if rest if misfit is None else misfit.informative != informative:
        raise _unreadable("its parts contradict each other")
    return Known(judgments, informative, refuted, evidence, misfit)


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as exc:
        raise _unreadable("it is not base64url") from exc


def _unreadable(why: str) -> InvalidEvidenceError:
    return InvalidEvidenceError([Violation("/state", "unreadable_state", f"the state cannot be read: {why}")])
