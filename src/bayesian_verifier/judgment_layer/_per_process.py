"""What must a forked child not share with its parent? Sockets, queues, and locks that a thread may hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Part = TypeVar("Part")


class PerProcess(Generic[Part]):
    """A part that each process makes for itself, when it first asks for it."""

    def __init__(self, make: Callable[[], Part]) -> None:
        self._make = make
        self._parts: dict[int, Part] = {}

    def here(self) -> Part:
        """This process's own part."""
        pid = os.getpid()
        found = self._parts.get(pid)
        # setdefault is atomic: two threads that come first together go on with one part
        return self._parts.setdefault(pid, self._make()) if found is None else found
