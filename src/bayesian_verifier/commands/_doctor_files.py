"""Can a Judgment Layer go on recording here: the journal, the room below it, the clock, the lease?"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from bayesian_verifier.commands._finding import Finding, bad, ok, tried, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAIL_BYTES = 1 << 20
LOCK_SECONDS = 2.0
# Two files of a journal of the usual size, and one gibibyte.
LEAST_FREE, SCARCE = 2 * (64 << 20), 1 << 30
MOST_AHEAD = 60.0  # seconds


def looked_at_files(journal: Path, lease: Path, directories: list[Path], *, now: float) -> Iterator[Finding]:
    """The journal (one that is not there yet is well), its lease, room in these directories, and the clock."""
    yield tried("journal", lambda: _writable(journal), "mend the directory, or move the journal")
    if journal.exists():
        yield tried("tail", lambda: _tail(journal), "bayesian-verifier journal verify")
    yield from (tried("disk", partial(_room, at), "make room") for at in directories)
    yield _clock([journal, lease, *directories], now)
    yield tried("lease", lambda: _lease(lease), f"look at {lease}, and remove it if nobody uses it")


def _writable(journal: Path) -> Finding:
    from bayesian_verifier.journal import ProcessLock, lock_path
    from bayesian_verifier.serving import why_not_writable

    if not journal.parent.is_dir():
        return bad("journal", f"{journal.parent} is no directory", f"mkdir -p {journal.parent}")
    if reason := why_not_writable(journal.parent):
        return bad("journal", f"cannot write to {journal.parent}: {reason}", "judgments are not recorded")
    if not journal.exists():
        return ok("journal", f"{journal} is not there yet, and can be made")
    with journal.open("ab"), ProcessLock(lock_path(journal), timeout=LOCK_SECONDS).held():
        pass
    return ok("journal", f"{journal}, {journal.stat().st_size:,} bytes, can be appended to")


def _tail(journal: Path) -> Finding:
    """Checks whole lines of the last mebibyte of the file that is appended to."""
    from bayesian_verifier.journal import DamagedLineError, parse_line

    with journal.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL_BYTES))
        lines = file.read().split(b"\n")
    if size > TAIL_BYTES:
        del lines[0]
    torn = lines.pop()
    for back, line in enumerate(reversed(lines), start=1):
        try:
            parse_line(line)
        except DamagedLineError as exc:
            return bad(
                "tail", f"line {back} from the end: {exc}", f"bayesian-verifier journal verify {journal}"
            )
    if torn:
        advice = "nothing: the next append ends it; only that line is lost"
        return warning("tail", f"the last line is torn after {len(torn)} bytes: a writer was killed", advice)
    return ok("tail", f"the last {len(lines)} lines are whole")


def _room(directory: Path) -> Finding:
    """Free for this user, in the nearest directory above that there is."""
    there = next(path for path in (directory, *directory.absolute().parents) if path.is_dir())
    found = os.statvfs(there)
    free = found.f_bavail * found.f_frsize
    said = f"{free / (1 << 30):.1f} GiB free for {directory}"
    if free < LEAST_FREE:
        return bad("disk", said, f"make room, {LEAST_FREE >> 20} MiB at least, or move it")
    if free < SCARCE:
        return warning("disk", said, "make room, or put old files of the journal away")
    return ok("disk", said)


def _clock(paths: list[Path], now: float) -> Finding:
    """Files are not of the future. Without a network that is all that can be said."""
    seen = [(path.stat().st_mtime, path) for path in paths if path.exists()]
    latest, path = max(seen, default=(0.0, None))
    told = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds")
    if latest > now + MOST_AHEAD:
        ahead = f"{path} was changed {latest - now:.0f} s later than that"
        advice = "set the clock (timedatectl); lines written now sort before those that are there"
        return bad("clock", f"{told}, but {ahead}", advice)
    return ok("clock", f"{told}, no file here is newer")


def _lease(path: Path) -> Finding:
    from bayesian_verifier.retraining import LeaseFile

    file = LeaseFile(path)
    holder = file.holder()
    if holder is not None:
        left = max(0.0, holder.until - time.time())
        return ok(
            "lease", f"{holder.owner} has the machine for {left:.0f} s more at most: {holder.purpose or '–'}"
        )
    if path.exists() and path.stat().st_size and file.read() is None:
        return warning(
            "lease", f"{path} holds no lease that can be read", "remove it; nobody has the machine"
        )
    return ok("lease", "nobody has the machine" + (", an old lease lies there" if path.exists() else ""))
