"""What becomes of a line that the journal cannot take now? It waits, in order, until the journal can."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import NotDurableError
from bayesian_verifier.judgment_layer._backlog import Backlog, Line
from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Line", "Recorder"]

_log = logging.getLogger(__name__)

_MOST_BYTES = 16 << 20
_RETRY_SECONDS = 1.0
# for a journal that takes so long to fail, as behind a lock, judgments wait at most so large a share of the time
_SLOW_SECONDS = 0.25
_SHARE_OF_TIME = 0.05


class _Here:
    """One process's part."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.lock = threading.Lock()
        self.backlog = Backlog(most, most_bytes)
        self.turn = threading.Lock()  # to write what waits
        self.failures = 0
        self.try_again_at = 0.0
        self.timer: threading.Timer | None = None


class Recorder:
    """Writes lines, and keeps those in memory, up to a bound, that the journal cannot take now.

    most, most_bytes: the bound.   retry_seconds: how often what waits is tried again when nothing else is
    recorded, by a thread that lives while something waits.   monotonic: seconds.
    Safe among threads; the lines of one thread stay in order. A forked child starts with nothing waiting: what
    waits is its parent's to write. Raises CallerError where there is room for no line at all.
    """

    def __init__(
        self,
        most: int,
        *,
        most_bytes: int = _MOST_BYTES,
        retry_seconds: float = _RETRY_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._here = PerProcess(lambda: _Here(most, most_bytes)).here
        self._here()
        self._retry_seconds = retry_seconds
        self._monotonic = monotonic

    def record(self, line: Line) -> bool:
        """Write a line after those that wait; whether it is in the journal now.

        Raises CallerError where no journal could ever hold it.
        """
        here = self._here()
        try:
            if self._may_try(here) and self._flush(here) and self._write(here, line):
                return True
        except CallerError:
            raise
        except Exception:  # noqa: BLE001 it would fail for ever
            here.failures += 1
            here.backlog.lost += 1
            _log.exception("a journal line cannot be written, and is lost")
            return False
        with here.lock:
            here.backlog.add(line)
            self._retry_later(here)
        return False

    def _may_try(self, here: _Here) -> bool:
        """Whether nothing waits, or trying again would not take too much of the caller's time."""
        return not here.backlog or self._monotonic() >= here.try_again_at

    def flush(self) -> bool:
        """Write what waits; whether nothing waits any more."""
        here = self._here()
        with here.turn:
            return self._write_all(here)

    def _flush(self, here: _Here) -> bool:
        """As `flush`, unless another thread is at it for long."""
        if not here.backlog:
            return True
        if not here.turn.acquire(timeout=_SLOW_SECONDS):
            return False
        try:
            return self._write_all(here)
        finally:
            here.turn.release()

    def _write_all(self, here: _Here) -> bool:
        while True:
            with here.lock:
                if not here.backlog:
                    return True
                line = here.backlog.first()
            try:
                if not self._write(here, line):
                    return False
            except Exception:  # noqa: BLE001 it would fail for ever, and hold up whatever waits behind it
                here.backlog.lost += 1
                _log.exception("a waiting journal line cannot be written, ever")
            with here.lock:
                here.backlog.remove(line)

    def _write(self, here: _Here, line: Line) -> bool:
        start = self._monotonic()
        try:
            line.write()
        except NotDurableError as exc:
            here.failures += 1
            _log.warning("%s", exc)
        except JournalError as exc:
            here.failures += 1
            now = self._monotonic()
            took = now - start
            here.try_again_at = now + took / _SHARE_OF_TIME if took > _SLOW_SECONDS else now
            _log.warning("kept in memory: %s", exc)
            return False
        return True

    def _retry_later(self, here: _Here) -> None:
        if here.timer is not None:
            return
        timer = threading.Timer(self._retry_seconds, self._retry, (here,))
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # the interpreter is on its way out: closing tries again
            return
        here.timer = timer

    def _retry(self, here: _Here) -> None:
        self._flush(here)
        with here.lock:
            here.timer = None
            if here.backlog:
                self._retry_later(here)

    def close(self) -> bool:
        """Write what waits, if that is possible now; whether nothing was left. Recording may go on after it."""
        is_empty = self.flush()
        here = self._here()
        with here.lock:
            if here.timer is not None:
                here.timer.cancel()
                here.timer = None
            if here.backlog:
                _log.error("%d journal lines still wait, in memory alone", len(here.backlog))
        return is_empty

    def holds(self, judgment: str) -> bool:
        """Whether the line of this judgment waits to be written."""
        here = self._here()
        with here.lock:
            return here.backlog.holds(judgment)

    @property
    def waiting(self) -> int:
        """Lines that wait."""
        return len(self._here().backlog)

    @property
    def waiting_bytes(self) -> int:
        """About how many bytes they are."""
        return self._here().backlog.bytes

    @property
    def failures(self) -> int:
        """Attempts to write that failed."""
        return self._here().failures

    @property
    def lost(self) -> int:
        """Lines given up."""
        return self._here().backlog.lost
