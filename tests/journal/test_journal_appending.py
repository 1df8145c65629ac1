"""Is nothing lost, torn or doubled when one process appends, whatever the file and the disk do?"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from itertools import chain
from typing import TYPE_CHECKING

import pytest
from journal_samples import forks, judge, lines_of

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import Damaged, Journal

if TYPE_CHECKING:
    from pathlib import Path

    from stalls import Stalls


def test_numbers_run_from_one_without_gaps(tmp_path: Path) -> None:
    """Per writer: two journals in one process count apart, and both are there when the call returns."""
    path = tmp_path / "j.jsonl"
    first, second = Journal(path), Journal(path)
    for count in range(1, 21):
        judge(first)
        judge(second)
        assert len(lines_of(path)) == 2 * count
    by_writer: dict[str, list[int]] = {}
    for line in lines_of(path):
        by_writer.setdefault(line["writer"], []).append(line["seq"])
    assert list(by_writer.values()) == [list(range(1, 21))] * 2
    assert first.writer != second.writer


def test_a_shared_name_counts_on_across_journals(tmp_path: Path) -> None:
    """Several journals under one name, opened anew, interleaved with others: 1, 2, 3 …"""
    path = tmp_path / "j.jsonl"
    stranger = Journal(path)
    long_lived = Journal(path, writer="app")
    for _ in range(10):
        judge(stranger)
        judge(Journal(path, writer="app"))
        judge(long_lived)
    assert [line["seq"] for line in lines_of(path) if line["writer"] == "app"] == list(range(1, 21))
    assert long_lived.verify().whole


def test_a_name_that_another_name_contains_is_another(tmp_path: Path) -> None:
    """Writers `a`, `aa` and one whose name holds quotes do not count each other's lines."""
    path = tmp_path / "j.jsonl"
    names = ["a", "aa", 'a","writer":"aa', "å"]
    for name in ["å", *names * 3]:
        judge(Journal(path, writer=name), more={"inner": {"writer": "a", "seq": 9}})
    assert Journal(path).verify().writers == dict.fromkeys(names, 3) | {"å": 4}


def test_the_last_number_is_found_behind_long_lines_of_others(tmp_path: Path) -> None:
    """The search for it reads the file in blocks from the end; lines longer than a block are no obstacle."""
    path = tmp_path / "j.jsonl"
    judge(Journal(path, writer="app"))
    for length in (65_000, 65_536, 200_000):
        Journal(path).append("trace", {"x": "x" * length})
    judge(Journal(path, writer="app"))
    assert Journal(path).verify().writers["app"] == 2


@pytest.mark.parametrize("writer", [None, "app"])
def test_a_torn_tail_costs_only_itself(tmp_path: Path, writer: str | None) -> None:
    """The last line cut at every byte: what stood before stays, what comes after is whole, numbers go on."""
    path = tmp_path / "j.jsonl"
    before = Journal(path, writer=writer)
    judge(before)
    whole = path.stat().st_size
    last = before.append("trace", {"x": "é"})
    data = path.read_bytes()
    for cut in range(whole, len(data)):
        path.write_bytes(data[:cut])
        after = Journal(path, writer=writer)
        new = after.append("trace", {"y": 1})
        entries = list(after.read())
        ids = [entry.event.id for entry in entries if not isinstance(entry, Damaged)]
        damaged = [entry.number for entry in entries if isinstance(entry, Damaged)]
        survives = cut == len(data) - 1  # only its newline was missing
        assert ids[1:] == ([last, new] if survives else [new])
        assert damaged == ([] if survives or cut == whole else [2])
        assert not after.verify().gaps


def test_a_journal_that_was_open_heals_a_tail_torn_by_another(tmp_path: Path) -> None:
    """What it remembers of the file's end does not mislead it."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    judge(journal)
    with path.open("ab") as other:
        other.write(b'{"v":1,"seq":9,"id":"torn')
    judge(journal)
    judge(journal)
    audit = journal.verify()
    assert [finding.line for finding in audit.findings] == [2]
    assert audit.writers == {journal.writer: 3}


def test_threads_share_one_journal(tmp_path: Path) -> None:
    """Eight threads, one writer: every line once, in order."""
    journal = Journal(tmp_path / "j.jsonl", fsync="never", lock_timeout=60)
    ids: list[list[str]] = [[] for _ in range(8)]
    threads = [
        threading.Thread(target=lambda mine=mine: mine.extend(judge(journal) for _ in range(50)))
        for mine in ids
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = lines_of(tmp_path / "j.jsonl")
    assert [line["seq"] for line in lines] == list(range(1, 401))
    assert sorted(line["id"] for line in lines) == sorted(chain.from_iterable(ids))


def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    """After a rotation or a removal lines go to the file that has the name now, numbered from 1 in it."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    judge(journal)
    judge(journal)
    path.rename(tmp_path / "old.jsonl")
    judge(journal)
    assert [line["seq"] for line in lines_of(path)] == [1]
    path.unlink()
    judge(journal)
    judge(journal)
    assert [line["seq"] for line in lines_of(path)] == [1, 2]
    assert len(lines_of(tmp_path / "old.jsonl")) == 2


def test_a_file_replaced_by_one_with_its_own_lines_is_counted_on(tmp_path: Path) -> None:
    """A compaction keeps a writer's lines: its next number follows the last of them."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    for _ in range(3):
        judge(journal)
    (tmp_path / "new.jsonl").write_bytes(path.read_bytes())
    (tmp_path / "new.jsonl").rename(path)
    judge(journal)
    assert journal.verify().writers == {journal.writer: 4}
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    judge(journal)
    assert journal.verify().writers == {journal.writer: 3}


_WRITES_INTO_A_FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import Journal

path = Path(sys.argv[1])
journal = Journal(path, writer="app")
journal.append("trace", {"x": 1})
size = path.stat().st_size
for room in range(0, size, 7):
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, resource.RLIM_INFINITY))
    try:
        journal.append("trace", {"x": 2})
    except JournalError as exc:
        pass
    else:
        raise SystemExit(f"no error with room for {room} bytes")
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append("trace", {"x": 3})
print(sum(1 for _ in range(0, size, 7)) + 1)
"""


def test_a_disk_that_takes_half_a_line_leaves_the_file_whole(tmp_path: Path) -> None:
    """A limit on the file's size, as good as a full disk, makes the system write a part and then fail."""
    path = tmp_path / "j.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", _WRITES_INTO_A_FULL_DISK, path], check=True, stdout=subprocess.PIPE, text=True
    )
    lines = lines_of(path)
    assert len(lines) == int(done.stdout)
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    assert Journal(path).verify().whole


def test_a_missing_directory_is_the_operators_to_mend(tmp_path: Path) -> None:
    """A clear error; and when the directory appears, the same journal goes on."""
    path = tmp_path / "absent" / "j.jsonl"
    journal = Journal(path)
    with pytest.raises(JournalError, match="absent"):
        judge(journal)
    path.parent.mkdir()
    judge(journal)
    assert journal.verify().whole


def test_a_lock_that_is_not_released_is_not_waited_for_in_vain(tmp_path: Path, stalls: Stalls) -> None:
    """Another process holds it: JournalError at the time limit, and success once it is gone."""
    path = tmp_path / "j.jsonl"
    hold = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, f"{path}.lock"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        journal = Journal(path, lock_timeout=0.2)
        start = time.monotonic()
        with pytest.raises(JournalError, match="held by another"):
            judge(journal)
        assert 0.2 <= time.monotonic() - start < 0.5 + stalls.lost(start)
        holder.communicate()
    judge(journal)
    assert journal.verify().whole


@forks
def test_a_forked_child_writes_under_its_own_name(tmp_path: Path) -> None:
    """Parent and child go on with the same object; both number their lines from their own last one."""
    journal = Journal(tmp_path / "j.jsonl")
    judge(journal)
    child = os.fork()
    if child == 0:
        try:
            for _ in range(20):
                judge(journal)
        finally:
            os._exit(0)
    for _ in range(20):
        judge(journal)
    assert os.waitpid(child, 0)[1] == 0
    audit = journal.verify()
    assert audit.whole
    assert sorted(audit.writers.values()) == [20, 21]


@forks
def test_a_fork_in_the_middle_of_an_append_blocks_nobody(tmp_path: Path) -> None:
    """A thread appends all the time; children forked then, with its locks held, append and end."""
    journal = Journal(tmp_path / "j.jsonl", writer="app", fsync="never", lock_timeout=60)
    stop = threading.Event()

    def append_on() -> None:
        while not stop.is_set():
            judge(journal, subject="ben")
            time.sleep(0.0002)

    thread = threading.Thread(target=append_on)
    thread.start()
    try:
        for _ in range(30):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    judge(journal)
                    journal.history("ada")
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        stop.set()
        thread.join()
    assert journal.verify().whole


@pytest.mark.parametrize("fsync", ["always", "interval", "never"])
def test_every_policy_writes_the_same(tmp_path: Path, fsync: str) -> None:
    """They differ only in what a machine that stops may lose; closing leaves the journal usable."""
    with Journal(tmp_path / "j.jsonl", fsync=fsync) as journal:  # type: ignore[arg-type]
        judge(journal)
    judge(journal)
    journal.close()
    assert [line["seq"] for line in lines_of(tmp_path / "j.jsonl")] == [1, 2]


def test_settings_that_mean_nothing_are_refused(tmp_path: Path) -> None:
    """An unknown policy, a writer without a name or one that no file can hold."""
    for wrong in ({"fsync": "sometimes"}, {"writer": ""}, {"writer": "\ud800"}):
        with pytest.raises(CallerError):
            Journal(tmp_path / "j.jsonl", **wrong)  # type: ignore[arg-type]
