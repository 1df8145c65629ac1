"""Does an acknowledged line survive whatever happens at whichever system call? (P11)"""

from __future__ import annotations

import errno
import os
from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, NoReturn

import pytest
from faulty_files import FaultyFiles, ForgetfulDisk, fails_with, kills, short_write
from journal_samples import forks, judge
from plain_reader import events, files_of, numbers_run_from_one

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import Damaged, Journal, NotDurableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bayesian_verifier.journal._files import Files

_TORN = b'{"v":1,"seq":9,"id":"to'


def live(path: Path, files: Files, acknowledge: Callable[[str], object], name: str = "event") -> None:
    """Append, rotate, meet a torn tail, close, reopen, append, answer; a line that was refused is tried again."""
    ids = (f"{name} {number}" for number in count())
    for turn in range(2):
        journal = Journal(path, writer="app", rotate_bytes=1024, fsync="always", files=files)
        for size in (700, 10, 400, 10):
            put(journal, next(ids), size, acknowledge)
        if path.exists():
            with path.open("ab") as another:
                another.write(_TORN)
        put(journal, next(ids), 30, acknowledge)
        try:
            acknowledge(judge(journal, event_id=f"{name} judgment {turn}"))
            acknowledge(
                journal.append_feedback(
                    f"{name} judgment {turn}", "approve", event_id=f"{name} answer {turn}"
                )
            )
            journal.close()
        except JournalError:
            pass


def put(journal: Journal, event_id: str, size: int, acknowledge: Callable[[str], object]) -> None:
    """Append as the Judgment Layer does: again, under the same id and time, until it is in the file."""
    for _ in range(40):
        try:
            journal.append("trace", {"ballast": "x" * size}, event_id=event_id, at=0)
        except NotDurableError:
            return  # it is in the file, and must not be there again; nothing was promised of it
        except JournalError:
            continue
        acknowledge(event_id)
        return


def contents(path: Path) -> list[bytes]:
    return [file.read_bytes() for file in files_of(path)]


def check(path: Path, acknowledged: list[str]) -> None:
    """By the plain reader: all that was promised, nothing twice; and our readers read the same."""
    found = Counter(line["id"] for line in events(contents(path)))
    assert set(acknowledged) <= found.keys()
    assert set(found.values()) <= {1}
    assert all(numbers_run_from_one(data) for data in contents(path))
    if not files_of(path):
        return
    journal = Journal(path)
    ours = [entry.event.id for entry in journal.read() if not isinstance(entry, Damaged)]
    assert found.keys() <= set(ours)
    audit = journal.verify()
    assert (audit.gaps, audit.duplicates, audit.links) == ((), (), ())
    journal.history("ada")


def calls_of_a_life(tmp_path: Path) -> list[str]:
    files = FaultyFiles(lambda _: False, short_write)
    (tmp_path / "counted").mkdir()
    live(tmp_path / "counted" / "j.jsonl", files, lambda _: None)
    assert files.calls.count("rename") >= 6
    return files.calls


def places(tmp_path: Path, kind: str | None = None) -> list[tuple[int, Path]]:
    """Every number of a call in a life, of one kind or any, with a directory of its own."""
    calls = calls_of_a_life(tmp_path)
    numbers = [number for number, call in enumerate(calls, start=1) if kind in {None, call}]
    for number in numbers:
        (tmp_path / str(number)).mkdir()
    return [(number, tmp_path / str(number) / "j.jsonl") for number in numbers]


_FAULTS = {
    "full": (fails_with(errno.ENOSPC), 1),
    "full after half": (fails_with(errno.ENOSPC, 0.5), 1),
    "full but for the newline, and cutting fails too": (fails_with(errno.EIO, 0.999), 2),
    "broken": (fails_with(errno.EIO), 1),
    "over quota for long": (fails_with(errno.EDQUOT), 12),
    "read-only for long": (fails_with(errno.EROFS), 30),
    "no rights": (fails_with(errno.EACCES), 5),
    "takes only half": (short_write, 1),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_an_error_at_any_call_loses_and_doubles_nothing(tmp_path: Path, fault: str) -> None:
    """At the N-th call of a life of appends and rotations, for every N, and for some calls after it."""
    what, so_long = _FAULTS[fault]
    for number, path in places(tmp_path):
        acknowledged: list[str] = []
        files = FaultyFiles(lambda call, n=number: n <= call < n + so_long, what)
        live(path, files, acknowledged.append)
        assert len(acknowledged) >= 7
        check(path, acknowledged)


def die_at(number: int, path: Path, said: Path, share: float | None, name: str = "event") -> NoReturn:
    """In a forked child: live until the call of this number, and say what was acknowledged."""
    try:
        out = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        files = FaultyFiles(lambda call: call == number, kills(share))
        live(path, files, lambda event_id: os.write(out, f"{event_id}\n".encode()), name)
    finally:
        os._exit(1)


@forks
@pytest.mark.parametrize("share", [None, 0.5, 0.999, 1.0])
def test_a_kill_at_any_call_loses_nothing_that_was_acknowledged(tmp_path: Path, share: float | None) -> None:
    """A `kill -9` at the N-th call, for every N, in the midst of a write, too; and the next process goes on."""
    for number, path in places(tmp_path, None if share is None else "write"):
        said = path.with_name("said")
        child = os.fork()
        if child == 0:
            die_at(number, path, said, share)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        acknowledged = said.read_text().splitlines()
        check(path, acknowledged)
        if number % 2:
            continue
        # and the next process is killed, too, before it has put everything right
        child = os.fork()
        if child == 0:
            die_at(1 + number % 20, path, path.with_name("said again"), share, "again")
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        acknowledged += path.with_name("said again").read_text().splitlines()
        check(path, acknowledged)
        after = Journal(
            path, writer="app", rotate_bytes=1024, files=FaultyFiles(lambda _: False, short_write)
        )
        acknowledged += [after.append("trace", {"x": "x" * 400}) for _ in range(3)]
        check(path, acknowledged)


def test_what_was_confirmed_survives_a_machine_that_stops(tmp_path: Path) -> None:
    """Policy "always": at every call, with the files' contents as last synced and the names as synced or newer."""
    disk = ForgetfulDisk(tmp_path)
    live(tmp_path / "j.jsonl", disk, disk.acknowledged.append)
    assert len(disk.acknowledged) == 14
    assert disk.calls.count("rename") >= 6
    for acknowledged, left in disk.crashes:
        assert set(acknowledged) <= {line["id"] for line in events(left)}
