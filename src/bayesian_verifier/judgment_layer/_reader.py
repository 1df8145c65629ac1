"""What is known of a person, without waiting long for the journal to be read?

The first question of a process about a person has to find their lines and decode them: 0.1 ms a judgment, and
more where the file has not been read yet. That is done beside whoever asks, begun when the layer is made. Who
asks waits a bounded time, then goes on with what was read before, or with nothing, and says so; the reading
goes on and serves the next question. Where little can be new the question is answered at once, without a thread.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import History
from bayesian_verifier.judgment_layer._beside import Beside
from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from bayesian_verifier.journal import Journal

_log = logging.getLogger(__name__)

# Fewer than the journal keeps decoded, so that those known here are as a rule still known there.
_MOST_SUBJECTS = 128
# New lines of so many bytes are read in some milliseconds.
_LITTLE = 1 << 18


class Read(NamedTuple):
    """What is known of a person; whether that may be less than the journal holds."""

    history: History
    is_late: bool


class _State:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.latest: OrderedDict[str, History] = OrderedDict()
        self.size = 0  # of the journal when it was last read
        self.late = 0


class _Reading:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.history: History | None = None


class Reader:
    """Reads histories from a journal; who asks waits `timeout` seconds at most. Safe among threads and forks."""

    def __init__(self, journal: Journal, timeout: float) -> None:
        if not (timeout >= 0 and math.isfinite(timeout)):
            raise CallerError(f"expected a history_timeout of 0 s or more, got {timeout!r}")
        self._journal = journal
        self._timeout = timeout
        self._here = PerProcess(_State).here
        self._beside = Beside()
        self._beside.start(self._catch_up)

    @property
    def late(self) -> int:
        """Questions that did not wait for the journal to be read."""
        return self._here().late

    def of(self, subject: str) -> Read:
        """What is known of a person now."""
        state = self._here()
        if subject in state.latest and not self._beside.is_busy and self._little_is_new(state):
            return self._settled(state, subject, self._read(state, subject))
        until = time.monotonic() + self._timeout
        reading = _Reading()

        def read() -> None:
            reading.history = self._read(state, subject)
            reading.done.set()

        if self._beside.start(read, patience=self._timeout):
            reading.done.wait(max(0.0, until - time.monotonic()))
        return self._settled(state, subject, reading.history)

    def _settled(self, state: _State, subject: str, history: History | None) -> Read:
        if history is not None:
            return Read(history, is_late=False)
        with state.lock:
            state.late += 1
        return Read(state.latest.get(subject, History()), is_late=True)

    def _little_is_new(self, state: _State) -> bool:
        return 0 <= self._size() - state.size <= _LITTLE

    def _size(self) -> int:
        try:
            return self._journal.path.stat().st_size
        except OSError:
            return 0

    def _catch_up(self) -> None:
        state, size = self._here(), self._size()
        try:
            self._journal.catch_up()
        except JournalError as exc:
            _log.warning("cannot read the journal: %s", exc)
            return
        state.size = size

    def _read(self, state: _State, subject: str) -> History | None:
        """The history in the journal, None where it cannot be read."""
        size = self._size()
        try:
            history = self._journal.history(subject)
        except Exception as exc:  # noqa: BLE001 a person is waiting for a choice, not for a file
            _log.warning("cannot read what is known of a person: %s", exc)
            return None
        with state.lock:
            state.size = size
            state.latest[subject] = history
            state.latest.move_to_end(subject)
            while len(state.latest) > _MOST_SUBJECTS:
                state.latest.popitem(last=False)
        return history
