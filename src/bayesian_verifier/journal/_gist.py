"""Whose line is this? Told from its beginning and its checksum alone, a tenth of the work of decoding it all.

Lines begin as this version writes them: envelope first, then the subject of a judgment or the judgment that
feedback is on. Where a line begins otherwise, or where a name holds what JSON escapes, it has to be decoded.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from bayesian_verifier.journal._codec import SEAL_WIDTH, check_seal, decode_line

_TEXT = rb'"([^"\\]+)"'
_ENVELOPE = rb'\{"v":1,"seq":\d+,"id":%b,"ts":"[^"\\]+","writer":"[^"\\]+","kind":' % _TEXT
_BEGINNING = re.compile(
    rb'%b(?:"judgment","subject":(?:"([^"\\]*)"|null)|"feedback","judgment":%b)[,}]' % (_ENVELOPE, _TEXT)
)
#: as many as there are judgments where a policy chooses or a candidate is asked, and no evidence
_NO_EVIDENCE = re.compile(rb'%b"(?:policy|candidate)"[,}]' % _ENVELOPE)


class Gist(NamedTuple):
    """What an index has to know of a line. subject: of a judgment or an epoch.

    about: id of the judgment that feedback is on, or of the epoch that is undone.
    """

    kind: str
    id: str
    subject: str | None
    about: str | None


def gist_of(line: bytes) -> Gist | None:
    """The gist of a line without its newline, None where a person's evidence does not depend on it.

    Raises DamagedLineError.
    """
    found = _at_a_glance(line)
    if found is None and _NO_EVIDENCE.match(line) is not None:
        check_seal(line)
        return None
    return found or _of_members(line)


def _at_a_glance(line: bytes) -> Gist | None:
    found = _BEGINNING.match(line)
    if found is None or line[-SEAL_WIDTH:] != b',"crc":"%08x"}' % zlib.crc32(memoryview(line)[:-SEAL_WIDTH]):
        return None
    id_, subject, judgment = (None if text is None else text.decode() for text in found.groups())
    return Gist("judgment" if judgment is None else "feedback", id_ or "", subject, judgment)


def _of_members(line: bytes) -> Gist | None:
    match decode_line(line):
        case {"kind": "judgment", "id": str(id_), "subject": str() | None as subject}:
            return Gist("judgment", id_, subject, None)
        case {"kind": "feedback", "id": str(id_), "judgment": str(judgment)}:
            return Gist("feedback", id_, None, judgment)
        case {"kind": "epoch", "id": str(id_), "subject": str(subject)}:
            return Gist("epoch", id_, subject, None)
        case {"kind": "epoch_undone", "id": str(id_), "epoch": str(epoch)}:
            return Gist("epoch_undone", id_, None, epoch)
    return None
