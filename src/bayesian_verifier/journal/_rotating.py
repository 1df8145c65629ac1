"""When is a file full, and how does the next one begin, though the process may be killed in between?

The next file is made under another name, with its first line in it, before the full one is renamed; then it
takes the name that the full one had. A process killed between the two leaves a journal without an active
file, which the next append makes in the same way. All of this happens under the lock.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal._codec import VERSION, encode_members, seal
from bayesian_verifier.journal._files import write_all
from bayesian_verifier.journal._segments import RunningSum, closed_name, closed_segments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.journal._files import Files
    from bayesian_verifier.journal._open_file import OpenFile
    from bayesian_verifier.journal._segments import Summary

ROTATE_BYTES = 64 << 20
_LEAST_BYTES = 1024


class Stamp(NamedTuple):
    """What makes an event one of its own: id, RFC 3339 time, who appends it, kind."""

    id: str
    ts: str
    writer: str
    kind: str


class Rotation:
    """How the files of one journal follow one another.

    rotate_bytes: a file of so many bytes is full, None for any size.   rotate_daily: so is one that began on
    an earlier day, in UTC.   durable: whether each step is to be on the disk before the next.
    stamp: of a line of the kind it is given, now.   today: YYYY-MM-DD in UTC.
    """

    def __init__(
        self,
        path: Path,
        files: Files,
        *,
        rotate_bytes: int | None,
        rotate_daily: bool,
        durable: bool,
        stamp: Callable[[str], Stamp],
        today: Callable[[], str],
    ) -> None:
        if rotate_bytes is not None and rotate_bytes < _LEAST_BYTES:
            raise CallerError(f"expected rotate_bytes of at least {_LEAST_BYTES}, got {rotate_bytes!r}")
        self._path = path
        self._files = files
        self._rotate_bytes = rotate_bytes
        self._rotate_daily = rotate_daily
        self._durable = durable
        self._stamp, self._today = stamp, today

    def is_due(self, file: OpenFile, size: int) -> bool:
        """Whether a file of this size is full. Raises OSError."""
        if size == 0:
            return False
        if self._rotate_bytes is not None and size >= self._rotate_bytes:
            return True
        return self._rotate_daily and file.day is not None and file.day < self._today()

    def sum_up(self, file: OpenFile, size: int) -> None:
        """Do what takes long about a rotation that is due, without the lock. Raises OSError."""
        if self.is_due(file, size):
            file.sum.advance(self._files, file.fd, size)

    def close(self, file: OpenFile, size: int) -> None:
        """Make way for the next file, which has the journal's name when this returns.

        Raises OSError; then that name is still this file's, or nobody's.
        """
        file.sum.advance(self._files, file.fd, size)
        closed = closed_segments(self._path, self._files)
        number = max(file.number, closed[-1].number + 1 if closed else 1)
        name = closed_name(self._path, number)
        ready = self._prepare(file.sum.summary(name.name), number + 1)
        self._files.rename(self._path, name)
        if self._durable:
            # of two renames a disk may keep the second alone, and with it nothing of the full file
            self._files.sync_directory(self._path.parent)
        self._publish(ready)

    def begin_after_closed(self) -> bool:
        """Where there are full segments but nothing in the active one, begin it. Raises OSError."""
        closed = closed_segments(self._path, self._files)
        if not closed:
            return False
        last = closed[-1]
        total = RunningSum()
        fd = self._files.open(last.file, os.O_RDONLY)
        try:
            total.advance(self._files, fd, self._files.fstat(fd).st_size)
        finally:
            self._files.close(fd)
        self._publish(self._prepare(total.summary(last.file.name), last.number + 1))
        return True

    def _prepare(self, before: Summary, number: int) -> Path:
        """A file with the first line of the next segment in it, under a name that no reader looks at."""
        stamp = self._stamp("segment")
        header = {"v": VERSION, "seq": 1, **stamp._asdict(), "number": number, "before": before._asdict()}
        ready = self._path.with_name(self._path.name + ".next")
        fd = self._files.open(ready, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            write_all(self._files, fd, seal(encode_members(header)))
            if self._durable:
                self._files.sync(fd)
        finally:
            self._files.close(fd)
        return ready

    def _publish(self, ready: Path) -> None:
        self._files.rename(ready, self._path)
        if self._durable:
            self._files.sync_directory(self._path.parent)
