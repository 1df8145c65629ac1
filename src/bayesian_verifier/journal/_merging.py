"""How do several journals become one file, whoever appends to them meanwhile?

The union is formed of what the files held when they were opened; the bytes of every line stay what they were.
It is written beside its place and renamed into it. Where the place is one of the inputs, and has grown since,
the whole is done again, the last time under the lock that appending needs, if that is soon done.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from hashlib import sha256
from typing import IO, TYPE_CHECKING, NamedTuple

from bayesian_verifier.errors import BusyError, CallerError, JournalError
from bayesian_verifier.journal._event_set import EventSet, Merged
from bayesian_verifier.journal._lock import ProcessLock, lock_path
from bayesian_verifier.journal._merged_block import Heading, heading_line
from bayesian_verifier.journal._ranges import count
from bayesian_verifier.journal._replacing import (
    MOST_LOCKED,
    beside,
    put_in_place,
    rewriting,
    size_of,
    written,
)
from bayesian_verifier.journal._segments import segments
from bayesian_verifier.journal._source import OpenFile, Source, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_TURNS = 4
_PATIENCE = 10.0  # seconds to wait for those who append
_EVERY = 4096  # lines between two reports of progress


class Taken(NamedTuple):
    """What was had from one file. damaged: its lines that no event could be had from."""

    file: Path
    lines: int
    damaged: tuple[Unreadable, ...]


class Union(NamedTuple):
    """What a merge came to.

    events: lines now in the file, its heading apart.   duplicates: lines that said what another said.
    conflicts: ids under which different events stay, and how many.   strays: answers to judgments not there.
    lost: numbers missing in every file that could have held them.   forgotten: events left out for tombstones.
    """

    taken: tuple[Taken, ...]
    events: int
    duplicates: int
    conflicts: dict[str, int]
    strays: int
    lost: int
    forgotten: int

    @property
    def sound(self) -> bool:
        """Whether no line was damaged or lost and no two events are at odds."""
        return not (self.conflicts or self.lost or any(one.damaged for one in self.taken))


def merge(
    out: Path, inputs: Sequence[Path], *, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Union:
    """Write the union of some journals, each with all its files, to one file. `out` may be among them.

    progress: told a stage, how much of it is done and how much there is.
    Raises CallerError where an input is missing or `out` would lose what it holds, JournalError where a file
    cannot be read or written, BusyError where `out` is large and others append to it without a pause.
    """
    try:
        among = _checked(out, inputs)
        with rewriting(out).held():
            for turn in range(_TURNS):
                locked = turn == _TURNS - 1
                if locked and size_of(inputs) > MOST_LOCKED:
                    break
                done = _merge_once(out, inputs, among=among, locked=locked, progress=progress)
                if done is not None:
                    return done
    except OSError as exc:
        raise JournalError(f"{exc.filename or out}: cannot merge: {exc.strerror or exc}") from exc
    raise BusyError(f"{out}: is appended to without a pause; merge into another place")


def _checked(out: Path, inputs: Sequence[Path]) -> bool:
    """Whether `out` is one of the inputs; raises CallerError where they cannot be merged into it."""
    if not inputs:
        raise CallerError("nothing to merge")
    for path in inputs:
        if not (path.parent.exists() and segments(path)):
            raise CallerError(f"{path}: no such journal")
    among = out.exists() and any(path.exists() and path.samefile(out) for path in inputs)
    if out.exists() and not among:
        raise CallerError(f"{out}: is there already; name it among the inputs too, or another place")
    if any(file != out for file in segments(out)):
        raise CallerError(f"{out}: has older files beside it that a merge would repeat; name another place")
    return among


def _merge_once(
    out: Path,
    inputs: Sequence[Path],
    *,
    among: bool,
    locked: bool,
    progress: Callable[[str, int, int], None],
) -> Union | None:
    """One attempt; None where `out` has changed since it was read."""
    appending = ProcessLock(lock_path(out), timeout=_PATIENCE)
    with ExitStack() as stack:
        if among and locked:
            stack.enter_context(appending.held())
        files = [stack.enter_context(file) for file in _opened(inputs, held=out if locked else None)]
        sources = [Source(file, number) for number, file in enumerate(files)]
        merged = _united(sources, progress)
        stack.callback(beside(out).unlink, missing_ok=True)
        with written(beside(out)) as new:
            _write(new, merged, files, progress)
        if among and not locked:
            stack.enter_context(appending.held())
        if among and not _is_as_read(out, files):
            return None
        put_in_place(beside(out), out)
    return _union(sources, merged)


def _opened(inputs: Sequence[Path], held: Path | None) -> list[OpenFile]:
    """Every file of every journal, each journal's opened while nobody appends to it, where that can be had."""
    opened: list[OpenFile] = []
    try:
        for path in dict.fromkeys(inputs):
            with ExitStack() as stack:
                if path != held and lock_path(path).exists():
                    with suppress(OSError, JournalError):
                        stack.enter_context(ProcessLock(lock_path(path), timeout=_PATIENCE).held())
                opened += [OpenFile(file) for file in segments(path)]
    except BaseException:
        for file in opened:
            file.close()
        raise
    return opened


def _united(sources: Sequence[Source], progress: Callable[[str, int, int], None]) -> Merged:
    union = EventSet()
    total, before = sum(source.file.size for source in sources), 0
    for source in sources:
        gapped = []
        for number, (event, end) in enumerate(source.events()):
            gapped.append(event)
            if number % _EVERY == 0:
                progress("reading", before + end, total)
        for event in gapped:
            union.add(event, source.missing.get(event.key, ()))
        union.forget(source.tombstones, source.forgotten)
        before += source.file.size
    progress("reading", total, total)
    return union.merged()


def _write(
    new: IO[bytes], merged: Merged, files: Sequence[OpenFile], progress: Callable[[str, int, int], None]
) -> None:
    """Every line after a heading, which is put in last: its width does not depend on the digest."""
    newest = merged.events[-1].ts if merged.events else ""
    heading = Heading(len(merged.events), sha256().hexdigest(), merged.missing, merged.forgotten)
    new.write(heading_line(heading, newest))
    digest = sha256()
    for number, event in enumerate(merged.events):
        data = files[event.place.file].read(event.place.start, event.place.end) + b"\n"
        digest.update(data)
        new.write(data)
        if number % _EVERY == 0:
            progress("writing", number, len(merged.events))
    new.seek(0)
    new.write(heading_line(heading._replace(sha256=digest.hexdigest()), newest))
    progress("writing", len(merged.events), len(merged.events))


def _is_as_read(out: Path, files: Sequence[OpenFile]) -> bool:
    now = out.stat()
    return any(file.identity == (now.st_dev, now.st_ino) and file.size == now.st_size for file in files)


def _union(sources: Sequence[Source], merged: Merged) -> Union:
    judged = {event.id for event in merged.events}
    return Union(
        taken=tuple(Taken(one.file.path, one.lines, tuple(one.damaged)) for one in sources),
        events=len(merged.events),
        duplicates=merged.duplicates,
        conflicts=merged.conflicts,
        strays=sum(event.judgment is not None and event.judgment not in judged for event in merged.events),
        lost=sum(count(ranges) for ranges in merged.missing.values()),
        forgotten=merged.dropped,
    )
