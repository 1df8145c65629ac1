"""When is a model loaded, and what came of it?

The first at the start; another when the service is told to, or when the store names another version. What could not
be loaded is not tried again until one of the two happens once more.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bayesian_verifier.serving._engine import Engine

Outcome = Literal["loaded", "unchanged", "failed"]
OUTCOMES: tuple[Outcome, ...] = ("loaded", "unchanged", "failed")

#: seconds a thread may keep the interpreter from another while a model is loaded beside the answers
TURN_SECONDS = 0.0005


class Pointer(NamedTuple):
    """What a store names as current.

    version: None where it names none.   stamp: differs whenever it was written anew.
    """

    version: str | None
    stamp: object = None


class Attempt(NamedTuple):
    """One attempt to load a model.

    at: when it ended, seconds since the epoch.   version: the one that was to be loaded, where that is known.
    reason: why it failed.
    """

    at: float
    version: str | None
    outcome: Outcome
    reason: str | None = None


class Renewal(NamedTuple):
    """How a service comes by another model while it serves.

    reload: from the engine that serves to the one that should; the same one where nothing is new. Raises as a first
    load does.   pointer: what the store names now; never raises.
    every: seconds between two looks at it; 0 to look only when told to.
    """

    reload: Callable[[Engine], Engine]
    pointer: Callable[[], Pointer]
    every: float = 0.0


class LoadingThread:
    """Runs `attempt(pointer)` once, and again whenever it is told to or the pointer changes.

    every: seconds between two looks at the pointer; 0 for none.
    """

    def __init__(
        self, attempt: Callable[[Pointer], None], pointer: Callable[[], Pointer], *, every: float
    ) -> None:
        self._attempt = attempt
        self._pointer = pointer
        self._every = every or None
        # unlike an Event, it may be told from a signal handler that interrupts another one
        self._told: SimpleQueue[bool] = SimpleQueue()
        self._leaving = False
        self._at_work = False
        self._thread = threading.Thread(target=self._run, name="loading", daemon=True)

    @property
    def at_work(self) -> bool:
        """Whether an attempt is being made."""
        return self._at_work

    def start(self) -> None:
        """Make the first attempt; returns at once."""
        self._at_work = True
        self._thread.start()

    def tell(self) -> None:
        """Make another attempt, after the one that is being made; may be called in a signal handler."""
        self._told.put(True)

    def leave(self) -> None:
        """Begin no other attempt; does not wait for one that is being made."""
        self._leaving = True
        self._told.put(False)

    def _run(self) -> None:
        while not self._leaving:
            # what is named while the attempt is being made is another change
            seen = self._pointer()
            self._at_work = True
            if not self._leaving:
                self._attempt(seen)
            self._at_work = False
            self._wait_for_news(seen)
        self._at_work = False

    def _wait_for_news(self, seen: Pointer) -> None:
        while not self._leaving:
            try:
                self._told.get(timeout=self._every)
            except Empty:
                if self._pointer() == seen:
                    continue
            while not self._told.empty():
                self._told.get()
            return


@contextmanager
def short_turns() -> Iterator[None]:
    """A block in which threads hand the interpreter on ten times as soon as they normally do.

    A thread that traces a model would else keep each answer waiting for 5 ms several times.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_SECONDS))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
