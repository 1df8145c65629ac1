"""Which lines wait for the journal, in what order, and which are given up when too many do?"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Line(NamedTuple):
    """Something to be written.

    write: appends it.   judgment: the id it stands for, None for feedback.   weigh: bytes it takes, about.
    """

    write: Callable[[], object]
    judgment: str | None
    weigh: Callable[[], int]


class Backlog:
    """Up to `most` lines and about `most_bytes` bytes, both 1 or more; beyond either the oldest are given up.

    Not safe among threads by itself. Raises CallerError where there is room for no line at all.
    """

    def __init__(self, most: int, most_bytes: int) -> None:
        if most < 1 or most_bytes < 1:
            raise CallerError(f"expected room for a line at least, got {most} lines of {most_bytes} bytes")
        self._most, self._most_bytes = most, most_bytes
        self._lines: deque[tuple[Line, int]] = deque()
        self.bytes = 0
        self.lost = 0

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, line: Line) -> None:
        """Put a line behind the others; one that is longer than all the room is given up itself."""
        weight = line.weigh()
        if weight > self._most_bytes:
            self.lost += 1
            _log.error("a journal line of %d bytes is too long to wait, and lost", weight)
            return
        given_up = 0
        while len(self._lines) >= self._most or self.bytes + weight > self._most_bytes:
            self._drop_first()
            given_up += 1
        self._lines.append((line, weight))
        self.bytes += weight
        if given_up:
            self.lost += given_up
            _log.error("%d of the oldest journal lines that waited lost; %d wait", given_up, len(self._lines))

    def first(self) -> Line:
        """The line that has waited longest."""
        return self._lines[0][0]

    def remove(self, line: Line) -> None:
        """Take a line away if it still is the first; it may have been given up meanwhile."""
        if self._lines and self._lines[0][0] is line:
            self._drop_first()

    def _drop_first(self) -> None:
        _, weight = self._lines.popleft()
        self.bytes -= weight

    def holds(self, judgment: str) -> bool:
        """Whether the line of this judgment waits."""
        return any(line.judgment == judgment for line, _ in self._lines)
