"""How is a line appended so that nothing is lost, torn or doubled, whoever else appends at the same time?

Under the lock, in one write: look whether the file is still the one known, end a torn tail that a killed
writer left with a newline, take the next number, write, check that all of it was written. The number is kept
in memory; other writers' lines are looked at only when a writer's name is shared by several processes.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal._codec import VERSION, DamagedLineError, decode_line, encode_members, seal
from bayesian_verifier.journal._lock import ProcessLock, lock_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Fsync = Literal["always", "interval", "never"]

_BLOCK = 1 << 16


class NotDurableError(JournalError):
    """The line is in the file, but the disk did not confirm it: it may be lost if the machine stops."""


class Stamp(NamedTuple):
    """What makes an event one of its own: id, RFC 3339 time, who appends it, kind."""

    id: str
    ts: str
    writer: str
    kind: str


class AppendLog:
    """The appending side of a log, for one writer in one process; safe among threads and processes.

    writer: name in each line.   shared_name: whether other processes may append under the same name.
    fsync: "always" before an append returns; "interval" with the first append that comes `fsync_seconds` or
    more after the last one, and on closing; "never" leaves it to the operating system.
    """

    def __init__(
        self,
        path: Path,
        writer: str,
        *,
        shared_name: bool,
        fsync: Fsync = "interval",
        fsync_seconds: float = 1.0,
        lock_timeout: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if fsync not in get_args(Fsync):
            raise CallerError(f"fsync must be one of {', '.join(get_args(Fsync))}, got {fsync!r}")
        self.writer = writer
        self._path = path
        self._shared_name = shared_name
        self._fsync, self._fsync_seconds = fsync, fsync_seconds
        self._monotonic = monotonic
        self._lock_timeout = lock_timeout
        self._among_threads = threading.Lock()
        self._among_processes = ProcessLock(lock_path(path), timeout=lock_timeout)
        self._file: _OpenFile | None = None
        self._known_end = 0  # where the file ended when this writer last looked
        self._torn = False  # whether it ended there in the middle of a line
        self._seq = 0  # of this writer's last line before that end
        self._in_doubt = shared_name  # whether lines of this writer may stand beyond that end
        self._synced_at = monotonic()

    def append(self, stamp: Stamp, members: bytes) -> int:
        """Write one line and return its seq; the line is in the file when this returns.

        members: the event's own members as JSON, without braces, at least one.
        Raises JournalError when the line is not in the file, NotDurableError when it is but may not stay.
        """
        if not self._among_threads.acquire(timeout=self._lock_timeout):
            raise JournalError(
                f"{self._path}: other threads have appended for more than {self._lock_timeout:g} s"
            )
        try:
            with self._among_processes.held():
                seq = self._write(stamp, members)
            self._sync_if_due()
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot append: {exc.strerror or exc}") from exc
        finally:
            self._among_threads.release()
        return seq

    def _write(self, stamp: Stamp, members: bytes) -> int:
        file = self._current_file()
        seq = self._seq + 1
        line = seal(encode_members({"v": VERSION, "seq": seq, **stamp._asdict()}) + b"," + members)
        start, data = self._known_end, b"\n" + line if self._torn else line
        self._in_doubt = True  # an interrupt may come between the write and what is remembered of it
        try:
            _write_all(file.fd, data)
        except OSError:
            # a full disk takes part of a line: give that part back, so that the file stays whole
            with suppress(OSError):
                os.ftruncate(file.fd, start)
            raise
        self._seq, self._torn = seq, False
        self._known_end = start + len(data)
        self._in_doubt = self._shared_name
        return seq

    def _current_file(self) -> _OpenFile:
        """The open file that the path names now, having noted how it ends."""
        file = self._file
        if file is None or not file.is_at(self._path):
            # a file put in the place of one that was written to may hold this writer's lines
            self._in_doubt |= file is not None
            self._file = file = _OpenFile(self._path)
            self._known_end, self._seq, self._torn = 0, 0, False
        size = os.fstat(file.fd).st_size
        if size != self._known_end:
            self._look_again(file.fd, size)
        return file

    def _look_again(self, fd: int, size: int) -> None:
        was_cut = size < self._known_end
        if was_cut:
            self._seq = _last_seq(fd, self.writer, 0, size)
        elif self._in_doubt:
            self._seq = max(self._seq, _last_seq(fd, self.writer, self._known_end, size))
        self._torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        self._known_end = size

    def _sync_if_due(self) -> None:
        if self._fsync == "never":
            return
        now = self._monotonic()
        if self._fsync == "always" or now - self._synced_at >= self._fsync_seconds:
            self._sync(now)

    def _sync(self, now: float) -> None:
        self._synced_at = now
        if self._file is not None:
            try:
                os.fdatasync(self._file.fd)
            except OSError as exc:
                raise NotDurableError(f"{self._path}: written, not confirmed: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """Make what was appended durable, as the policy says, and close the files; appending reopens them."""
        with self._among_threads:
            try:
                if self._fsync != "never":
                    self._sync(self._monotonic())
            finally:
                self._file, self._in_doubt = None, True
                self._among_processes.close()


class _OpenFile:
    """A descriptor that appends, closed when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        status = os.fstat(self.fd)
        self._identity = (status.st_dev, status.st_ino)

    def is_at(self, path: Path) -> bool:
        """Whether the path still names this file; it may have been removed or replaced."""
        try:
            status = path.stat()
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def __del__(self) -> None:
        if hasattr(self, "fd"):
            os.close(self.fd)


def _write_all(fd: int, data: bytes) -> None:
    """One write, and the rest of it should the system have taken only a part. Raises OSError."""
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def _last_seq(fd: int, writer: str, start: int, end: int) -> int:
    """The seq of a writer's last whole line between two offsets, 0 where there is none; read from the end."""
    name = encode_members({"writer": writer})
    rest = b""
    while end > start:
        begin = max(start, end - _BLOCK)
        first, *lines = (os.pread(fd, end - begin, begin) + rest).split(b"\n")
        rest, end = first, begin
        if begin == start:
            lines.insert(0, first)
        for line in reversed(lines):
            if name in line and (seq := _seq_of(line, writer)):
                return seq
    return 0


def _seq_of(line: bytes, writer: str) -> int:
    try:
        members = decode_line(line)
    except DamagedLineError:
        return 0
    seq = members.get("seq")
    return seq if members.get("writer") == writer and type(seq) is int else 0
