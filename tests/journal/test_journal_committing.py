"""Does every policy keep what it promises of the disk, and do those who wait share one sync?"""

from __future__ import annotations

import errno
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from journal_samples import lines_of

from bayesian_verifier.journal import Journal, NotDurableError
from bayesian_verifier.journal._files import Files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Disk(Files):
    """A disk whose syncs can be held up and can fail; it notes the lines that each of them began after."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.failures = 0  # of so many syncs to come
        self.may_write = threading.Event()
        self.may_write.set()
        self.writing = 0
        self.synced: list[int] = []  # lines in the file when each sync began
        self.inodes: list[int] = []
        self.ended = 0

    def sync(self, fd: int) -> None:
        self.synced.append(self._path.read_bytes().count(b"\n"))
        self.inodes.append(os.fstat(fd).st_ino)
        assert self.may_go_on.wait(60)
        self.ended += 1
        if self.failures > 0:
            self.failures -= 1
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    def write(self, fd: int, data: bytes) -> int:
        self.writing += 1
        assert self.may_write.wait(60)
        return super().write(fd, data)

    def sync_directory(self, directory: Path) -> None:
        pass


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, ten seconds at most."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.002)


class Appending:
    """A thread that appends one line."""

    def __init__(self, journal: Journal, disk: Disk) -> None:
        self._journal, self._disk = journal, disk
        self.ended_after: int | None = None  # so many syncs
        self.failure: NotDurableError | None = None
        self._thread = threading.Thread(target=self._append)
        self._thread.start()

    def _append(self) -> None:
        try:
            self._journal.append("trace", {"x": 1})
        except NotDurableError as exc:
            self.failure = exc
        self.ended_after = self._disk.ended

    def join(self) -> Appending:
        self._thread.join(60)
        assert self.ended_after is not None
        return self


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


@pytest.fixture
def disk(path: Path) -> Disk:
    return Disk(path)


def eight_appending(path: Path, journal: Journal, disk: Disk) -> list[Appending]:
    """One whose sync is held up, and seven that have written behind it."""
    disk.may_go_on.clear()
    first = Appending(journal, disk)
    until(lambda: len(disk.synced) == 1)
    others = [Appending(journal, disk) for _ in range(7)]
    # a line is in the file a moment before its writer can say so, and is waiting from then on
    until(lambda: sum(one.is_written for one in journal._here().log._committer._waiting) == 8)
    assert path.read_bytes().count(b"\n") == 8
    return [first, *others]


def test_those_who_wait_share_one_sync(path: Path, disk: Disk) -> None:
    """Seven that wrote while another's sync ran: one more sync for all, begun after the last of them wrote."""
    journal = Journal(path, fsync="always", files=disk)
    eight = eight_appending(path, journal, disk)
    assert [one.ended_after for one in eight] == [None] * 8
    disk.may_go_on.set()
    assert [one.join().failure for one in eight] == [None] * 8
    assert disk.synced == [1, 8]
    assert [one.ended_after for one in eight[1:]] == [2] * 7


def test_a_sync_does_not_count_for_a_line_that_is_still_being_written(path: Path, disk: Disk) -> None:
    """One is syncing, one has written, one is in the midst of its write: that one needs a sync of its own."""
    journal = Journal(path, fsync="always", files=disk)
    disk.may_go_on.clear()
    first = Appending(journal, disk)
    until(lambda: len(disk.synced) == 1)
    second = Appending(journal, disk)
    until(lambda: path.read_bytes().count(b"\n") == 2)
    disk.may_write.clear()
    third = Appending(journal, disk)
    until(lambda: disk.writing == 3)
    disk.may_go_on.set()
    first.join()
    second.join()
    disk.may_write.set()
    assert third.join().failure is None
    assert disk.synced == [1, 2, 3]


def test_after_a_failed_sync_nothing_begun_before_it_is_called_durable(path: Path, disk: Disk) -> None:
    """Nor what was written while it ran: its pages may count as clean. What comes after it is as good as ever."""
    journal = Journal(path, fsync="always", files=disk)
    eight = eight_appending(path, journal, disk)
    disk.failures = 1
    disk.may_go_on.set()
    assert all(one.join().failure for one in eight)
    before = len(disk.synced)
    assert Appending(journal, disk).join().failure is None
    assert len(disk.synced) == before + 1
    journal.close()
    assert len(lines_of(path)) == 9


def test_every_append_waits_for_a_sync_of_its_own_or_a_later_one(path: Path, disk: Disk) -> None:
    """Threads at random: when the n-th line's append returned, a sync had begun with it in the file."""
    journal = Journal(path, fsync="always", files=disk)
    wrong = []

    def work() -> None:
        for _ in range(40):
            made = journal.append("trace", {"x": 1})
            written = path.read_bytes().split(b"\n")[:-1]  # what follows is another's line, half written
            place = next(at for at, line in enumerate(written, 1) if made.encode() in line)
            if max(disk.synced) < place:
                wrong.append(made)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(lines_of(path)) == 160


def test_an_interval_ends_though_nobody_appends_any_more(path: Path) -> None:
    """Many lines, one sync, so long after the first of them; and none when there is nothing new.

    In another file where the machine took longer than that to write them.
    """
    in_time = False
    while not in_time:
        path.unlink(missing_ok=True)
        disk = Disk(path)
        journal = Journal(path, fsync="interval", fsync_seconds=0.1, files=disk)
        begun = time.monotonic()
        for _ in range(20):
            journal.append("trace", {"x": 1})
        synced = list(disk.synced)
        in_time = time.monotonic() - begun < 0.1
    assert synced == []
    until(lambda: disk.ended == 1)
    assert disk.synced == [20]
    journal.append("trace", {"x": 1})
    until(lambda: disk.ended == 2)
    time.sleep(0.3)
    journal.close()
    assert disk.synced == [20, 21]


def test_closing_ends_an_interval(path: Path, disk: Disk) -> None:
    """What was appended is on the disk when it returns, and no thread is left to wait for."""
    before = threading.active_count()
    journal = Journal(path, fsync="interval", fsync_seconds=60.0, files=disk)
    journal.append("trace", {"x": 1})
    journal.close()
    assert disk.synced == [1]
    until(lambda: threading.active_count() <= before)


def test_an_interval_that_failed_is_reported_once(path: Path, disk: Disk) -> None:
    """By the next append, whose own line is in the file; or by closing."""
    journal = Journal(path, fsync="interval", fsync_seconds=0.01, files=disk)
    for report in (lambda: journal.append("trace", {"x": 2}), journal.close):
        disk.failures = 1
        journal.append("trace", {"x": 1})
        until(lambda: journal._here().log._committer._unreported is not None)
        with pytest.raises(NotDurableError, match="not confirmed"):
            report()
        journal.append("trace", {"x": 3})
        until(lambda: disk.ended == len(disk.synced) and disk.synced[-1] == len(lines_of(path)))
    assert [line["x"] for line in lines_of(path)] == [1, 2, 3, 1, 3]


def test_never_asks_nothing_of_the_disk(path: Path, disk: Disk) -> None:
    """Not for a rotation, either, nor on closing."""
    with Journal(path, fsync="never", rotate_bytes=1024, files=disk) as journal:
        for _ in range(20):
            journal.append("trace", {"x": "x" * 300})
    assert disk.synced == []


def test_a_file_left_behind_is_synced_before_the_next_is_written_to(path: Path, disk: Disk) -> None:
    """Another process rotated: what this one wrote to the old file is not forgotten with it."""
    journal = Journal(path, fsync="interval", fsync_seconds=60.0, files=disk)
    journal.append("trace", {"x": 1})
    old = path.stat().st_ino
    Journal(path, rotate_bytes=1024, fsync="never").append("trace", {"x": "x" * 2000})
    Journal(path, rotate_bytes=1024, fsync="never").append("trace", {"x": 2})
    assert path.stat().st_ino != old
    journal.append("trace", {"x": 3})
    assert disk.inodes == [old]
