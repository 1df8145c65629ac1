"""For how long did this machine not run a thread that asked for nothing but to be woken?"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Self

_STEP = 0.005


class _Moment(NamedTuple):
    wall: float
    worked: float

    @classmethod
    def now(cls) -> _Moment:
        return cls(time.monotonic(), time.process_time())

    def overslept(self, woken: _Moment) -> float:
        """Seconds beyond one step, but for those that this process itself was at work: it may have kept the lock."""
        return woken.wall - self.wall - _STEP - (woken.worked - self.worked)


class Stalls:
    """A thread that sleeps five milliseconds at a time, and notes how much longer it slept while nobody worked here."""

    def __init__(self) -> None:
        self._late: deque[tuple[float, float]] = deque(maxlen=2000)  # when it woke, how late
        self._asleep_since = _Moment.now()
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
            self._asleep_since = begun = _Moment.now()
            time.sleep(_STEP)
            woken = _Moment.now()
            self._late.append((woken.wall, begun.overslept(woken)))

    def worst(self, since: float) -> float:
        """Seconds by which it was woken too late at most, since a moment on the monotonic clock."""
        now = _Moment.now()
        late = [seconds for woken, seconds in list(self._late) if woken >= since]
        return max([self._asleep_since.overslept(now), 0.0, *late])
