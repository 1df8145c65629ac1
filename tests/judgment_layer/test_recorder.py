"""Does a line that the journal cannot take wait, in order and within bounds, until it can?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import Damaged, Journal, NotDurableError
from bayesian_verifier.judgment_layer._backlog import Line
from bayesian_verifier.judgment_layer._recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stalls import Stalls


class Paper:
    """Takes lines, unless it is said to refuse them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.error: Exception | None = None
        self.attempts = 0
        self.takes: Callable[[], None] = lambda: None

    def line(self, text: str, weight: int = 1) -> Line:
        def write() -> None:
            self.attempts += 1
            self.takes()
            if self.error is not None and not isinstance(self.error, NotDurableError):
                raise self.error
            self.lines.append(text)
            if self.error is not None:
                raise self.error

        return Line(write, text, lambda: weight)


def until(holds: Callable[[], bool]) -> None:
    """Wait for it, ten seconds at most."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def test_what_waits_is_written_though_nothing_more_is_recorded() -> None:
    """Soon after the paper is back, in order, by a thread that then is gone."""
    paper, recorder = Paper(), Recorder(100, retry_seconds=0.02)
    threads = threading.active_count()
    paper.error = JournalError("no paper")
    assert [recorder.record(paper.line(text)) for text in "abcde"] == [False] * 5
    until(lambda: paper.attempts > 10)
    assert recorder.waiting == 5
    paper.error = None
    until(lambda: recorder.waiting == 0)
    assert paper.lines == list("abcde")
    until(lambda: threading.active_count() <= threads)
    assert recorder.lost == 0
    assert recorder.failures > 5


def test_bytes_are_bounded_as_lines_are() -> None:
    """The oldest are given up and counted; a line longer than all the room is given up itself."""
    paper, recorder = Paper(), Recorder(100, most_bytes=100, retry_seconds=60.0)
    paper.error = JournalError("no paper")
    for text in "abcdef":
        recorder.record(paper.line(text, 30))
    assert (recorder.waiting, recorder.lost) == (3, 3)
    recorder.record(paper.line("x", 1000))
    assert (recorder.waiting, recorder.waiting_bytes, recorder.lost) == (3, 90, 4)
    paper.error = None
    assert recorder.close()
    assert paper.lines == ["d", "e", "f"]


def test_closing_writes_what_waits_or_says_that_it_could_not(caplog: pytest.LogCaptureFixture) -> None:
    """How many lines stay behind is logged; recording may go on."""
    paper, recorder = Paper(), Recorder(100, retry_seconds=60.0)
    paper.error = JournalError("no paper")
    recorder.record(paper.line("a"))
    assert not recorder.close()
    assert "1 journal lines still wait" in caplog.text
    paper.error = None
    assert recorder.close()
    assert paper.lines == ["a"]


def test_a_journal_that_fails_slowly_is_not_waited_for_each_time() -> None:
    """A second lost at a lock is not lost again by the next judgments, until twenty have passed."""
    now = [0.0]
    paper, recorder = Paper(), Recorder(100, retry_seconds=60.0, monotonic=lambda: now[0])
    paper.error = JournalError("locked")

    def takes_a_second() -> None:
        now[0] += 1.0

    paper.takes = takes_a_second
    recorder.record(paper.line("a"))
    for text in "bcd":
        assert not recorder.record(paper.line(text))
    assert (paper.attempts, now[0]) == (1, 1.0)
    now[0] = 21.0
    paper.error = None
    assert recorder.record(paper.line("e"))
    assert paper.lines == list("abcde")


def test_what_can_never_be_written_holds_up_nothing() -> None:
    """It is refused at once where nothing waits; behind others it is given up, counted, when its turn comes."""
    paper, recorder = Paper(), Recorder(100, retry_seconds=60.0)
    never = Line(lambda: (_ for _ in ()).throw(CallerError("no such judgment")), None, lambda: 1)
    with pytest.raises(CallerError):
        recorder.record(never)
    paper.error = JournalError("no paper")
    recorder.record(paper.line("a"))
    recorder.record(never)
    recorder.record(paper.line("b"))
    paper.error = None
    assert recorder.flush()
    assert (paper.lines, recorder.lost) == (["a", "b"], 1)


def test_a_line_that_is_not_durable_is_not_written_again() -> None:
    """It is in the file: counted as a failure, not kept."""
    paper, recorder = Paper(), Recorder(100)
    paper.error = NotDurableError("written, not confirmed")
    assert recorder.record(paper.line("a"))
    assert (paper.lines, recorder.waiting, recorder.failures) == (["a"], 0, 1)


def test_threads_write_side_by_side() -> None:
    """So that they can share a sync: none waits for another's line."""
    paper, recorder = Paper(), Recorder(100)
    together = threading.Barrier(4, timeout=10)

    def meets_the_others() -> None:
        together.wait()

    paper.takes = meets_the_others
    threads = [threading.Thread(target=recorder.record, args=(paper.line(text),)) for text in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paper.lines) == list("abcd")


def test_the_lines_of_one_thread_stay_in_order_while_the_paper_comes_and_goes() -> None:
    """Four threads of a hundred lines, and a paper that refuses every third attempt."""
    paper, recorder = Paper(), Recorder(1000, retry_seconds=0.001)

    def refuses_some() -> None:
        if paper.attempts % 3 == 0:
            raise JournalError("jam")

    paper.takes = refuses_some

    def work(name: str) -> None:
        for number in range(100):
            recorder.record(paper.line(f"{name} {number}"))

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until(lambda: recorder.flush() or recorder.waiting == 0)
    for name in "abcd":
        theirs = [line for line in paper.lines if line.startswith(name)]
        assert theirs == [f"{name} {number}" for number in range(100)]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, where one may be mounted."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tmp_path], check=False, stderr=subprocess.DEVNULL
    )
    if made.returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


def fill(ballast: Path) -> None:
    """Take all the room there is."""
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 512):
            pass


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_real_disk_that_is_full_or_read_only_costs_no_line(small_disk: Path, trouble: str) -> None:
    """Lines wait and are written, whole and in order, once there is room, or the right to write, again."""
    journal, recorder = Journal(small_disk / "j.jsonl"), Recorder(100, retry_seconds=0.05)

    def record(number: int) -> bool:
        fields = {"number": number, "ballast": "x" * 500}
        return recorder.record(Line(lambda: journal.append("trace", fields), None, lambda: 600))

    assert record(0)
    if trouble == "full":
        fill(small_disk / "ballast")
    else:
        journal.close()  # a descriptor that is open for writing keeps its file system writable
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    taken = [record(number) for number in range(1, 20)]
    assert not taken[-1]
    assert (recorder.waiting + sum(taken), recorder.lost) == (19, 0)
    if trouble == "full":
        (small_disk / "ballast").unlink()
    else:
        subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    until(lambda: recorder.waiting == 0)
    entries = [entry for entry in journal.read() if not isinstance(entry, Damaged)]
    assert [entry.event.model_extra["number"] for entry in entries] == list(range(20))
    assert journal.verify().whole
    journal.close()


# How it comes to stand there, and goes.
_IN_ITS_PLACE: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "a directory": (Path.mkdir, Path.rmdir),
    "a pipe": (os.mkfifo, Path.unlink),
    "no directory": (lambda path: path.parent.rmdir(), lambda path: path.parent.mkdir()),
    "no rights": (lambda path: path.parent.chmod(0o500), lambda path: path.parent.chmod(0o700)),
}


@pytest.mark.parametrize("what", _IN_ITS_PLACE)
def test_whatever_stands_in_the_journals_place_costs_no_line(tmp_path: Path, what: str) -> None:
    """Nor does it hold up anybody: a directory, a pipe that nobody reads, a directory without rights or none."""
    if what == "no rights" and os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    path = tmp_path / "place" / "j.jsonl"
    path.parent.mkdir()
    comes, goes = _IN_ITS_PLACE[what]
    comes(path)
    journal, recorder = Journal(path), Recorder(100, retry_seconds=0.05)
    start = time.monotonic()
    for number in range(5):
        fields = {"number": number}
        assert not recorder.record(Line(lambda f=fields: journal.append("trace", f), None, lambda: 100))
    if what in {"a directory", "a pipe"}:
        with pytest.raises(JournalError, match="not a regular file"):
            journal.catch_up()
    assert time.monotonic() - start < 5.0
    goes(path)
    until(lambda: recorder.waiting == 0)
    entries = [entry for entry in journal.read() if not isinstance(entry, Damaged)]
    assert [entry.event.model_extra["number"] for entry in entries] == list(range(5))


_STOPS_HOLDING_THE_LOCK = """
import fcntl, os, signal, sys
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
os.kill(os.getpid(), signal.SIGSTOP)
"""


def test_a_stopped_process_that_holds_the_lock_is_waited_for_once(tmp_path: Path, stalls: Stalls) -> None:
    """One judgment is late by the time limit, the next are not; all are written once it goes on and ends."""
    journal, recorder = Journal(tmp_path / "j.jsonl", lock_timeout=0.5), Recorder(100, retry_seconds=0.05)
    arguments = [sys.executable, "-c", _STOPS_HOLDING_THE_LOCK, f"{journal.path}.lock"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        start = begun = time.monotonic()
        taken = []
        for number in range(5):
            fields = {"number": number}
            line = Line(lambda f=fields: journal.append("trace", f), None, lambda: 100)
            taken.append((recorder.record(line), time.monotonic() - start))
            start = time.monotonic()
        assert [recorded for recorded, _ in taken] == [False] * 5
        assert 0.5 <= taken[0][1] < 3.0 + stalls.lost(begun)
        assert max(seconds for _, seconds in taken[1:]) < 0.5 + stalls.lost(begun)
        holder.send_signal(signal.SIGCONT)
    until(lambda: recorder.waiting == 0)
    entries = [entry for entry in journal.read() if not isinstance(entry, Damaged)]
    assert [entry.event.model_extra["number"] for entry in entries] == list(range(5))
