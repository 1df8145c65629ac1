"""Which whole lines has a journal gained since it was last looked at, in whichever of its files?

A rotation renames the file that was read: it is read to its end, then the next one from its beginning. Any
other change of a file that was read makes all that was read before void.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from bayesian_verifier.journal._files import identity_of
from bayesian_verifier.journal._growing import GrowingFile, RawLine
from bayesian_verifier.journal._present import Place, Present, present

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Follower:
    """Reads a growing journal once. The places of its lines count on from file to file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._current: GrowingFile | None = None
        self._earlier: list[Place] = []  # files read to their end
        self._bases: list[int] = []  # where each of them begins
        self._reopened: GrowingFile | None = None  # the one of them that was asked for last
        self._ahead: list[GrowingFile | Place] = []

    def has_news(self) -> bool:
        """Whether the journal has grown, was rotated, cut, replaced or removed. Raises OSError."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return True  # never there, removed, or being rotated now
        current = self._current
        return (
            current is None
            or bool(self._ahead)
            or identity_of(status) != current.identity
            or status.st_size != current.offset
        )

    def starts_over(self) -> bool:
        """Look at the files there are now; whether everything read before is void. Raises OSError."""
        if self._goes_on():
            return False
        now = present(self._path)
        known = [place.identity for place in self._earlier]
        current = self._current
        if current is not None:
            known.append(current.identity)
        if current is None or now.identities[: len(known)] != known or current.size < current.offset:
            self.close()
            self._ahead = _in_order(now)
            return True
        self._earlier = list(now.closed[: len(self._earlier)])
        if len(now.closed) >= len(known):
            current.path = now.closed[len(known) - 1].path
        self._ahead = _in_order(now)[len(known) :]
        return False

    def _goes_on(self) -> bool:
        """Whether the file read last is still the one appended to, and only longer."""
        current = self._current
        if current is None or self._ahead:
            return False
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return False
        return identity_of(status) == current.identity and status.st_size >= current.offset

    def new_lines(self) -> Iterator[RawLine]:
        """The lines that ended between the last look and now, in order; not those written meanwhile."""
        if self._current is not None:
            yield from self._current.new_lines()
        while self._ahead:
            self._advance()
            if self._current is not None:
                yield from self._current.new_lines()

    def _advance(self) -> None:
        """Go on with the next file."""
        ahead = self._ahead[0]
        opened = GrowingFile(ahead.path) if isinstance(ahead, Place) else ahead
        if self._current is not None:
            opened.base = self._current.base + self._current.size
            self._earlier.append(Place(self._current.path, self._current.identity))
            self._bases.append(self._current.base)
            self._current.close()
        self._current = opened
        del self._ahead[0]

    def read(self, start: int, end: int) -> bytes:
        """The bytes between two places of a line; b"" where its file is gone. Raises OSError."""
        if self._current is None:
            return b""
        if start >= self._current.base:
            return self._current.read(start, end)
        number = bisect_right(self._bases, start) - 1
        place, base = self._earlier[number], self._bases[number]
        if self._reopened is None or self._reopened.identity != place.identity:
            self._let_go_of_the_reopened()
            try:
                self._reopened = GrowingFile(place.path, base)
            except FileNotFoundError:
                return b""
        found = self._reopened
        return found.read(start, end) if found.identity == place.identity else b""

    def _let_go_of_the_reopened(self) -> None:
        if self._reopened is not None:
            self._reopened.close()
            self._reopened = None

    def close(self) -> None:
        """Forget the journal."""
        if self._current is not None:
            self._current.close()
        self._let_go_of_the_reopened()
        for file in self._ahead:
            if isinstance(file, GrowingFile):
                file.close()
        self._current, self._earlier, self._bases, self._ahead = None, [], [], []


def _in_order(now: Present) -> list[GrowingFile | Place]:
    return [*now.closed, *([] if now.active is None else [now.active])]
