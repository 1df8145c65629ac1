"""Which open connection can serve the next call?"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bayesian_verifier.judgment_layer._connection import Connection

_MOST_IDLE = 16


class Pool:
    """Idle connections, the one used last first. Safe among threads: each step on the deque is atomic.

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
            fresh = self._clock() - connection.idle_since <= self._keep_alive
            if fresh and connection.is_quiet():
                return connection
            connection.close()

    def put(self, connection: Connection) -> None:
        """Keep a connection whose reply is complete, if another request may be sent on it."""
        if len(self._idle) >= _MOST_IDLE or not connection.is_reusable():
            connection.close()
            return
        connection.idle_since = self._clock()
        self._idle.append(connection)

    def close(self) -> None:
        """Close every idle connection."""
        while True:
            try:
                self._idle.pop().close()
            except IndexError:
                return
