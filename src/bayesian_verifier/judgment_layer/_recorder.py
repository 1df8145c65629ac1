"""What becomes of a line that the journal cannot take now? It waits, in order, until the journal can."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import NotDurableError
from bayesian_verifier.judgment_layer._beside import Beside
from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Line(NamedTuple):
    """Something to be written.

    write: appends it.   judgment: the id it stands for, None for feedback.   size: about how many bytes it is.
    """

    write: Callable[[], object]
    judgment: str | None
    size: Callable[[], int]


class _Backlog:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: deque[tuple[Line, int]] = deque()
        self.bytes = 0
        self.failures = 0
        self.lost = 0
        self.rests_until = 0.0


class Recorder:
    """Writes lines in order; while the journal cannot be written it keeps some in memory, the newest.

    most: lines kept.   most_bytes: bytes kept.   monotonic: seconds.
    An attempt that took long to fail is followed by as long a rest, so that a lock that cannot be had takes no
    more than half of anybody's time. Safe among threads. A forked child starts with nothing waiting: what waits
    is its parent's to write.
    """

    def __init__(
        self, most: int, most_bytes: int, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        if most < 1 or most_bytes < 1:
            raise CallerError(f"expected room for a line at least, got {most} lines of {most_bytes} bytes")
        self._most, self._most_bytes = most, most_bytes
        self._monotonic = monotonic
        self._here = PerProcess(_Backlog).here
        self._beside = Beside()

    def record(self, line: Line) -> bool:
        """Write a line after those that wait; whether it is in the journal now.

        Raises CallerError where no journal could ever hold it.
        """
        backlog = self._here()
        with backlog.lock:
            if self._monotonic() >= backlog.rests_until and self._flush(backlog):
                is_settled, is_written = self._write(backlog, line)
                if is_settled:
                    return is_written
            self._keep(backlog, line)
        return False

    def _keep(self, backlog: _Backlog, line: Line) -> None:
        size = line.size()
        if size > self._most_bytes:
            self._give_up(backlog, "a journal line of %d bytes is too long to wait, and lost", size)
            return
        while len(backlog.waiting) >= self._most or backlog.bytes + size > self._most_bytes:
            self._drop_first(backlog)
            self._give_up(backlog, "the oldest of %d waiting journal lines is lost", len(backlog.waiting) + 1)
        backlog.waiting.append((line, size))
        backlog.bytes += size

    def _drop_first(self, backlog: _Backlog) -> None:
        _, size = backlog.waiting.popleft()
        backlog.bytes -= size

    def _give_up(self, backlog: _Backlog, why: str, *arguments: object) -> None:
        backlog.lost += 1
        _log.error(why, *arguments)

    def flush(self) -> bool:
        """Write what waits; whether nothing waits any more."""
        backlog = self._here()
        with backlog.lock:
            return self._flush(backlog)

    def retry(self) -> None:
        """Begin to write what waits, beside the caller, if it is time to try again."""
        backlog = self._here()
        if backlog.waiting and self._monotonic() >= backlog.rests_until:
            self._beside.start(self.flush)

    def _flush(self, backlog: _Backlog) -> bool:
        while backlog.waiting:
            try:
                is_settled, _ = self._write(backlog, backlog.waiting[0][0])
                if not is_settled:
                    return False
            except CallerError:
                backlog.lost += 1
                _log.exception("a waiting journal line cannot be written, ever")
            self._drop_first(backlog)
        return True

    def _write(self, backlog: _Backlog, line: Line) -> tuple[bool, bool]:
        """Whether there is nothing more to be done about the line, and whether it is in the journal."""
        start = self._monotonic()
        try:
            line.write()
        except CallerError:
            raise
        except NotDurableError as exc:
            backlog.failures += 1
            _log.warning("%s", exc)
        except JournalError as exc:
            backlog.failures += 1
            now = self._monotonic()
            backlog.rests_until = now + (now - start)
            _log.warning("kept in memory: %s", exc)
            return False, False
        except Exception:  # noqa: BLE001 it would fail for ever, and hold up whatever waits behind it
            backlog.failures += 1
            backlog.lost += 1
            _log.exception("a journal line cannot be written, and is lost")
            return True, False
        return True, True

    def holds(self, judgment: str) -> bool:
        """Whether the line of this judgment waits to be written."""
        backlog = self._here()
        with backlog.lock:
            return any(line.judgment == judgment for line, _ in backlog.waiting)

    @property
    def waiting(self) -> int:
        """Lines that wait."""
        return len(self._here().waiting)

    @property
    def waiting_bytes(self) -> int:
        """About how many bytes they are."""
        return self._here().bytes

    @property
    def failures(self) -> int:
        """Attempts to write that failed."""
        return self._here().failures

    @property
    def lost(self) -> int:
        """Lines given up."""
        return self._here().lost
