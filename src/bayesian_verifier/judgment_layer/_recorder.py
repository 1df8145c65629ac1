"""What becomes of a line that the journal cannot take now? It waits, in order, until the journal can."""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import NotDurableError
from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Line(NamedTuple):
    """Something to be written: `write` appends it; `judgment` is the id it stands for, None for feedback."""

    write: Callable[[], object]
    judgment: str | None


class _Backlog:
    def __init__(self, most: int) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[Line] = deque(maxlen=most)
        self.failures = 0
        self.lost = 0


class Recorder:
    """Writes lines in order, and keeps up to `most` of them in memory while the journal cannot be written.

    Safe among threads. A forked child starts with nothing waiting: what waits is its parent's to write.
    """

    def __init__(self, most: int) -> None:
        self._here = PerProcess(lambda: _Backlog(most)).here

    def record(self, line: Line) -> bool:
        """Write a line after those that wait; whether it is in the journal now.

        Raises CallerError where no journal could ever hold it.
        """
        backlog = self._here()
        with backlog.lock:
            if self._flush(backlog) and self._write(backlog, line):
                return True
            if len(backlog.waiting) == backlog.waiting.maxlen:
                backlog.lost += 1
                _log.error("the oldest of %d waiting journal lines is lost", len(backlog.waiting))
            backlog.waiting.append(line)
        return False

    def flush(self) -> bool:
        """Write what waits; whether nothing waits any more."""
        backlog = self._here()
        with backlog.lock:
            return self._flush(backlog)

    def _flush(self, backlog: _Backlog) -> bool:
        while backlog.waiting:
            try:
                if not self._write(backlog, backlog.waiting[0]):
                    return False
            except CallerError:
                backlog.lost += 1
                _log.exception("a waiting journal line cannot be written, ever")
            backlog.waiting.popleft()
        return True

    def _write(self, backlog: _Backlog, line: Line) -> bool:
        try:
            line.write()
        except NotDurableError as exc:
            backlog.failures += 1
            _log.warning("%s", exc)
        except JournalError as exc:
            backlog.failures += 1
            _log.warning("kept in memory: %s", exc)
            return False
        return True

    def holds(self, judgment: str) -> bool:
        """Whether the line of this judgment waits to be written."""
        backlog = self._here()
        with backlog.lock:
            return any(line.judgment == judgment for line in backlog.waiting)

    @property
    def waiting(self) -> int:
        """Lines that wait."""
        return len(self._here().waiting)

    @property
    def failures(self) -> int:
        """Attempts to write that failed."""
        return self._here().failures

    @property
    def lost(self) -> int:
        """Lines given up."""
        return self._here().lost
