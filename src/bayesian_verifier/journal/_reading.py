"""What does a journal hold, line by line, the damaged ones included?"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal._codec import DamagedLineError
from bayesian_verifier.journal._growing import GrowingFile, RawLine
from bayesian_verifier.journal._lines import parse_line
from bayesian_verifier.journal._lock import ProcessLock, lock_path
from bayesian_verifier.journal._present import present

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bayesian_verifier.journal._envelope import Line

_PATIENCE = 1.0  # seconds
TORN = "torn: does not end in a newline"


class Damaged(NamedTuple):
    """A line that cannot be read: its number from 1 in its file, why, and that file."""

    number: int
    reason: str
    file: Path


class Numbered(NamedTuple):
    """An event, the number of its line, from 1 in its file, that line as it stands, and that file."""

    number: int
    event: Line
    text: str
    file: Path


def read_log(path: Path) -> Iterator[Numbered | Damaged]:
    """Every line up to the end of the journal, its full segments first, in file order.

    Raises CallerError where there is no such file, JournalError where it cannot be read.
    """
    try:
        now = present(path)
        if now.active is None and not now.closed:
            raise CallerError(f"{path}: no such journal")
        for place in now.closed:
            yield from _whole(GrowingFile(place.path))
        if now.active is not None:
            yield from _growing(path, now.active)
    except OSError as exc:
        raise JournalError(f"{path}: cannot read: {exc.strerror or exc}") from exc


def _whole(file: GrowingFile) -> Iterator[Numbered | Damaged]:
    """The lines of a file that nobody writes to any more."""
    yield from map(read_line, file.new_lines())
    tail = file.unfinished()
    file.close()
    if tail is not None:
        yield Damaged(tail.number, TORN, tail.file)


def _growing(path: Path, file: GrowingFile) -> Iterator[Numbered | Damaged]:
    """The lines of a file that may be written to: an unfinished one is torn if nobody finishes it."""
    yield from map(read_line, file.new_lines())
    tail = file.unfinished()
    while tail is not None:
        _let_writer_finish(path)
        yield from map(read_line, file.new_lines())
        rest = file.unfinished()
        if rest is not None and rest.start == tail.start:
            yield Damaged(rest.number, TORN, rest.file)
            break
        tail = rest
    file.close()


def _let_writer_finish(path: Path) -> None:
    """Return when nobody holds the lock, or when it cannot be had: a reader may lack the right to it."""
    with suppress(OSError, JournalError), ProcessLock(lock_path(path), timeout=_PATIENCE).held():
        pass


def read_line(line: RawLine) -> Numbered | Damaged:
    """A line as an event, or why it is none."""
    try:
        return Numbered(line.number, parse_line(line.data), line.data.decode(), line.file)
    except DamagedLineError as exc:
        return Damaged(line.number, str(exc), line.file)
