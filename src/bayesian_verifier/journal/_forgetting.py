"""How is a person forgotten in all files of a journal, whoever appends meanwhile and wherever it is cut short?

First all lines are read, for what leads to the person may stand in any file. Each full segment that holds
such a line is written again beside its place and renamed into it. The active file comes last, under the lock
that appending needs, and always: its new tombstone tells readers that all they know is void. Killed anywhere,
every file is the old one or the new one; to forget again finishes it, since tombstones hold what leads on.
"""

from __future__ import annotations

import secrets
import time
import uuid
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BusyError, CallerError, JournalError
from bayesian_verifier.journal._codec import encode_members
from bayesian_verifier.journal._compacting import Compaction, Epitaph
from bayesian_verifier.journal._envelope import timestamp
from bayesian_verifier.journal._lock import ProcessLock, lock_path
from bayesian_verifier.journal._replacing import (
    MOST_LOCKED,
    beside,
    put_in_place,
    rewriting,
    size_of,
    written,
)
from bayesian_verifier.journal._scanning import Traces, known
from bayesian_verifier.journal._segments import segments
from bayesian_verifier.journal._source import OpenFile
from bayesian_verifier.journal._tombstones import id_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TURNS = 5
_PATIENCE = 10.0  # seconds to wait for those who append


class Forgotten(NamedTuple):
    """What was removed: lines by file, of those files that held any."""

    lines: dict[Path, int]

    @property
    def total(self) -> int:
        """Lines removed from all files."""
        return sum(self.lines.values())


def forget(
    path: Path,
    subject: str,
    *,
    clock: Callable[[], int] = time.time_ns,
    new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    new_salt: Callable[[], str] = lambda: secrets.token_hex(16),
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Forgotten:
    """Remove every line about a subject, and every line that names such a line, from all files of a journal.

    clock: nanoseconds since 1970.   progress: told a stage, how much of it is done and how much there is.
    Raises CallerError where there is no such journal, JournalError where a file cannot be read or written,
    BusyError where the journal is large and rotated again and again meanwhile.
    """
    encode_members({"subject": subject})
    if not (path.parent.exists() and segments(path)):
        raise CallerError(f"{path}: no such journal")
    removed: dict[Path, int] = {}
    try:
        with rewriting(path).held():
            for turn in range(_TURNS):
                epitaph = Epitaph(timestamp(clock()), new_salt(), new_id)
                attempt = _Attempt(path, subject, epitaph, removed, progress)
                locked = turn == _TURNS - 1
                if locked and size_of([path]) > MOST_LOCKED:
                    break
                if attempt.succeeds(locked=locked):
                    return Forgotten(removed)
    except OSError as exc:
        raise JournalError(f"{exc.filename or path}: cannot forget: {exc.strerror or exc}") from exc
    raise BusyError(f"{path}: is rotated without a pause; try again")


class _Attempt:
    """One pass over all files. removed: lines by file, of this and earlier attempts."""

    def __init__(
        self,
        path: Path,
        subject: str,
        epitaph: Epitaph,
        removed: dict[Path, int],
        progress: Callable[[str, int, int], None],
    ) -> None:
        self._path = path
        self._epitaph = epitaph
        self._removed = removed
        self._progress = progress
        self._traces = Traces(subject)

    def succeeds(self, *, locked: bool) -> bool:
        """Whether nothing came in between; `locked`: nothing can, for nobody appends meanwhile."""
        appending = ProcessLock(lock_path(self._path), timeout=_PATIENCE)
        with ExitStack() as stack:
            if locked:
                stack.enter_context(appending.held())
            names = segments(self._path)
            for name in names:  # what a killed process left may tell of the subject, too
                beside(name).unlink(missing_ok=True)
            files = [stack.enter_context(OpenFile(name)) for name in names]
            self._find(files)
            # without an active file, as after a rotation cut short, the newest segment takes its part
            *closed, last = files
            for number, file in enumerate(closed):
                self._progress("rewriting", number, len(files))
                self._compact(file)
            compaction = Compaction(last, self._traces)
            compaction.extend(to_the_end=False)
            if not locked:
                stack.enter_context(appending.held())
            if segments(self._path) != names or not _is_at(last) or not self._find_more(last):
                return False
            compaction.extend(to_the_end=True)
            self._replace(last, compaction)
        self._progress("rewriting", len(files), len(files))
        return True

    def _find(self, files: Sequence[OpenFile]) -> None:
        total, before = sum(file.size for file in files), 0
        for file in files:
            for number, piece in enumerate(file.pieces()):
                self._traces.note(known(piece))
                if number % 4096 == 0:
                    self._progress("reading", before + piece.end, total)
            before += file.size
        self._progress("reading", total, total)

    def _find_more(self, file: OpenFile) -> bool:
        """Look at what was appended since; whether nothing that was read before is led to by it."""
        known_before, start = set(self._traces.digests), file.size
        file.grow()
        here = set()
        for piece in file.pieces(start):
            line = known(piece)
            self._traces.note(line)
            here.add(id_digest(str(line.members.get("id"))))
        return self._traces.digests - known_before <= here

    def _compact(self, file: OpenFile) -> None:
        compaction = Compaction(file, self._traces)
        compaction.extend(to_the_end=True)
        if compaction.lines:
            self._replace(file, compaction)

    def _replace(self, file: OpenFile, compaction: Compaction) -> None:
        new = beside(file.path)
        with written(new) as stream:
            compaction.write(stream, self._epitaph)
        put_in_place(new, file.path)
        if compaction.lines:
            self._removed[file.path] = self._removed.get(file.path, 0) + compaction.lines


def _is_at(file: OpenFile) -> bool:
    status = file.path.stat()
    return (status.st_dev, status.st_ino) == file.identity
