"""How is a line appended so that nothing is lost, torn or doubled, whoever else appends at the same time?

Under the lock, in one write: look whether the file is still the one known, make way for the next if it is
full, end a torn tail that a killed writer left with a newline, take the next number, write, check that all of
it was written. The number is kept in memory; other writers' lines are looked at only when a writer's name is
shared by several processes. The lock is given back before the disk is waited for.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple, get_args

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal._codec import VERSION, encode_members, seal
from bayesian_verifier.journal._committing import Committer, Fsync
from bayesian_verifier.journal._files import Files, write_all
from bayesian_verifier.journal._lock import ProcessLock, lock_path
from bayesian_verifier.journal._open_file import OpenFile
from bayesian_verifier.journal._rotating import Rotation, Stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.journal._committing import Waiting

_log = logging.getLogger(__name__)


class Policy(NamedTuple):
    """When a file is full, when its lines are on the disk, and how many seconds others are waited for."""

    rotate_bytes: int | None
    rotate_daily: bool
    fsync: Fsync
    fsync_seconds: float
    lock_timeout: float


class _Unfinished(NamedTuple):
    """A line that was refused by the disk, of which some may be in the file all the same, from an offset."""

    file: OpenFile
    start: int
    line: bytes
    seq: int
    id: str


class AppendLog:
    """The appending side of a log, for one writer in one process; safe among threads and processes.

    writer: name in each line.   shared_name: whether other processes may append under the same name.
    stamp: of a line of a kind, now.   today: YYYY-MM-DD in UTC.
    """

    def __init__(
        self,
        path: Path,
        writer: str,
        policy: Policy,
        *,
        shared_name: bool,
        stamp: Callable[[str], Stamp],
        today: Callable[[], str],
        files: Files,
    ) -> None:
        if policy.fsync not in get_args(Fsync):
            raise CallerError(f"fsync must be one of {', '.join(get_args(Fsync))}, got {policy.fsync!r}")
        self.writer = writer
        self._path = path
        self._shared_name = shared_name
        self._files = files
        self._lock_timeout = policy.lock_timeout
        self._rotation = Rotation(
            path,
            files,
            rotate_bytes=policy.rotate_bytes,
            rotate_daily=policy.rotate_daily,
            durable=policy.fsync != "never",
            stamp=stamp,
            today=today,
        )
        self._committer = Committer(path, files, policy.fsync, policy.fsync_seconds)
        self._among_threads = threading.Lock()
        self._among_processes = ProcessLock(lock_path(path), timeout=policy.lock_timeout)
        self._file: OpenFile | None = None
        self._known_end = 0  # where the file ended when this writer last looked
        self._torn = False  # whether it ended there in the middle of a line
        self._seq = 0  # of this writer's last line before that end
        self._in_doubt = shared_name  # whether lines of this writer may stand beyond that end
        self._unfinished: _Unfinished | None = None

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
            if self._file is not None:
                self._rotation.sum_up(self._file, self._known_end)
            with self._among_processes.held():
                seq, line = self._write(stamp, members)
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot append: {exc.strerror or exc}") from exc
        finally:
            self._among_threads.release()
        self._committer.confirm(line)
        return seq

    def _write(self, stamp: Stamp, members: bytes) -> tuple[int, Waiting]:
        file = self._file_with_room()
        waiting = self._committer.begin(file)
        try:
            seq = self._seq_if_there(file, stamp.id) or self._write_line(file, stamp, members)
        except BaseException:
            self._committer.cancel(waiting)
            raise
        self._committer.written(waiting)
        return seq, waiting

    def _write_line(self, file: OpenFile, stamp: Stamp, members: bytes) -> int:
        seq = self._seq + 1
        line = seal(encode_members({"v": VERSION, "seq": seq, **stamp._asdict()}) + b"," + members)
        start, data = self._known_end, b"\n" + line if self._torn else line
        self._in_doubt = True  # an interrupt may come between the write and what is remembered of it
        try:
            write_all(self._files, file.fd, data)
        except OSError:
            self._take_back(_Unfinished(file, start + len(data) - len(line), line, seq, stamp.id), start)
            raise
        self._seq, self._torn = seq, False
        self._known_end = start + len(data)
        self._in_doubt = self._shared_name
        return seq

    def _take_back(self, unfinished: _Unfinished, start: int) -> None:
        """A full disk takes part of a line: give that part back, so that the file stays whole."""
        try:
            self._files.ftruncate(unfinished.file.fd, start)
        except OSError:
            self._unfinished = unfinished

    def _seq_if_there(self, file: OpenFile, event_id: str) -> int | None:
        """The seq of an event that was refused, but for which all but the newline is in the file."""
        before, self._unfinished = self._unfinished, None
        if before is None or before.file is not file or before.id != event_id:
            return None
        found = self._files.pread(file.fd, len(before.line), before.start)
        if found == before.line[:-1]:
            write_all(self._files, file.fd, b"\n")
        elif found != before.line:
            return None
        return before.seq

    def _file_with_room(self) -> OpenFile:
        """The file to append to, having noted how it ends, after a rotation if one is due."""
        file = self._current_file()
        if not self._rotation.is_due(file, self._known_end):
            return file
        try:
            self._committer.leave()
            self._rotation.close(file, self._known_end)
        except OSError as exc:
            if not file.was_kept:
                _log.warning("%s: goes on beyond its size or day: %s", self._path, exc)
            file.was_kept = True
        return self._current_file()

    def _current_file(self) -> OpenFile:
        """The open file that the path names now, having noted how it ends."""
        file = self._file
        if file is None or not file.is_at(self._path):
            # a file put in the place of one that was written to may hold this writer's lines
            self._in_doubt |= file is not None
            self._file = file = self._opened()
            self._known_end, self._seq, self._torn = 0, 0, False
        size = file.size
        if size != self._known_end:
            self._look_again(file, size)
        return file

    def _opened(self) -> OpenFile:
        """The file of the journal's name, begun where nobody has."""
        try:
            file = OpenFile(self._path, self._files)
        except FileNotFoundError:
            file = None
        if file is not None and file.size > 0:
            return file
        if self._rotation.begin_after_closed():
            self._in_doubt = True  # this writer wrote the first line
            return OpenFile(self._path, self._files)
        return file or OpenFile(self._path, self._files, may_create=True)

    def _look_again(self, file: OpenFile, size: int) -> None:
        was_cut = size < self._known_end
        if was_cut:
            self._seq = file.last_seq(self.writer, 0, size)
        elif self._in_doubt:
            self._seq = max(self._seq, file.last_seq(self.writer, self._known_end, size))
        self._torn = file.ends_torn(size)
        self._known_end = size

    def close(self) -> None:
        """Make what was appended durable, as the policy says, and close the files; appending reopens them."""
        with self._among_threads:
            try:
                self._committer.close()
            finally:
                self._file, self._in_doubt = None, True
                self._among_processes.close()
