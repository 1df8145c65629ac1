"""Is nothing lost, torn or doubled when many processes append, and some are killed at it?"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from plain_reader import events, files_of, numbers_run_from_one, whole_lines

from bayesian_verifier.journal import Damaged, Journal

if TYPE_CHECKING:
    from pathlib import Path

# Forks into writers that each open the journal for themselves, and say each id after the append returned:
# what was said must be in the file.
_WRITERS = """
import os, sys
from bayesian_verifier.journal import Journal

path, name, says = sys.argv[1], sys.argv[2] or None, sys.argv[6:]
count, rotate, ballast = map(int, sys.argv[3:6])
for out in says:
    if os.fork() == 0:
        said = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(said, f"{os.getpid()}\\n".encode())
        journal = Journal(path, writer=name, fsync="never", rotate_bytes=rotate, lock_timeout=30.0)
        for number in range(count):
            done = journal.append("trace", {"number": number, "ballast": "x" * (number * 37 % ballast)})
            os.write(said, f"{done}\\n".encode())
        os._exit(0)
print(sum(os.wait()[1] == 0 for _ in says))
"""


# Holds the lock, forks a child that outlives it, and dies without letting go.
_DIES_HOLDING_THE_LOCK = """
import os, signal, sys, time
from pathlib import Path
from bayesian_verifier.journal._lock import ProcessLock

with ProcessLock(Path(sys.argv[1]), timeout=1.0).held():
    child = os.fork()
    if child == 0:
        time.sleep(60)
        os._exit(0)
    print(child, flush=True)
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _start(
    path: Path, name: str | None, count: int, says: list[Path], rotate: int = 1 << 20, ballast: int = 3000
) -> subprocess.Popen[str]:
    """Writers of so many lines, each with a file that it says its process id and then its ids to."""
    numbers = [str(count), str(rotate), str(ballast)]
    arguments = [sys.executable, "-c", _WRITERS, str(path), name or "", *numbers, *map(str, says)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def _said(says: list[Path]) -> list[str]:
    """What was acknowledged: whole lines, the process id apart."""
    return [line for out in says for line in out.read_text().split("\n")[1:-1]]


def _ids(path: Path) -> list[str]:
    return [entry.event.id for entry in Journal(path).read() if not isinstance(entry, Damaged)]


@pytest.mark.parametrize(("name", "count"), [(None, 10_000), ("app", 1_250)])
def test_eight_processes_lose_tear_and_double_nothing(tmp_path: Path, name: str | None, count: int) -> None:
    """Each line of each of eight processes is there once, whole, numbered without gaps, whoever rotates."""
    path = tmp_path / "j.jsonl"
    says = [tmp_path / f"said-{number}" for number in range(8)]
    assert _start(path, name, count, says, rotate=1 << 18, ballast=300).communicate()[0] == "8\n"
    contents = [file.read_bytes() for file in files_of(path)]
    assert len(contents) > count // 250
    assert all(data.count(b"\n") == len(whole_lines(data)) and data.endswith(b"\n") for data in contents)
    assert all(numbers_run_from_one(data) for data in contents)
    found = events(contents)
    assert sorted(line["id"] for line in found) == sorted(_said(says))
    assert len(found) == 8 * count
    by_writer: dict[str, list[int]] = {}
    for line in found:
        by_writer.setdefault(line["writer"], []).append(line["number"])
    if name is None:
        assert list(by_writer.values()) == [list(range(count))] * 8
    audit = Journal(path).verify()
    assert audit.whole
    assert audit.lines == 8 * count + len(contents) - 1


def test_what_was_acknowledged_survives_kill_minus_nine(tmp_path: Path) -> None:
    """Writers killed at random moments, round after round, on one file: no acknowledged line is missing."""
    path = tmp_path / "j.jsonl"
    rng = random.Random(5)
    said: list[str] = []
    for turn in range(4):
        says = [tmp_path / f"said-{turn}-{number}" for number in range(3)]
        writers = _start(path, "app", 1_000_000, says)
        while not all(out.exists() and out.read_bytes().count(b"\n") > 10 for out in says):
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 0.3))
        for out in says:
            os.kill(int(out.read_text().split("\n")[0]), signal.SIGKILL)
        assert writers.communicate()[0] == "0\n"
        said += _said(says)
    found = _ids(path)
    assert len(said) > 100
    assert set(said) <= set(found)
    assert len(found) == len(set(found))
    Journal(path, writer="app").append("trace", {"number": -1})
    assert not Journal(path).verify().gaps


def test_a_lock_dies_with_its_holder_though_a_child_lives_on(tmp_path: Path) -> None:
    """A forked child inherits the lock's descriptor; it must not keep the lock for a parent that was killed."""
    path = tmp_path / "j.jsonl"
    arguments = [sys.executable, "-c", _DIES_HOLDING_THE_LOCK, f"{path}.lock"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        child = int(holder.stdout.readline())
        try:
            holder.wait()
            Journal(path, lock_timeout=1.0).append("trace", {"x": 1})
        finally:
            os.kill(child, signal.SIGKILL)
