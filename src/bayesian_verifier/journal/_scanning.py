"""Which lines of a journal are about a subject, or name what is?"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from bayesian_verifier.journal._codec import DamagedLineError, decode_line
from bayesian_verifier.journal._naming import named_by
from bayesian_verifier.journal._tombstones import id_digest, tombstone_of

if TYPE_CHECKING:
    from bayesian_verifier.journal._source import Piece

_QUOTED = re.compile(rb'"([^"\\]+)"')


class Known(NamedTuple):
    """A line as far as forgetting depends on it; a damaged one has no members."""

    piece: Piece
    members: dict[str, Any]

    @property
    def writer(self) -> str | None:
        """Who wrote it, where that can be read."""
        writer = self.members.get("writer")
        return writer if isinstance(writer, str) else None

    @property
    def seq(self) -> int:
        """Its number, 0 where that cannot be read."""
        seq = self.members.get("seq")
        return seq if type(seq) is int else 0


def known(piece: Piece) -> Known:
    """What can be read of a line."""
    try:
        return Known(piece, decode_line(piece.data) if piece.whole else {})
    except DamagedLineError:
        return Known(piece, {})


class Traces:
    """Everything that leads to a subject, found line by line, in any order of lines.

    digests: of the ids of lines that are about the subject, or name such a line, or a line that does.
    """

    def __init__(self, subject: str) -> None:
        self.subject = subject
        self.digests: set[str] = set()
        self.has_tombstone = False
        self._naming: dict[str, list[str]] = {}  # digests of the ids of lines that name an id, by its digest
        self._forms = tuple({json.dumps(subject).encode(), json.dumps(subject, ensure_ascii=False).encode()})

    def note(self, line: Known) -> None:
        """Take in what a line says."""
        members = line.members
        id_, name = members.get("id"), named_by(members)
        if stone := tombstone_of(members):
            if stone.is_of(self.subject):
                self.has_tombstone = True
                for digest in stone.ids:
                    self._add(digest)
            return
        if not isinstance(id_, str):
            return
        if name is not None:
            named, naming = id_digest(name), id_digest(id_)
            self._naming.setdefault(named, []).append(naming)
            if named in self.digests:
                self._add(naming)
        if members.get("subject") == self.subject:
            self._add(id_digest(id_))

    def _add(self, digest: str) -> None:
        waiting = [digest]
        while waiting:
            one = waiting.pop()
            if one not in self.digests:
                self.digests.add(one)
                waiting += self._naming.get(one, ())

    def lead_from(self, line: Known) -> bool:
        """Whether a line is to go; a damaged one, if the subject or one of the ids can be read in it."""
        members = line.members
        if not members:
            return any(form in line.piece.data for form in self._forms) or any(
                id_digest(text.decode(errors="replace")) in self.digests
                for text in _QUOTED.findall(line.piece.data)
            )
        id_, name = members.get("id"), named_by(members)
        return (
            members.get("subject") == self.subject
            or (isinstance(id_, str) and id_digest(id_) in self.digests)
            or (name is not None and id_digest(name) in self.digests)
        )
