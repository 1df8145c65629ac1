"""Which events does one file of a journal hold, and which numbers are missing from it?"""

from __future__ import annotations

import json
import os
import re
import sys
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from bayesian_verifier.journal._codec import DamagedLineError, decode_line
from bayesian_verifier.journal._event_set import Event, Place
from bayesian_verifier.journal._merged_block import KIND as MERGED
from bayesian_verifier.journal._merged_block import heading_of
from bayesian_verifier.journal._naming import named_by
from bayesian_verifier.journal._ranges import Ranges, difference, joined
from bayesian_verifier.journal._tombstones import KIND as FORGOTTEN
from bayesian_verifier.journal._tombstones import Tombstone, removed_by, tombstone_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from bayesian_verifier.journal._event_set import Key

_CHUNK = 1 << 20
_TS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
# lines that are about the file they stand in, and mean nothing in another
OF_THE_FILE = frozenset((MERGED, "segment", "erased"))
_ENVELOPE = frozenset(("v", "seq", "writer", "crc"))
_CONTENT_BYTES = 16


class Piece(NamedTuple):
    """A line as it stands in a file: its number from 1, its offsets without the newline, its bytes."""

    number: int
    start: int
    end: int
    data: bytes
    whole: bool


class OpenFile:
    """A file read from beginning to end and then at places, as it was when it was opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        status = os.fstat(self.fd)
        self.size = status.st_size
        self.identity = (status.st_dev, status.st_ino)

    def pieces(self, start: int = 0) -> Iterator[Piece]:
        """Every line from an offset on; the last may lack its newline."""
        rest, number, offset = b"", 0, start
        while (at := offset + len(rest)) < self.size:
            chunk = os.pread(self.fd, min(_CHUNK, self.size - at), at)
            if not chunk:
                break
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                number += 1
                yield Piece(number, offset, offset + len(line), line, whole=True)
                offset += len(line) + 1
        if rest:
            yield Piece(number + 1, offset, offset + len(rest), rest, whole=False)

    def grow(self) -> None:
        """Reach to where it ends now."""
        self.size = os.fstat(self.fd).st_size

    def read(self, start: int, end: int) -> bytes:
        """The bytes between two offsets."""
        return os.pread(self.fd, end - start, start)

    def close(self) -> None:
        """Give the descriptor back."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Unreadable(NamedTuple):
    """A line that cannot be merged: its number from 1, and why."""

    number: int
    reason: str


class Source:
    """The events of one file, read once; what is known beside them is complete when they have gone by.

    damaged: lines that no event could be had from.   missing: numbers lacking before an event, by its key.
    """

    def __init__(self, file: OpenFile, number: int) -> None:
        self.file = file
        self.lines = 0
        self.damaged: list[Unreadable] = []
        self.tombstones: list[Tombstone] = []
        self.forgotten: frozenset[str] = frozenset()
        self.missing: dict[Key, Ranges] = {}
        self._number = number
        self._merged_left = 0
        self._last: dict[str, int] = {}
        self._gaps: dict[Key, Ranges] = {}  # before an event, as they were met
        self._late: dict[str, list[tuple[int, int]]] = {}  # numbers that came after greater ones, by writer
        self._removed: dict[str, Ranges] = {}

    def events(self) -> Iterator[tuple[Event, int]]:
        """Every event with the offset behind it, in file order."""
        for piece in self.file.pieces():
            self.lines += 1
            inside, self._merged_left = self._merged_left > 0, max(0, self._merged_left - 1)
            try:
                members = _members_of(piece)
                event = _event_of(members, Place(self._number, piece.start, piece.end))
            except DamagedLineError as exc:
                self.damaged.append(Unreadable(piece.number, str(exc)))
                continue
            if not self._is_heading(piece.number, members):
                self._count(event, inside=inside)
            self._note(members, inside=inside)
            if members["kind"] not in OF_THE_FILE:
                yield event, piece.end
        self._settle()

    def _is_heading(self, number: int, members: Mapping[str, Any]) -> bool:
        if number != 1 or (heading := heading_of(members)) is None:
            return False
        self._merged_left = heading.events
        self.missing.update(heading.missing)
        self.forgotten = heading.forgotten
        return True

    def _count(self, event: Event, *, inside: bool) -> None:
        last = self._last.get(event.writer, 0)
        if not inside and event.seq > last + 1:
            self._gaps[event.key] = ((last + 1, event.seq - 1),)
        elif not inside and event.seq <= last:
            self._late.setdefault(event.writer, []).append((event.seq, event.seq))
        self._last[event.writer] = event.seq if inside else max(event.seq, last)

    def _note(self, members: Mapping[str, Any], *, inside: bool) -> None:
        if members["kind"] == FORGOTTEN and (stone := tombstone_of(members)):
            self.tombstones.append(stone)
            if not inside:
                for writer, ranges in removed_by(members).items():
                    self._removed[writer] = joined((*self._removed.get(writer, ()), *ranges))

    def _settle(self) -> None:
        """Take from what is missing what came later, and what was removed on purpose."""
        late = {writer: joined(runs) for writer, runs in self._late.items()}
        for key, ranges in list(self._gaps.items()):
            known = (*late.get(key[1], ()), *self._removed.get(key[1], ()))
            if left := difference(ranges, known):
                self.missing[key] = left


def _members_of(piece: Piece) -> dict[str, Any]:
    if not piece.whole:
        raise DamagedLineError("torn: does not end in a newline")
    return decode_line(piece.data)


def _event_of(members: Mapping[str, Any], place: Place) -> Event:
    """The event of a decoded line. Raises DamagedLineError where its envelope is not one."""
    ts, writer, seq = members.get("ts"), members.get("writer"), members.get("seq")
    id_, kind, crc = members.get("id"), members.get("kind"), members["crc"]
    if not (isinstance(ts, str) and _TS.fullmatch(ts)):
        raise DamagedLineError("/ts: not RFC 3339 in UTC with microseconds")
    if type(seq) is not int or seq < 1:
        raise DamagedLineError("/seq: not a number from 1")
    if not (isinstance(writer, str) and isinstance(id_, str) and isinstance(kind, str)):
        raise DamagedLineError("/id, /writer or /kind: not text")
    if not (writer and id_ and kind):
        raise DamagedLineError("/id, /writer or /kind: empty")
    subject, name = members.get("subject"), named_by(members)
    return Event(
        ts,
        sys.intern(writer),
        seq,
        sys.intern(id_),
        _content(members),
        int(crc, 16),
        sys.intern(subject) if isinstance(subject, str) else None,
        None if name is None else sys.intern(name),
        place,
    )


def _content(members: Mapping[str, Any]) -> bytes:
    said = {name: value for name, value in members.items() if name not in _ENVELOPE}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=_CONTENT_BYTES).digest()
