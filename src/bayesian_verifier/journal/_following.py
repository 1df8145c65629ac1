"""Which whole lines has a log gained since it was last looked at?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20


class RawLine(NamedTuple):
    """A line as it stands in a file.

    number: from 1.   start, end: its bytes without the newline.   data: those bytes.
    """

    number: int
    start: int
    end: int
    data: bytes


class Follower:
    """Reads a growing file once; a line still without its newline waits for the next look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None
        self._identity: tuple[int, int] | None = None
        self._offset = 0  # behind the last whole line that was read
        self._end = 0  # of the file at the last look
        self._lines = 0

    def has_news(self) -> bool:
        """Whether the file has grown, was cut, replaced or removed since the last look. Raises OSError."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return self._fd is not None
        return (status.st_dev, status.st_ino) != self._identity or status.st_size != self._offset

    def starts_over(self) -> bool:
        """Open the file anew if it was cut or replaced; whether everything read before is void."""
        try:
            fd = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            self.close()
            return True
        status = os.fstat(fd)
        identity = (status.st_dev, status.st_ino)
        if identity == self._identity and status.st_size >= self._offset:
            os.close(fd)
            return False
        self.close()
        self._fd, self._identity = fd, identity
        return True

    def new_lines(self) -> Iterator[RawLine]:
        """The lines that ended between the last look and now, in file order; not those written meanwhile."""
        if self._fd is None:
            return
        end = self._end = os.fstat(self._fd).st_size
        rest = b""
        while (at := self._offset + len(rest)) < end:
            chunk = os.pread(self._fd, min(_CHUNK, end - at), at)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                start = self._offset
                self._offset += len(line) + 1
                self._lines += 1
                yield RawLine(self._lines, start, start + len(line), line)

    def read(self, start: int, end: int) -> bytes:
        """The bytes between two offsets of the file followed; fewer where it ends before."""
        return b"" if self._fd is None else os.pread(self._fd, max(0, end - start), start)

    def unfinished(self) -> RawLine | None:
        """What stood behind the last newline at the last look: being written then, or torn."""
        data = self.read(self._offset, self._end)
        return RawLine(self._lines + 1, self._offset, self._offset + len(data), data) if data else None

    def close(self) -> None:
        """Forget the file."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._identity = None, None
        self._offset, self._end, self._lines = 0, 0, 0

    def __del__(self) -> None:
        self.close()
