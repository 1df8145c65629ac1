"""How does a call of somebody else's code hold its caller no longer than it may, though nothing can end a thread?

It runs in a thread of its own, which is left to itself when its time is over. Code that keeps the interpreter to itself
all that time still holds everybody.
"""

from __future__ import annotations

import _thread
import contextvars
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from bayesian_verifier.judgment_layer._per_process import PerProcess

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

#: So many calls may have been left to themselves and not have ended: until one does, nobody is called.
MOST_LEFT = 8


class NotInTimeError(Exception):
    """The call did not end in its time, or was not even made; the message says which."""


class _Left:
    """Calls of one process that nobody waits for any more."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0


class _Call(Generic[T]):
    """One call in a thread of its own."""

    def __init__(self, job: Callable[[], T], left: _Left) -> None:
        self._job = job
        self._left = left
        self._is_left = self._is_over = False
        self._result: T
        self._error: BaseException | None = None
        self._over = threading.Lock()
        self._over.acquire()

    def run(self) -> None:
        """Do it, and let whoever waits know."""
        try:
            self._result = self._job()
        except BaseException as exc:  # noqa: BLE001 it is raised where somebody waits for it
            self._error = exc
        with self._left.lock:
            self._is_over = True
            self._left.count -= self._is_left
        self._over.release()

    def result(self, seconds: float) -> T:
        """What came of it. Raises what it raised, and NotInTimeError when so many seconds have passed."""
        if not self._over.acquire(timeout=min(seconds, threading.TIMEOUT_MAX)):
            with self._left.lock:
                self._is_left = not self._is_over
                self._left.count += self._is_left
            if self._is_left:
                raise NotInTimeError(f"no answer in {seconds:g} s")
        if self._error is not None:
            raise self._error
        return self._result


class InTime:
    """Calls that end in so many seconds for who makes them. Safe among threads and after a fork."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left = PerProcess(_Left).here

    def __call__(self, job: Callable[[], T]) -> T:
        """The result of job(), done with the caller's context variables. Raises NotInTimeError, and what job raises."""
        left = self._left()
        if left.count >= MOST_LEFT:
            raise NotInTimeError(f"not asked, as {left.count} calls of it have not ended")
        call = _Call(job, left)
        # as in Beside: a Thread's start() would wait for it
        _thread.start_new_thread(contextvars.copy_context().run, (call.run,))
        return call.result(self._seconds)
