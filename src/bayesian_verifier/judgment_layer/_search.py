"""How do threads and event loops wait for the same addresses, and leave nothing behind when they stop waiting?"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Address(NamedTuple):
    """What a socket needs to connect."""

    family: int
    where: Any


class Search:
    """The addresses of a name, or why there are none: settled once, by one thread, for all who wait."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._found: list[Address] | OSError = []
        self._waking: set[Callable[[], None]] = set()

    @property
    def is_done(self) -> bool:
        """Whether it is settled."""
        return self._done.is_set()

    @property
    def waiting(self) -> int:
        """Tasks of event loops that wait."""
        return len(self._waking)

    def settle(self, found: list[Address] | OSError) -> None:
        """Tell everybody."""
        self._found = found
        self._done.set()
        for wake in tuple(self._waking):
            wake()

    def wait(self, seconds: float) -> list[Address]:
        """The addresses, once they are there. Raises OSError, TimeoutError."""
        if not self._done.wait(seconds):
            raise TimeoutError
        return self._result()

    async def awaited(self) -> list[Address]:
        """The addresses, once they are there. Raises OSError."""
        if not self._done.is_set():
            await self._woken()
        return self._result()

    async def _woken(self) -> None:
        import asyncio  # noqa: PLC0415 - there is an event loop here, so it is loaded; threads need none of it

        loop = asyncio.get_running_loop()
        woken = asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits there any more
                loop.call_soon_threadsafe(woken.set)

        self._waking.add(wake)
        try:
            # settled between the look and the entry: then nobody else will wake this one
            if not self._done.is_set():
                await woken.wait()
        finally:
            self._waking.discard(wake)

    def _result(self) -> list[Address]:
        if isinstance(self._found, OSError):
            # a fresh one for each: an exception that many raise gathers the traces of them all
            raise OSError(self._found.errno, self._found.strerror or str(self._found))
        return self._found
