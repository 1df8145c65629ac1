"""Which files does a journal have now, though it may be rotated while one looks?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._files import Files, identity_of
from bayesian_verifier.journal._growing import GrowingFile
from bayesian_verifier.journal._segments import Closed, closed_segments

if TYPE_CHECKING:
    from pathlib import Path

_MOST_LOOKS = 100


class Place(NamedTuple):
    """A full segment: its file, and what makes it the one it is."""

    path: Path
    identity: tuple[int, int]


class Present(NamedTuple):
    """The full segments, oldest first, and the active file, open; None where there is none now."""

    closed: tuple[Place, ...]
    active: GrowingFile | None

    @property
    def identities(self) -> list[tuple[int, int]]:
        """Of all files, in order."""
        active = [] if self.active is None else [self.active.identity]
        return [place.identity for place in self.closed] + active


def present(path: Path) -> Present:
    """What there is now: every line acknowledged before the call is in one of these files, once.

    The active file is opened first; if it became a full segment before those were listed, or one of them was
    put away, the look is repeated. Raises OSError, JournalError where one file has two of the names.
    """
    for _ in range(_MOST_LOOKS):
        active = _opened(path)
        try:
            closed = tuple(Place(one.file, identity_of(one.file.stat())) for one in _listed(path))
        except FileNotFoundError:
            continue
        if active is None or active.identity not in {place.identity for place in closed}:
            return Present(closed, active)
        active.close()
    raise JournalError(f"{path}: is one file with a full segment of its own")


def _opened(path: Path) -> GrowingFile | None:
    try:
        return GrowingFile(path)
    except FileNotFoundError:
        return None


def _listed(path: Path) -> tuple[Closed, ...]:
    try:
        return closed_segments(path, Files())
    except FileNotFoundError:
        return ()
