"""How often does the event loop look at its sockets while it has little but refusals to say?

Each look takes the interpreter from the inference thread, and gives it back, which costs both of them more than a
refusal does. So where one refusal follows the other the loop pauses, while that thread is at work, and then takes in
one go what has come meanwhile. The pause ends at once when an answer is there.
"""

from __future__ import annotations

import asyncio
import math
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

#: So much later may a refusal be told; it is to be told within 5 ms. And so soon after another one it is one of many.
LULL_SECONDS = 0.002
#: Once an answer has come from the inference thread, it is written in so many turns of the loop.
TURNS_TO_WRITE = 2


class Lull:
    """A pause of the thread that runs an event loop, which one other thread may end.

    busy: whether work is under way, whose result will end the pause.   clock: seconds, monotonic.
    seconds: how long it lasts at most.
    """

    def __init__(
        self, busy: Callable[[], bool], clock: Callable[[], float], seconds: float = LULL_SECONDS
    ) -> None:
        self._busy = busy
        self._clock = clock
        self._seconds = seconds
        self._last_refusal = -math.inf
        self._is_due = False
        self._turns = 0
        self._bell = threading.Lock()
        self._bell.acquire()

    def refused(self) -> None:
        """One more refusal: if it is one of many, pause in the next turn of the running loop, once for all of them."""
        now = self._clock()
        is_one_of_many, self._last_refusal = now - self._last_refusal < self._seconds, now
        if is_one_of_many and not self._is_due:
            self._is_due = True
            self._then_pause()

    def put_off(self) -> None:
        """An answer is about to be written: that comes first."""
        self._turns = TURNS_TO_WRITE

    def end(self) -> None:
        """End the pause; where there is none, the next one. For the thread that does the work."""
        if self._bell.locked():
            self._bell.release()

    def _then_pause(self) -> None:
        asyncio.get_running_loop().call_soon(self._pause)

    def _pause(self) -> None:
        if self._turns:
            self._turns -= 1
            self._then_pause()
            return
        self._is_due = False
        if self._busy():
            self._bell.acquire(timeout=self._seconds)
