"""For how long did this machine not run a thread that asked for nothing but to be woken?"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

_STEP = 0.005
# Less than this may be threads of this process that take turns.
_STALL = 0.02


class Stalls:
    """A thread that sleeps five milliseconds at a time, and notes how much longer it slept."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=2000)  # when it woke, how late
        self._asleep_since = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._over.is_set():
            self._asleep_since = begun = time.monotonic()
            time.sleep(_STEP)
            woken = time.monotonic()
            self._late.append((woken, woken - begun - _STEP))

    def lost(self, since: float) -> float:
        """Seconds by which it was woken too late, a stall after the other, since a moment on the monotonic clock.

        All of them, for a call needs several threads in turn, each of which may have its own to wait for.
        """
        now = time.monotonic()
        late = [seconds for woken, seconds in list(self._late) if woken >= since]
        return sum(seconds for seconds in [now - self._asleep_since - _STEP, *late] if seconds >= _STALL)
