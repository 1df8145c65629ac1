"""Which events has a journal gained since it was last asked? For those who come back for more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal._following import Follower
from bayesian_verifier.journal._reading import Numbered, read_line

if TYPE_CHECKING:
    from pathlib import Path

    from bayesian_verifier.journal._envelope import Line


class New(NamedTuple):
    """Events, oldest first, damaged lines left out.

    anew: they are all there are, at the first reading and where the journal was cut or compacted.
    """

    events: tuple[Line, ...]
    anew: bool


class News:
    """Reads a journal on, through its rotations; all there is at first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._follower = Follower(path)

    def read(self) -> New:
        """What is new; nothing while there is no such file. Raises JournalError where it cannot be read."""
        try:
            if not self._follower.has_news():
                return New((), anew=False)
            anew = self._follower.starts_over()
            lines = map(read_line, self._follower.new_lines())
            return New(tuple(one.event for one in lines if isinstance(one, Numbered)), anew)
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot read: {exc.strerror or exc}") from exc

    def close(self) -> None:
        """Let go of the file."""
        self._follower.close()
