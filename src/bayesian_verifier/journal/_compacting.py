"""How is a file written again without some of its lines, so that nothing else can be missing from it?

What stays keeps its bytes and its order. The last line says what was taken out; where that was the last of its
writer, a line of kind `erased`, without content, keeps its number, so that the writer goes on from there. The
heading of a merged file is made anew; the lines that it speaks for count apart from those that follow.
Nothing here puts the new file in place.
"""

from __future__ import annotations

from hashlib import sha256
from typing import IO, TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal._codec import VERSION, encode_members, seal
from bayesian_verifier.journal._merged_block import Heading, heading_line, heading_of
from bayesian_verifier.journal._ranges import ranges_of
from bayesian_verifier.journal._scanning import Known, Traces, known
from bayesian_verifier.journal._tombstones import KIND, id_digest, subject_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.journal._source import OpenFile

ERASED = "erased"
WRITER = "forget"
_CHUNK = 1 << 20


class Epitaph(NamedTuple):
    """What every line of one act of forgetting has in common. ts: when.   salt: hexadecimal."""

    ts: str
    salt: str
    new_id: Callable[[], str]


class _Edit(NamedTuple):
    """Bytes of the old file that others stand for in the new one, most often none."""

    start: int
    end: int
    by: bytes = b""


class _Removed(NamedTuple):
    """A line that goes: its place among the edits, who wrote it, its number, whether a heading speaks for it."""

    edit: int
    writer: str
    seq: int
    inside: bool


class _Sum:
    """How much has gone by."""

    def __init__(self) -> None:
        self._lines = self._bytes = 0
        self._digest = sha256()

    def with_(self, data: bytes) -> bytes:
        """The data, counted."""
        self._lines += data.count(b"\n")
        self._bytes += len(data)
        self._digest.update(data)
        return data

    def said(self) -> dict[str, object]:
        """As it is written in a line."""
        return {"lines": self._lines, "bytes": self._bytes, "sha256": self._digest.hexdigest()}


class Compaction:
    """A file to be written again without what leads to a subject; `extend` and `write` raise OSError.

    lines: how many go.
    """

    def __init__(self, old: OpenFile, traces: Traces) -> None:
        self.lines = 0
        self._old, self._traces = old, traces
        self._edits: list[_Edit] = []
        self._removed: list[_Removed] = []
        self._last: dict[tuple[str, bool], _Removed | None] = {}  # of each writer in each part, if it goes
        self._seqs: dict[str, int] = {}  # of each writer, the last number
        self._read = 0
        self._numbers = 0
        self._was = _Sum()
        self._heading: Heading | None = None
        self._heading_ts = ""
        self._block = sha256()  # of the lines that the heading speaks for, as they were
        self._block_end = 0
        self._ends_torn = False

    def extend(self, *, to_the_end: bool) -> None:
        """Look at what the file has gained since it was last looked at.

        to_the_end: also at a line that may still be written to.
        """
        for piece in self._old.pieces(self._read):
            if not (piece.whole or to_the_end):
                return
            line = known(piece)
            self._numbers += piece.whole
            self._read = piece.end + piece.whole
            self._was.with_(piece.data + b"\n" * piece.whole)
            self._ends_torn = not piece.whole
            inside = self._is_inside()
            if inside:
                self._block.update(piece.data + b"\n" * piece.whole)
                self._block_end = self._read
            if self._numbers == 1 and (heading := heading_of(line.members)):
                self._heading, self._heading_ts = heading, line.members["ts"]
                self._edits.append(_Edit(0, self._read))
                self._block_end = self._read
            elif self._traces.lead_from(line):
                self._remove(line, inside=inside)
            elif line.writer is not None:
                self._last[line.writer, inside] = None
            if line.writer is not None:
                self._seqs[line.writer] = line.seq

    def _is_inside(self) -> bool:
        return self._heading is not None and self._numbers <= self._heading.events + 1

    def _remove(self, line: Known, *, inside: bool) -> None:
        self.lines += 1
        self._ends_torn = False
        self._edits.append(_Edit(line.piece.start, self._read))
        if line.writer is not None:
            removed = _Removed(len(self._edits) - 1, line.writer, line.seq, inside)
            self._last[line.writer, inside] = removed
            self._removed.append(removed)

    def write(self, new: IO[bytes], epitaph: Epitaph) -> None:
        """Write the new file, whose last line is the tombstone of the subject."""
        kept = self._keep_last_numbers(epitaph)
        if self._heading is not None:
            self._edits[0] = self._edits[0]._replace(by=self._new_heading(self._heading))
        total = _Sum()
        for data in self._edited(0, self._read):
            new.write(total.with_(data))
        if self._ends_torn:
            new.write(total.with_(b"\n"))
        new.write(self._tombstone(epitaph, kept, total))

    def _tombstone(self, epitaph: Epitaph, kept: set[_Removed], now: _Sum) -> bytes:
        numbers: dict[str, list[int]] = {}
        for one in self._removed:
            if one not in kept and not one.inside:
                numbers.setdefault(one.writer, []).append(one.seq)
        return seal(
            encode_members(
                {
                    "v": VERSION,
                    "seq": self._seqs.get(WRITER, 0) + 1,
                    "id": epitaph.new_id(),
                    "ts": epitaph.ts,
                    "writer": WRITER,
                    "kind": KIND,
                    "salt": epitaph.salt,
                    "subject_sha256": subject_digest(self._traces.subject, epitaph.salt),
                    "ids": sorted(self._traces.digests),
                    "lines": self.lines,
                    "removed": {name: ranges_of(seqs) for name, seqs in sorted(numbers.items())},
                    "was": self._was.said(),
                    "now": now.said(),
                }
            )
        )

    def _keep_last_numbers(self, epitaph: Epitaph) -> set[_Removed]:
        """Put lines without content where a writer's last line goes; which those are."""
        kept = {one for one in self._last.values() if one is not None and one.seq}
        for one in kept:
            stub = {
                "v": VERSION,
                "seq": one.seq,
                "id": epitaph.new_id(),
                "ts": epitaph.ts,
                "writer": one.writer,
                "kind": ERASED,
            }
            self._edits[one.edit] = self._edits[one.edit]._replace(by=seal(encode_members(stub)))
        return kept

    def _new_heading(self, old: Heading) -> bytes:
        """The heading for the lines that stay; one that was wrong before stays wrong."""
        digests = self._traces.digests
        missing = {key: runs for key, runs in old.missing.items() if id_digest(key[0]) not in digests}
        edits = [edit for edit in self._edits[1:] if edit.end <= self._block_end]
        events = old.events - sum(not edit.by for edit in edits)
        digest = old.sha256
        if self._block.hexdigest() == old.sha256:
            left = sha256()
            for data in self._edited(self._edits[0].end, self._block_end):
                left.update(data)
            digest = left.hexdigest()
        return heading_line(Heading(events, digest, missing, old.forgotten), self._heading_ts)

    def _edited(self, start: int, end: int) -> Iterator[bytes]:
        """The bytes between two offsets of the old file, edited."""
        at = start
        for edit in self._edits:
            if edit.start < start or edit.end > end:
                continue
            yield from self._copied(at, edit.start)
            yield edit.by
            at = edit.end
        yield from self._copied(at, end)

    def _copied(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            data = self._old.read(start, min(end, start + _CHUNK))
            if not data:
                return
            yield data
            start += len(data)
