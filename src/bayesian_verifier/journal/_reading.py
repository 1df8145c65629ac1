"""What does a log hold, line by line, the damaged ones included?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._following import Follower, RawLine
from bayesian_verifier.journal._lines import Line, parse_line
from bayesian_verifier.journal._lock import ProcessLock, lock_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PATIENCE = 1.0  # seconds


class Damaged(NamedTuple):
    """A line that cannot be read: its number from 1, and why."""

    number: int
    reason: str


class Numbered(NamedTuple):
    """An event, the number of its line, from 1, and that line as it stands."""

    number: int
    event: Line
    text: str


def read_log(path: Path) -> Iterator[Numbered | Damaged]:
    """Every line up to the end of the file, in file order.

    Raises CallerError where there is no such file, JournalError where it cannot be read.
    """
    follower = Follower(path)
    try:
        if not path.exists():
            raise CallerError(f"{path}: no such journal")
        follower.starts_over()
        yield from map(_read, follower.new_lines())
        tail = follower.unfinished()
        while tail is not None:
            _let_writer_finish(path)
            yield from map(_read, follower.new_lines())
            rest = follower.unfinished()
            if rest is not None and rest.start == tail.start:
                yield Damaged(rest.number, "torn: does not end in a newline")
                return
            tail = rest
    except OSError as exc:
        raise JournalError(f"{path}: cannot read: {exc.strerror or exc}") from exc
    finally:
        follower.close()


def _let_writer_finish(path: Path) -> None:
    """Return when nobody holds the lock, or when it cannot be had: a reader may lack the right to it."""
    with suppress(OSError, JournalError), ProcessLock(lock_path(path), timeout=_PATIENCE).held():
        pass


def _read(line: RawLine) -> Numbered | Damaged:
    try:
        return Numbered(line.number, parse_line(line.data), line.data.decode())
    except DamagedLineError as exc:
        return Damaged(line.number, str(exc))
