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

from bayesian_verifier.journal import Damaged, Journal

if TYPE_CHECKING:
    from pathlib import Path

# Says each id after the append returned: what was said must be in the file.
_WRITER = """
import os, sys
from bayesian_verifier.journal import Journal
path, writer, count = sys.argv[1], sys.argv[2] or None, int(sys.argv[3])
journal = Journal(path, writer=writer, fsync="never")
sys.stdin.readline()
for number in range(count):
    done = journal.append("trace", {"number": number, "ballast": "x" * (number * 37 % 3000)})
    os.write(1, (done + "\\n").encode())
"""


def _start(path: Path, writer: str | None, count: int) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", _WRITER, str(path), writer or "", str(count)]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _release(writers: list[subprocess.Popen[bytes]]) -> None:
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"go\n")
        writer.stdin.flush()


def _ids(path: Path) -> list[str]:
    return [entry.event.id for entry in Journal(path).read() if not isinstance(entry, Damaged)]


@pytest.mark.parametrize("name", [None, "app"])
def test_eight_processes_lose_tear_and_double_nothing(tmp_path: Path, name: str | None) -> None:
    """Each line of each of eight processes is there once, whole, numbered without gaps."""
    path = tmp_path / "j.jsonl"
    writers = [_start(path, name, 400) for _ in range(8)]
    _release(writers)
    said = [line.decode() for writer in writers for line in writer.communicate()[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0] * 8
    audit = Journal(path).verify()
    assert audit.whole
    assert audit.lines == 8 * 400
    assert sorted(audit.writers.values()) == ([400] * 8 if name is None else [8 * 400])
    assert sorted(_ids(path)) == sorted(said)


def test_what_was_acknowledged_survives_kill_minus_nine(tmp_path: Path) -> None:
    """Writers killed at random moments, round after round, on one file: no acknowledged line is missing."""
    path = tmp_path / "j.jsonl"
    rng = random.Random(5)
    said: list[str] = []
    for _ in range(5):
        writers = [_start(path, "app", 100_000) for _ in range(2)]
        _release(writers)
        time.sleep(rng.uniform(0.4, 0.7))
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
        for writer in writers:
            # what was said before the kill is complete lines of 32 digits; the rest is not an acknowledgement
            said += [line.decode() for line in writer.communicate()[0].split(b"\n")[:-1]]
    found = _ids(path)
    assert len(said) > 100
    assert set(said) <= set(found)
    assert len(found) == len(set(found))
    Journal(path, writer="app").append("trace", {"number": -1})
    assert not Journal(path).verify().gaps
