"""Which system calls does a journal rest on? All of them pass through here, so that a test can make any fail."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# some systems have only the greater of the two
_datasync = getattr(os, "fdatasync", os.fsync)


class Files:
    """The system's files. Every method raises OSError as the call it is named for does."""

    def open(self, path: Path, flags: int) -> int:
        """A descriptor that a program started from here does not inherit."""
        return os.open(path, flags | os.O_CLOEXEC, 0o666)

    def close(self, fd: int) -> None:
        """Give a descriptor back; that this fails changes nothing for anybody."""
        with suppress(OSError):
            os.close(fd)

    def write(self, fd: int, data: bytes) -> int:
        """How many of the bytes were taken."""
        return os.write(fd, data)

    def pread(self, fd: int, count: int, offset: int) -> bytes:
        """Bytes at an offset, fewer where the file ends."""
        return os.pread(fd, count, offset)

    def fstat(self, fd: int) -> os.stat_result:
        """What the system knows of an open file."""
        return os.fstat(fd)

    def stat(self, path: Path) -> os.stat_result:
        """What the system knows of a name."""
        return path.stat()

    def names(self, directory: Path) -> list[str]:
        """The names in a directory, in no order."""
        return [entry.name for entry in directory.iterdir()]

    def ftruncate(self, fd: int, length: int) -> None:
        """Cut an open file."""
        os.ftruncate(fd, length)

    def rename(self, old: Path, new: Path) -> None:
        """Give a file another name, which may be another file's."""
        old.rename(new)

    def sync(self, fd: int) -> None:
        """Return when what was written to a file is on its disk."""
        _datasync(fd)

    def sync_directory(self, directory: Path) -> None:
        """Return when the names in a directory are on its disk."""
        fd = self.open(directory, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            self.close(fd)


def write_all(files: Files, fd: int, data: bytes) -> None:
    """One write, and the rest of it should the system have taken only a part. Raises OSError."""
    written = files.write(fd, data)
    while written < len(data):
        written += files.write(fd, data[written:])


def identity_of(status: os.stat_result) -> tuple[int, int]:
    """What makes two files one, whatever their names."""
    return (status.st_dev, status.st_ino)
