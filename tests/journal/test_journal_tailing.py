"""Does a reader see each line once, whole, in order, while it is written and rotated under it?"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from journal_samples import judge

from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import Damaged, Journal, Numbered, segments, tail

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_APPENDS = """
import sys, time
from bayesian_verifier.journal import Journal
journal = Journal(sys.argv[1], rotate_bytes=4096, fsync="never")
for number in range(int(sys.argv[2])):
    journal.append("trace", {"number": number, "ballast": "x" * (number % 700)})
    if number % 50 == 0:
        time.sleep(0.02)
"""


# where tests run in the background, children are born deaf to an interrupt
_MAIN = """
import signal, sys
from bayesian_verifier.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""


def numbers(entries: Iterator[Numbered | Damaged]) -> Iterator[int]:
    for entry in entries:
        assert isinstance(entry, Numbered)
        if entry.event.kind == "trace":
            assert entry.event.model_extra is not None
            yield entry.event.model_extra["number"]


def test_a_writing_process_is_followed_through_its_rotations(tmp_path: Path) -> None:
    """Before the file is there, while it grows and is rotated: every line, once, in order."""
    path = tmp_path / "j.jsonl"
    stop = threading.Event()
    found = []
    with subprocess.Popen([sys.executable, "-c", _APPENDS, path, "1000"]):
        for number in numbers(tail(path, stop=stop, pause=0.001)):
            found.append(number)
            if number == 999:
                stop.set()
    assert found == list(range(1000))
    assert len(segments(path)) > 50


def test_half_a_line_is_not_a_line(tmp_path: Path) -> None:
    """It is waited for; where a torn one is ended by the next append it is damaged, and named."""
    path = tmp_path / "j.jsonl"
    Journal(path).append("trace", {"number": 0})
    whole = path.read_bytes()
    stop = threading.Event()
    entries = tail(path, stop=stop, pause=0.001)
    assert next(numbers(entries)) == 0
    with path.open("ab", buffering=0) as file:
        file.write(whole[:30])
        late = threading.Timer(0.1, file.write, (whole[30:],))
        start = time.monotonic()
        late.start()
        entry = next(entries)
        assert time.monotonic() - start > 0.05
        assert isinstance(entry, Numbered)
        assert entry.text.encode() + b"\n" == whole
        late.join()
        file.write(whole[:30])
    Journal(path).append("trace", {"number": 2})
    torn = next(entries)
    assert isinstance(torn, Damaged)
    assert torn.number == 3
    assert next(numbers(entries)) == 2
    stop.set()
    assert list(entries) == []


def test_the_last_few_and_what_is_wanted(tmp_path: Path) -> None:
    """Of what is there the newest; of what comes all; what is not wanted does not count."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, rotate_bytes=1024)
    for number in range(20):
        journal.append("trace", {"number": number})
        judge(journal)
    stop = threading.Event()

    def is_trace(entry: Numbered | Damaged) -> bool:
        return isinstance(entry, Numbered) and entry.event.kind == "trace"

    entries = numbers(tail(path, stop=stop, last=3, wanted=is_trace, pause=0.001))
    assert [next(entries) for _ in range(3)] == [17, 18, 19]
    judge(journal)
    journal.append("trace", {"number": 20})
    assert next(entries) == 20


def test_a_journal_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="not a regular file"):
        next(tail(tmp_path, stop=threading.Event()))


def test_show_follows_until_it_is_interrupted(tmp_path: Path) -> None:
    """Lines come while the writer is at work; an interrupt ends it."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, rotate_bytes=1024)
    for number in range(5):
        journal.append("trace", {"number": number})
    arguments = ["journal", "show", path, "--follow", "--json", "--last", "2", "--kind", "trace"]
    with subprocess.Popen(
        [sys.executable, "-c", _MAIN, *arguments], stdout=subprocess.PIPE, text=True
    ) as shows:
        assert shows.stdout is not None
        assert ['"number":3' in shows.stdout.readline(), '"number":4' in shows.stdout.readline()] == [
            True
        ] * 2
        journal.append("trace", {"number": 5, "ballast": "x" * 2000})
        journal.append("trace", {"number": 6})
        assert '"number":5' in shows.stdout.readline()
        assert '"number":6' in shows.stdout.readline()
        shows.send_signal(signal.SIGINT)
        assert shows.wait(60) == 130
