"""How are several things done beside callers who must not wait, one after the other, and no more than can be kept?"""

from __future__ import annotations

import _thread
import logging
import threading
from collections import deque
from typing import TYPE_CHECKING

from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class _Here:
    """One process's part."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.jobs: deque[Callable[[], object]] = deque()
        self.runs = False
        self.idle = threading.Condition(self.lock)


class QueueBeside:
    """Up to `most` jobs that wait; a thread does them in order, lives while there are any, and keeps nobody.

    Safe among threads. A forked child starts with none waiting: they are its parent's to do.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._here = PerProcess(_Here).here

    def put(self, job: Callable[[], object]) -> bool:
        """Whether the job will be done: not where as many wait as may, nor where no thread can be had."""
        here = self._here()
        with here.lock:
            if len(here.jobs) >= self._most:
                return False
            here.jobs.append(job)
            if here.runs:
                return True
            here.runs = True
            try:
                # a Thread's start() waits until the thread runs, and that thread then keeps the interpreter's lock
                _thread.start_new_thread(_run, (here,))
            except RuntimeError:
                here.jobs.pop()
                here.runs = False
                return False
        return True

    @property
    def waiting(self) -> int:
        """Jobs that wait, besides the one that is being done."""
        return len(self._here().jobs)

    def wait(self, seconds: float) -> bool:
        """Wait for all jobs; whether none is left."""
        here = self._here()
        with here.idle:
            return here.idle.wait_for(lambda: not here.runs, seconds)


def _run(here: _Here) -> None:
    while True:
        with here.lock:
            if not here.jobs:
                here.runs = False
                here.idle.notify_all()
                return
            job = here.jobs.popleft()
        try:
            job()
        except Exception:  # noqa: BLE001 nobody is there to catch it
            _log.exception("a job beside the Judgment Layer failed")
