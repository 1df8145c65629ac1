"""Which files make up a journal, and in what order?

The file appended to has the journal's name, `judgments.jsonl`. A full one is renamed beside it to
`judgments.000001.jsonl`, `judgments.000002.jsonl`, …, the oldest first, and never changed again. The first
line of every file but the very first is of kind `segment` and names the one before it: its name, lines,
bytes and SHA-256, so that one that is missing, cut or exchanged is noticed.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal._files import Files

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK = 1 << 20


class Closed(NamedTuple):
    """A segment that is full: its number from 1, and its file."""

    number: int
    file: Path


class Summary(NamedTuple):
    """What a segment's successor says of it. sha256: of all its bytes, hexadecimal."""

    name: str
    lines: int
    bytes: int
    sha256: str


def segments(path: Path) -> tuple[Path, ...]:
    """The files of a journal that there are, oldest first, the one appended to last. Raises OSError."""
    closed = tuple(segment.file for segment in closed_segments(path, Files()))
    return (*closed, path) if path.exists() else closed


def closed_name(path: Path, number: int) -> Path:
    """The name of a full segment of the journal of this name."""
    return path.with_name(f"{path.stem}.{number:06d}{path.suffix}")


def closed_segments(path: Path, files: Files) -> tuple[Closed, ...]:
    """The full segments of a journal, oldest first. Raises OSError."""
    form = re.compile(rf"{re.escape(path.stem)}\.(\d{{6,}}){re.escape(path.suffix)}")
    found = (form.fullmatch(name) for name in files.names(path.parent))
    return tuple(sorted(Closed(int(one[1]), path.with_name(one[0])) for one in found if one))


class RunningSum:
    """What is to be said of a segment, summed up as it grows: no byte is read twice."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lines = 0
        self._digest = sha256()

    def advance(self, files: Files, fd: int, end: int) -> None:
        """Sum up to an offset. Raises OSError."""
        while self.bytes < end:
            chunk = files.pread(fd, min(_CHUNK, end - self.bytes), self.bytes)
            if not chunk:
                return
            self._digest.update(chunk)
            self._lines += chunk.count(b"\n")
            self.bytes += len(chunk)

    def summary(self, name: str) -> Summary:
        """What was summed, under a name."""
        return Summary(name, self._lines, self.bytes, self._digest.hexdigest())


def summary_of(file: Path) -> Summary:
    """What a successor should say of this file as it is now. Raises OSError."""
    files, total = Files(), RunningSum()
    fd = files.open(file, os.O_RDONLY)
    try:
        total.advance(files, fd, files.fstat(fd).st_size)
    finally:
        files.close(fd)
    return total.summary(file.name)
