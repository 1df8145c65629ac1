"""Which open connection can serve the next call?"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment_layer._connection import Connection

MOST_IDLE = 16


class Pool:
    """At most 16 idle connections, the one used last first. Safe among threads: each step on the deque is atomic.

    keep_alive: seconds a connection may be idle; less than the server's, or it closes one under a request.
    clock: monotonic seconds.
    """

    def __init__(self, keep_alive: float, clock: Callable[[], float]) -> None:
        self._keep_alive = keep_alive
        self._clock = clock
        self._idle: deque[Connection] = deque()

    def take(self) -> Connection | None:
        """An idle connection that is open as far as can be seen, or None."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return None
            if not self._is_old(connection) and connection.is_quiet():
                return connection
            connection.close()

    def put(self, connection: Connection) -> None:
        """Keep a connection whose reply is complete, if another request may be sent on it."""
        if not connection.is_reusable():
            connection.close()
            return
        connection.idle_since = self._clock()
        self._idle.append(connection)
        self._tidy()

    def _tidy(self) -> None:
        """Close those beyond the most and those beyond their time: the longest idle are first in the deque."""
        while True:
            try:
                longest = self._idle.popleft()
            except IndexError:
                return
            if len(self._idle) < MOST_IDLE and not self._is_old(longest):
                self._idle.appendleft(longest)
                return
            longest.close()

    def _is_old(self, connection: Connection) -> bool:
        return self._clock() - connection.idle_since > self._keep_alive

    def close(self) -> None:
        """Close every idle connection."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return
