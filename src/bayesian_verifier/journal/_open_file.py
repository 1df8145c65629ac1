"""What does a writer know of the file it appends to?"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

from bayesian_verifier.journal._codec import DamagedLineError, decode_line, encode_members
from bayesian_verifier.journal._files import check_is_file, identity_of
from bayesian_verifier.journal._segments import RunningSum

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._files import Files

_BLOCK = 1 << 16


class OpenFile:
    """A descriptor that appends, closed when nobody holds it any more.

    may_create: whether the file is made where there is none. Opening raises OSError.
    """

    def __init__(self, path: Path, files: Files, *, may_create: bool = False) -> None:
        self._files = files
        self.fd = files.open(path, os.O_RDWR | os.O_APPEND | (os.O_CREAT if may_create else 0))
        status = files.fstat(self.fd)
        check_is_file(status)
        self._identity = identity_of(status)
        self.sum = RunningSum()
        self.has_durable_name = False
        self.was_kept = False  # beyond its time, because the next could not begin

    @property
    def size(self) -> int:
        """Bytes in the file now. Raises OSError."""
        return self._files.fstat(self.fd).st_size

    def is_at(self, path: Path) -> bool:
        """Whether the path still names this file; it may have been removed or replaced. Raises OSError."""
        try:
            return identity_of(self._files.stat(path)) == self._identity
        except FileNotFoundError:
            return False

    @cached_property
    def _first(self) -> dict[str, Any]:
        """The members of the first line; of a file that holds a line. Raises OSError."""
        line, _, _ = self._files.pread(self.fd, _BLOCK, 0).partition(b"\n")
        try:
            return decode_line(line)
        except DamagedLineError:
            return {}

    @property
    def number(self) -> int:
        """Which file of its journal it says it is, from 1. Raises OSError."""
        match self._first:
            case {"kind": "segment", "number": int(number)}:
                return number
        return 1

    @property
    def day(self) -> str | None:
        """The day, YYYY-MM-DD in UTC, of its first line, if that can be read. Raises OSError."""
        match self._first:
            case {"ts": str(ts)}:
                return ts[:10]
        return None

    def ends_torn(self, size: int) -> bool:
        """Whether it ends in the middle of a line. Raises OSError."""
        return size > 0 and self._files.pread(self.fd, 1, size - 1) != b"\n"

    def last_seq(self, writer: str, start: int, end: int) -> int:
        """The seq of a writer's last whole line between two offsets, 0 where there is none.

        Read from the end. Raises OSError.
        """
        name = encode_members({"writer": writer})
        rest = b""
        while end > start:
            begin = max(start, end - _BLOCK)
            first, *lines = (self._files.pread(self.fd, end - begin, begin) + rest).split(b"\n")
            rest, end = first, begin
            if begin == start:
                lines.insert(0, first)
            for line in reversed(lines):
                if name in line and (seq := _seq_of(line, writer)):
                    return seq
        return 0

    def __del__(self) -> None:
        if hasattr(self, "fd"):
            self._files.close(self.fd)


def _seq_of(line: bytes, writer: str) -> int:
    try:
        members = decode_line(line)
    except DamagedLineError:
        return 0
    seq = members.get("seq")
    return seq if members.get("writer") == writer and type(seq) is int else 0
