"""When is an appended line on the disk, and how do many that wait for it share one sync?

One of those who wait leads: it syncs for every line that was written before its sync began; those written
meanwhile wait for the next leader. After a sync that failed the system may take its pages for clean, so that
a later one succeeds without writing them: every line that was begun before the failure was known stays
unconfirmed, whatever later ones say.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Literal

from bayesian_verifier.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._files import Files
    from bayesian_verifier.journal._open_file import OpenFile

_log = logging.getLogger(__name__)

Fsync = Literal["always", "interval", "never"]


class NotDurableError(JournalError):
    """The line is in the file, but the disk did not confirm it: it may be lost if the machine stops."""


class Waiting:
    """A line on its way to the disk."""

    __slots__ = ("failure", "is_durable", "is_written")

    def __init__(self) -> None:
        self.is_written = False
        self.is_durable = False
        self.failure: BaseException | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it is known what became of it."""
        return self.is_durable or self.failure is not None


class Committer:
    """Syncs what one process appends to one journal; safe among threads.

    fsync: "always", before an append is confirmed; "interval", `seconds` after the first append since the
    last sync, by a thread that lives so long; "never".
    """

    def __init__(self, path: Path, files: Files, fsync: Fsync, seconds: float) -> None:
        self._path = path
        self._files = files
        self._fsync = fsync
        self._seconds = seconds
        self._state = threading.Condition()
        self._file: OpenFile | None = None
        self._waiting: list[Waiting] = []  # policy "always": begun, and not settled
        self._is_dirty = False
        self._is_syncing = False
        self._timer: threading.Timer | None = None
        self._unreported: BaseException | None = None  # a sync that failed when no append waited for it

    def begin(self, file: OpenFile) -> Waiting:
        """A line is about to be written to this file; lines of one process are written one after another."""
        if file is not self._file:
            self.leave()
        line = Waiting()
        if self._fsync != "never":
            with self._state:
                self._file = file
                if self._fsync == "always":
                    self._waiting.append(line)
        return line

    def cancel(self, line: Waiting) -> None:
        """The line could not be written."""
        with self._state:
            if line in self._waiting:
                self._waiting.remove(line)

    def written(self, line: Waiting) -> None:
        """The line is in the file."""
        line.is_written = True
        if self._fsync == "never":
            return
        with self._state:
            self._is_dirty = True
            if self._fsync == "interval" and self._timer is None:
                self._start_timer()

    def confirm(self, line: Waiting) -> None:
        """Return when the line is as durable as the policy asks for. Raises NotDurableError."""
        if self._fsync == "always":
            self._settle(line)
            if line.failure is not None:
                raise self._not_durable(line.failure) from line.failure
        elif self._unreported is not None:
            self._report()

    def leave(self) -> None:
        """Sync what was written to the file so far, and let go of it; who waits is told how that went."""
        if self._fsync != "never":
            self._sync_once()
        with self._state:
            self._file = None

    def flush(self) -> None:
        """Sync what was written so far, unless the policy is "never". Raises NotDurableError."""
        if self._fsync == "never":
            return
        self._sync_once()
        if self._unreported is not None:
            self._report()

    def close(self) -> None:
        """As `flush`; and nothing is started any more until the next line."""
        try:
            self.flush()
        finally:
            with self._state:
                self._file = None
                if self._timer is not None:
                    self._timer.cancel()
                    self._timer = None

    def _settle(self, line: Waiting) -> None:
        """Wait for a leader's sync, or lead."""
        while not line.is_settled:
            self._sync_once(line)

    def _sync_once(self, line: Waiting | None = None) -> None:
        """Sync, unless what became of the line is known once it is one's turn."""
        with self._state:
            while self._is_syncing and not (line and line.is_settled):
                self._state.wait()
            if (line and line.is_settled) or not self._is_dirty or self._file is None:
                return
            self._is_syncing, self._is_dirty = True, False
            file, ready = self._file, [one for one in self._waiting if one.is_written]
        failure: BaseException | None = None
        try:
            self._sync(file)
        except OSError as exc:
            failure = exc
        except BaseException as exc:
            failure = exc
            raise
        finally:
            self._end(ready, failure)

    def _sync(self, file: OpenFile) -> None:
        self._files.sync(file.fd)
        if not file.has_durable_name:
            self._files.sync_directory(self._path.parent)
            file.has_durable_name = True

    def _end(self, ready: list[Waiting], failure: BaseException | None) -> None:
        with self._state:
            for line in ready if failure is None else self._waiting:
                line.is_durable, line.failure = failure is None, failure
            if failure is not None and not self._waiting:
                self._unreported = failure
            self._waiting = [line for line in self._waiting if not line.is_settled]
            self._is_syncing = False
            self._state.notify_all()

    def _start_timer(self) -> None:
        timer = threading.Timer(self._seconds, self._sync_on_time)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # the interpreter is on its way out: closing syncs, or the system does
            return
        self._timer = timer

    def _sync_on_time(self) -> None:
        with self._state:
            self._timer = None
        self._sync_once()
        if self._unreported is not None:
            _log.error("%s: lines were written, not confirmed: %s", self._path, self._unreported)

    def _report(self) -> None:
        with self._state:
            failure, self._unreported = self._unreported, None
        if failure is not None:
            raise self._not_durable(failure) from failure

    def _not_durable(self, failure: BaseException) -> NotDurableError:
        why = getattr(failure, "strerror", None) or failure
        return NotDurableError(f"{self._path}: written, not confirmed: {why}")
