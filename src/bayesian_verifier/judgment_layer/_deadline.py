"""How much of the caller's time is left? One total for everything a call waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline:
    """A moment on a monotonic clock, `seconds` from now."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._start = clock()
        self._end = self._start + seconds

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left

    @property
    def is_over(self) -> bool:
        """Whether no time is left."""
        return self._clock() >= self._end

    def elapsed_ms(self) -> float:
        """Milliseconds since it was set."""
        return (self._clock() - self._start) * 1e3
