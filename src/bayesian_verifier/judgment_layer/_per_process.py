"""What must a forked child not share with its parent? Sockets, queues, and locks that a thread may hold."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Part = TypeVar("Part")


class PerProcess(Generic[Part]):
    """A part that each process makes for itself, when it first asks for it.

    let_go: what a child does with its parent's part then, such as closing its own copies of the parent's files.
    """

    def __init__(self, make: Callable[[], Part], let_go: Callable[[Part], None] | None = None) -> None:
        self._make = make
        self._let_go = let_go
        self._parts: dict[int, Part] = {}

    def here(self) -> Part:
        """This process's own part."""
        pid = os.getpid()
        found = self._parts.get(pid)
        return self._made(pid) if found is None else found

    def _made(self, pid: int) -> Part:
        if self._let_go is not None:
            for other in tuple(self._parts):
                if other != pid and (inherited := self._parts.pop(other, None)) is not None:
                    self._let_go(inherited)
        # setdefault is atomic: two threads that come first together go on with one part
        return self._parts.setdefault(pid, self._make())
