"""Do files merge as the sets that they hold, byte for byte, whatever is wrong with them and whoever appends?"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from journal_samples import judge, lines_of

from bayesian_verifier.commands.journal import command
from bayesian_verifier.errors import BusyError, CallerError
from bayesian_verifier.journal import Damaged, FeedbackLine, Journal, merge, segments
from bayesian_verifier.journal._codec import encode_members, seal
from bayesian_verifier.journal._lock import ProcessLock, lock_path

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Three journals whose writers have one name, with answers in the next one to some judgments in each."""
    made: list[str] = []
    for number, name in enumerate("abc"):
        journal = Journal(
            tmp_path / f"{name}.jsonl", writer="app", clock=lambda n=number: 1_000_000 * (9 - n)
        )
        for earlier in made[-2:]:
            journal.append("feedback", {"judgment": earlier, "feedback": "approve", "reward": None})
        made += [judge(journal, f"{name}{number}") for number in range(3)]
        journal.append("policy", {"step": number})
    return [tmp_path / f"{name}.jsonl" for name in "abc"]


def test_the_file_is_the_same_in_every_order_and_grouping(files: list[Path], tmp_path: Path) -> None:
    """Byte for byte; merging again, or what was merged with a part of it, changes nothing."""
    a, b, c = files
    merge(tmp_path / "all", files)
    expected = (tmp_path / "all").read_bytes()
    for number, order in enumerate(itertools.permutations(files)):
        merge(tmp_path / f"o{number}", order)
        assert (tmp_path / f"o{number}").read_bytes() == expected
    for number, (one, two, three) in enumerate(((a, b, c), (b, c, a), (c, a, b))):
        merge(tmp_path / f"p{number}", [one, two])
        merge(tmp_path / f"q{number}", [three, tmp_path / f"p{number}"])
        assert (tmp_path / f"q{number}").read_bytes() == expected
    merge(tmp_path / "all", [tmp_path / "all", b])
    assert (tmp_path / "all").read_bytes() == expected


def test_lines_keep_their_bytes_and_stand_in_the_order_of_time(files: list[Path], tmp_path: Path) -> None:
    """No more and no fewer than there were; the merged file is whole."""
    merge(tmp_path / "all", files)
    heading, *lines = (tmp_path / "all").read_bytes().splitlines()
    assert sorted(lines) == sorted(line for file in files for line in file.read_bytes().splitlines())
    assert json.loads(heading)["events"] == len(lines)
    order = [(line["ts"], line["writer"], line["seq"], line["id"]) for line in lines_of(tmp_path / "all")[1:]]
    assert order == sorted(order)
    assert Journal(tmp_path / "all").verify().whole


def test_a_persons_history_does_not_depend_on_the_order_of_files(files: list[Path], tmp_path: Path) -> None:
    """Nor on an answer that stands before its judgment."""
    union = merge(tmp_path / "all", files)
    assert union.strays == 0
    merged = Journal(tmp_path / "all")
    assert len(merged.history("a1").judgments) == 1
    assert len(merged.history("a0").judgments) == 0


def test_an_answer_may_come_before_its_judgment(files: list[Path], tmp_path: Path) -> None:
    """It is kept and counted, and counts as an answer when the judgment has come."""
    assert merge(tmp_path / "out", files[1:]).strays == 2
    assert merge(tmp_path / "out", [tmp_path / "out", files[0]]).strays == 0
    assert len(Journal(tmp_path / "out").history("a2").judgments) == 1


def test_a_line_lost_in_an_input_still_shows_in_the_merged_file(files: list[Path], tmp_path: Path) -> None:
    """Until a copy that holds it is merged, too; in whatever order that happens."""
    a, b, _ = files
    lines = a.read_bytes().splitlines(keepends=True)
    a.with_name("hurt.jsonl").write_bytes(
        b"".join([lines[0], lines[1].replace(b"0.6", b"0.7", 1), *lines[2:]])
    )
    union = merge(tmp_path / "out", [tmp_path / "hurt.jsonl", b])
    assert not union.sound
    assert (union.lost, [line.number for line in union.taken[0].damaged]) == (1, [2])
    [gap] = Journal(tmp_path / "out").verify().gaps
    assert "writer app: seq 2 before" in gap.problem
    merge(tmp_path / "again", [tmp_path / "out", tmp_path / "hurt.jsonl"])
    assert (tmp_path / "again").read_bytes() == (tmp_path / "out").read_bytes()
    assert merge(tmp_path / "out", [tmp_path / "out", a]).sound
    merge(tmp_path / "healthy", [b, a])
    assert (tmp_path / "out").read_bytes() == (tmp_path / "healthy").read_bytes()


def test_a_torn_tail_costs_only_itself(files: list[Path], tmp_path: Path) -> None:
    """It is named; the rest is merged."""
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:-10])
    union = merge(tmp_path / "out", files[:1])
    assert [line.reason for line in union.taken[0].damaged] == ["torn: does not end in a newline"]
    assert union.events == whole.count(b"\n") - 1


# What is done to the lines of a merged file, and the finding.
@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: [*x[:3], *x[4:]], "expected 16 merged lines, got 15"),
        (lambda x: [*x[:3], x[4], x[3], *x[5:]], "not those that were merged"),
        (lambda x: [*x[:3], x[3].replace(b"app", b"apq"), *x[4:]], "the checksum says"),
        (lambda x: [*x[:3], x[2], *x[4:]], "not those that were merged"),
        (lambda x: x[1:], "expected seq"),
    ],
    ids=["lost", "swapped", "changed", "exchanged", "no heading"],
)
def test_a_line_lost_after_merging_shows(files: list[Path], tmp_path: Path, change, says: str) -> None:
    """Though the numbers of its writers follow no order any more."""
    merge(tmp_path / "out", files)
    lines = (tmp_path / "out").read_bytes().splitlines(keepends=True)
    (tmp_path / "out").write_bytes(b"".join(change(lines)))
    assert any(says in finding.problem for finding in Journal(tmp_path / "out").verify().findings)


def test_a_merged_file_may_be_appended_to(files: list[Path], tmp_path: Path) -> None:
    """By writers old and new; what they lose shows as it does elsewhere, and another merge takes it in."""
    out = tmp_path / "out"
    merge(out, files)
    for writer in ("app", "new"):
        journal = Journal(out, writer=writer)
        journal.append_feedback(judge(journal), "reject")
        journal.append("policy", {"step": 9})
    assert Journal(out).verify().whole
    lines = out.read_bytes().splitlines(keepends=True)
    (tmp_path / "hurt").write_bytes(b"".join([*lines[:-2], lines[-1]]))
    assert len(Journal(tmp_path / "hurt").verify().gaps) == 1
    assert merge(tmp_path / "two", [tmp_path / "hurt"]).lost == 1
    assert merge(tmp_path / "two", [tmp_path / "two", out]).lost == 0


def test_ids_at_odds_are_kept_and_told(files: list[Path], tmp_path: Path) -> None:
    """Both of them, the older first; the exit code says so, and so does every later verification."""
    other = Journal(tmp_path / "other.jsonl", clock=lambda: 5)
    judge(other, "eve", event_id=lines_of(files[0])[0]["id"])
    union = merge(tmp_path / "out", [files[0], tmp_path / "other.jsonl"])
    assert union.conflicts == {lines_of(files[0])[0]["id"]: 2}
    assert lines_of(tmp_path / "out")[1]["subject"] == "eve"
    assert len(Journal(tmp_path / "out").verify().duplicates) == 1
    arguments = ["merge", str(tmp_path / "out"), str(tmp_path / "out"), str(files[0])]
    told = CliRunner().invoke(command, arguments)
    assert told.exit_code == 1
    assert "2 different events" in told.stderr
    document = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).stdout)
    assert document["conflicts"] == union.conflicts
    assert not document["sound"]


def test_what_nobody_named_is_not_written_over(files: list[Path], tmp_path: Path) -> None:
    """A file that is there must be among the inputs; an input must be there."""
    with pytest.raises(CallerError, match="among the inputs"):
        merge(files[0], files[1:])
    with pytest.raises(CallerError, match="no such journal"):
        merge(tmp_path / "out", [tmp_path / "absent.jsonl"])
    assert not (tmp_path / "out").exists()


def test_a_rotated_journal_is_merged_with_all_its_files(files: list[Path], tmp_path: Path) -> None:
    """The lines that only link the files apart; but it is no place to merge into."""
    rotated = Journal(tmp_path / "r.jsonl", rotate_bytes=1024)
    ids = [judge(rotated, "ada") for _ in range(5)]
    assert len(segments(tmp_path / "r.jsonl")) > 2
    union = merge(tmp_path / "out", [tmp_path / "r.jsonl", files[0]])
    assert (union.events, union.lost) == (5 + 4, 0)
    kept = [line["id"] for line in lines_of(tmp_path / "out")]
    assert set(ids) < set(kept)
    assert Journal(tmp_path / "out").verify().whole
    with pytest.raises(CallerError, match="older files beside it"):
        merge(tmp_path / "r.jsonl", [tmp_path / "r.jsonl", files[0]])


def test_lines_of_newer_versions_and_other_kinds_are_carried(files: list[Path], tmp_path: Path) -> None:
    """Merging needs an envelope that it can read, and no more."""
    with files[0].open("ab") as file:
        file.write(_sealed({**lines_of(files[0])[0], "v": 2, "id": "newer", "seq": 5, "case": "unheard of"}))
    assert merge(tmp_path / "out", files).sound
    assert "newer" in {line["id"] for line in lines_of(tmp_path / "out")}


def _sealed(members: dict[str, object]) -> bytes:
    return seal(encode_members({name: value for name, value in members.items() if name != "crc"}))


def test_a_line_being_written_when_the_file_is_replaced_is_waited_for(
    files: list[Path], tmp_path: Path
) -> None:
    """A writer that has the lock, and the old file open, loses nothing: the merge begins anew after it."""
    live = tmp_path / "live.jsonl"
    Journal(live).append("trace", {"number": 0})
    lock = ProcessLock(lock_path(live), timeout=5)
    writing = threading.Event()

    def writes_late() -> None:
        with lock.held(), live.open("ab") as file:
            writing.set()
            time.sleep(0.3)
            file.write(_sealed({**lines_of(live)[-1], "id": "late", "writer": "late", "seq": 1}))

    late = threading.Thread(target=writes_late)

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "writing" and done == total and not writing.is_set():
            late.start()
            writing.wait()

    merge(live, [live, *files], progress=progress)
    late.join()
    assert "late" in {line["id"] for line in lines_of(live)}
    assert Journal(live).verify().whole


def test_a_large_file_that_never_rests_is_left_alone(files: list[Path], tmp_path: Path) -> None:
    """Nobody who appends waits for a merge to read it all; the caller is told to merge elsewhere."""
    live = tmp_path / "live.jsonl"
    journal = Journal(live, rotate_bytes=None, fsync="never")
    for _ in range(9):
        journal.append("trace", {"ballast": "x" * (1 << 20)})

    def progress(stage: str, done: int, total: int) -> None:
        if stage == "writing" and done == total:
            journal.append("trace", {"never": "rests"})

    with pytest.raises(BusyError, match="another place"):
        merge(live, [live, *files], progress=progress)
    assert journal.verify().whole
    assert not (tmp_path / "live.jsonl.new").exists()
    assert merge(tmp_path / "other.jsonl", [live, *files]).sound


_APPENDS = """
import sys
from bayesian_verifier.journal import Journal

journal = Journal(sys.argv[1], fsync="never", lock_timeout=20)
for number in range(int(sys.argv[2])):
    print(journal.append("trace", {"number": number}), flush=number % 64 == 0)
"""

_MERGES = """
import sys
from pathlib import Path
from bayesian_verifier.journal import merge

out = Path(sys.argv[1])
for _ in range(int(sys.argv[2])):
    merge(out, [out, *map(Path, sys.argv[3:])])
"""


def test_merging_into_a_journal_that_others_append_to_loses_nothing(
    files: list[Path], tmp_path: Path
) -> None:
    """Four processes append and four merge, all to one file: every line is there once, and the file is whole."""
    live = tmp_path / "live.jsonl"
    Journal(live).append("trace", {"number": -1})
    merging = [
        subprocess.Popen([sys.executable, "-c", _MERGES, str(live), "3", *map(str, files)]) for _ in range(4)
    ]
    appending = [
        subprocess.Popen(
            [sys.executable, "-c", _APPENDS, str(live), "400"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for _ in range(4)
    ]
    said = [line for one in appending for line in one.communicate()[0].split()]
    assert [one.wait() for one in merging] == [0] * 4
    assert [one.returncode for one in appending] == [0] * 4
    entries = list(Journal(live).read())
    assert not any(isinstance(entry, Damaged) for entry in entries)
    ids = [entry.event.id for entry in entries]
    assert len(ids) == len(set(ids))
    assert set(said) <= set(ids)
    assert len(said) == 4 * 400
    assert Journal(live).verify().whole
    assert sum(isinstance(entry.event, FeedbackLine) for entry in entries) == 4
