"""Which whole lines has a file gained since it was last looked at?"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.journal._files import identity_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 1 << 20


class RawLine(NamedTuple):
    """A line as it stands in a file.

    number: from 1.   start, end: its bytes without the newline.   data: those bytes.   file: as it was named
    when it was opened.
    """

    number: int
    start: int
    end: int
    data: bytes
    file: Path


class GrowingFile:
    """Reads a file once; a line still without its newline waits for the next look.

    base: what is added to every offset, so that several files count as one.
    Opening raises OSError.
    """

    def __init__(self, path: Path, base: int = 0) -> None:
        self.path = path
        self.base = base
        self._offset = 0  # behind the last whole line that was read
        self._end = 0  # of the file at the last look
        self._lines = 0
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.identity = identity_of(os.fstat(self._fd))
        except OSError:
            os.close(self._fd)
            raise

    @property
    def size(self) -> int:
        """Bytes in the file now."""
        return os.fstat(self._fd).st_size

    @property
    def offset(self) -> int:
        """Bytes up to the end of the last line that was read."""
        return self._offset

    def new_lines(self) -> Iterator[RawLine]:
        """The lines that ended between the last look and now, in file order; not those written meanwhile."""
        end = self._end = self.size
        rest = b""
        while (at := self._offset + len(rest)) < end:
            chunk = os.pread(self._fd, min(_CHUNK, end - at), at)
            if not chunk:
                return
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                start = self._offset + self.base
                self._offset += len(line) + 1
                self._lines += 1
                yield RawLine(self._lines, start, start + len(line), line, self.path)

    def read(self, start: int, end: int) -> bytes:
        """The bytes between two places that lines were given with; fewer where the file ends before."""
        return os.pread(self._fd, max(0, end - start), start - self.base)

    def unfinished(self) -> RawLine | None:
        """What stood behind the last newline at the last look: being written then, or torn."""
        start = self._offset + self.base
        data = self.read(start, self._end + self.base)
        return RawLine(self._lines + 1, start, start + len(data), data, self.path) if data else None

    def close(self) -> None:
        """Give the descriptor back."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def __del__(self) -> None:
        if hasattr(self, "_fd"):
            self.close()
