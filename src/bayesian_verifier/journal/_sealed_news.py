"""Which lines has a journal gained, as they stand? For those who have a reader of their own, and many lines."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._codec import DamagedLineError, check_seal
from bayesian_verifier.journal._following import Follower
from bayesian_verifier.journal._reading import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.journal._growing import RawLine


class Sealed(NamedTuple):
    """Lines whose checksum holds, without their newlines, oldest first, and those whose checksum does not.

    anew: what was given before is void; these are the first of all there are.
    """

    lines: tuple[bytes, ...]
    damaged: tuple[Damaged, ...]
    anew: bool


class SealedNews:
    """Reads a journal on, through its rotations; all there is at first. See `News` for events."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._follower = Follower(path)

    def read(self, most: int) -> Iterator[Sealed]:
        """What is new, at most so many lines at a time; nothing where nothing is.

        Raises JournalError where it cannot be read.
        """
        try:
            if not self._follower.has_news():
                return
            anew = self._follower.starts_over()
            lines = self._follower.new_lines()
            while batch := tuple(islice(lines, most)):
                yield _sorted_out(batch, anew=anew)
                anew = False
            if anew:
                yield Sealed((), (), anew=True)
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot read: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """Let go of the file."""
        self._follower.close()


def _sorted_out(batch: tuple[RawLine, ...], *, anew: bool) -> Sealed:
    whole: list[bytes] = []
    damaged: list[Damaged] = []
    for line in batch:
        try:
            check_seal(line.data)
        except DamagedLineError as exc:
            damaged.append(Damaged(line.number, str(exc), line.file))
        else:
            whole.append(line.data)
    return Sealed(tuple(whole), tuple(damaged), anew)
