"""Who reads journal and ledger on while somebody looks at the page? A thread, and nobody while nobody does."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from bayesian_verifier.dashboard._problems import TooManyWatchersError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.dashboard._cache import Cache

logger = logging.getLogger(__name__)
#: after so long without a question the thread ends; it begins again with the next
IDLE_SECONDS = 60.0
#: pages that are told of news at the same time
MOST_WATCHERS = 32


class Reader:
    """Keeps a cache up to date while it is asked for.

    every: seconds between two looks.   clock: seconds, monotonic.
    """

    def __init__(
        self, cache: Cache, *, every: float = 0.5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._cache = cache
        self._every = every
        self._clock = clock
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked = 0.0
        self._end = threading.Event()
        self._once = threading.Event()
        self._watchers = 0

    def want(self) -> None:
        """Somebody looks: read on from now on, if nobody does yet."""
        with self._lock:
            self._asked = self._clock()
            if self._thread is None and not self._end.is_set():
                self._thread = threading.Thread(target=self._run, name="dashboard", daemon=True)
                self._thread.start()

    def wait(self, seconds: float) -> None:
        """Until the files were read once, but no longer than this."""
        self._once.wait(seconds)

    def enter(self) -> None:
        """One more page wants to be told. Raises TooManyWatchersError."""
        with self._lock:
            if self._watchers >= MOST_WATCHERS:
                raise TooManyWatchersError(f"{MOST_WATCHERS} pages are open already: close one")
            self._watchers += 1

    def leave(self) -> None:
        """A page is gone."""
        with self._lock:
            self._watchers -= 1

    def close(self) -> None:
        """Read no more."""
        self._end.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()
        self._cache.close()

    def _run(self) -> None:
        while self._is_wanted():
            more = False
            try:
                more = self._cache.refresh()
            except Exception as exc:  # noqa: BLE001 a page that cannot be read on must not take its server along
                # what is in the tables is people's: the kind of error is all that may be said
                logger.error("the dashboard could not read on: %s", type(exc).__qualname__)  # noqa: TRY400
            self._once.set()
            if not more or not self._cache.version.waiting:
                self._end.wait(self._every)

    def _is_wanted(self) -> bool:
        with self._lock:
            if not self._end.is_set() and self._clock() - self._asked < IDLE_SECONDS:
                return True
            self._thread = None
            return False
