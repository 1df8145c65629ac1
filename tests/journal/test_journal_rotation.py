"""Is a journal of many files one journal, to those who append, read, answer and verify?"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from journal_samples import judge, lines_of

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Damaged, Journal, segments

if TYPE_CHECKING:
    from pathlib import Path

_SMALL = 4096
_DAY = 86_400 * 10**9


def events_of(path: Path) -> list[dict[str, Any]]:
    """What was appended, in every file, in order; the first lines of files left out."""
    return [line for file in segments(path) for line in lines_of(file) if line["kind"] != "segment"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of 40 events in several files, by one writer."""
    journal = Journal(tmp_path / "j.jsonl", rotate_bytes=_SMALL)
    for number in range(40):
        journal.append("trace", {"number": number, "ballast": "x" * 300})
    return tmp_path / "j.jsonl"


def test_files_are_numbered_oldest_first_and_lose_nothing(path: Path) -> None:
    """Each is as full as asked for and at most a line fuller; every event is in one of them, in order."""
    files = segments(path)
    assert len(files) > 3
    assert [file.name for file in files] == [f"j.{n:06d}.jsonl" for n in range(1, len(files))] + ["j.jsonl"]
    assert [line["number"] for line in events_of(path)] == list(range(40))
    for file in files[:-1]:
        size = file.stat().st_size
        assert _SMALL <= size < _SMALL + len(file.read_bytes().splitlines(keepends=True)[-1])


def test_a_file_says_which_one_came_before_it(path: Path) -> None:
    """Its first line names it, its lines, bytes and digest; the very first file has no such line."""
    files = segments(path)
    assert lines_of(files[0])[0]["kind"] == "trace"
    for number, (before, file) in enumerate(pairwise(files), start=2):
        data = before.read_bytes()
        first = lines_of(file)[0]
        assert (first["kind"], first["number"], first["seq"]) == ("segment", number, 1)
        assert first["before"] == {
            "name": before.name,
            "lines": data.count(b"\n"),
            "bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(),
        }


def test_numbers_begin_again_in_every_file(path: Path) -> None:
    """Without gaps, the first line of the file included."""
    for file in segments(path):
        lines = lines_of(file)
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    audit = Journal(path).verify()
    assert audit.whole
    assert audit.lines == 40 + len(segments(path)) - 1


def test_a_day_ends_a_file(tmp_path: Path) -> None:
    """In UTC, by the day of its first line; a clock put back ends none."""
    now = [0]
    journal = Journal(
        tmp_path / "j.jsonl", rotate_daily=True, clock=lambda: now[0], rotate_bytes=None, writer="a"
    )
    for moment in (_DAY - 2_000, _DAY - 1_000, _DAY, _DAY + 5, _DAY - 1_000, 3 * _DAY):
        now[0] = moment
        judge(journal)
    days = [[line["ts"][:10] for line in lines_of(file)] for file in segments(tmp_path / "j.jsonl")]
    assert days == [["1970-01-01"] * 2, ["1970-01-02"] * 3 + ["1970-01-01"], ["1970-01-04"] * 2]
    assert journal.verify().whole


def test_writers_and_readers_follow_a_rotation(tmp_path: Path) -> None:
    """One that was open before it appends to the new file; answers and histories span all of them."""
    path = tmp_path / "j.jsonl"
    rotates, follows = Journal(path, rotate_bytes=2048), Journal(path, rotate_bytes=None)
    reader = Journal(path)
    made = []
    for number in range(12):
        made.append(judge(follows if number % 2 else rotates))
        rotates.append("trace", {"ballast": "x" * 1500})
        assert reader.knows(made[-1])
    assert len(segments(path)) > 5
    for one in made:
        follows.append_feedback(one, "approve")
    for journal in (reader, follows, rotates, Journal(path)):
        assert [judgment.id for judgment in journal.history("ada").judgments] == made
        assert journal.knows(made[0])
    assert Journal(path).verify().whole


def test_a_reader_that_missed_rotations_reads_on_where_it_was(tmp_path: Path) -> None:
    """Many of them between two looks, and its subject decoded before: the same history as a new reader's."""
    path = tmp_path / "j.jsonl"
    journal, reader = Journal(path, rotate_bytes=2048), Journal(path)
    first = judge(journal)
    journal.append_feedback(first, "reject")
    assert len(reader.history("ada").judgments) == 1
    for _ in range(10):
        journal.append_feedback(judge(journal), "approve")
    journal.append_feedback(first, "approve")
    assert reader.history("ada") == Journal(path).history("ada")
    assert [one.feedback for one in reader.history("ada").judgments] == ["approve"] * 11


@pytest.mark.parametrize("number", [0, 1, -2])
def test_a_missing_file_is_noticed(path: Path, number: int) -> None:
    """The first, one in the middle, the last full one: the next file says what is missing."""
    files = segments(path)
    lost = files[number]
    lost.unlink()
    audit = Journal(path).verify()
    assert [finding.file for finding in audit.links] == [files[files.index(lost) + 1]]
    assert lost.name in audit.links[0].problem
    assert not audit.whole


def test_a_file_cut_after_it_was_full_is_noticed(path: Path) -> None:
    """Its last line gone, which no number and no checksum would show."""
    second = segments(path)[1]
    second.write_bytes(b"".join(second.read_bytes().splitlines(keepends=True)[:-1]))
    audit = Journal(path).verify()
    assert [finding.file.name for finding in audit.findings] == ["j.000003.jsonl"]
    assert not audit.gaps


def test_an_exchanged_file_is_noticed(path: Path) -> None:
    """Two files under each other's names."""
    first, second = segments(path)[:2]
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    assert Journal(path).verify().links


def test_an_id_again_in_another_file_is_a_duplicate(tmp_path: Path) -> None:
    """Named with the file that it stood in first."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, rotate_bytes=1024)
    for _ in range(2):
        journal.append("trace", {"ballast": "x" * 1024}, event_id="same")
    duplicates = journal.verify().duplicates
    assert [(finding.file, finding.line) for finding in duplicates] == [(path, 2)]
    assert "j.000001.jsonl:1" in duplicates[0].problem


def test_a_torn_tail_of_a_full_file_is_named_in_it(tmp_path: Path) -> None:
    """It was torn when the file was full; the next file is none the worse."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path, rotate_bytes=1024)
    journal.append("trace", {"ballast": "x" * 1024})
    with path.open("ab") as other:
        other.write(b'{"v":1,"torn')
    journal.append("trace", {"number": 1})
    audit = journal.verify()
    assert [(finding.file.name, finding.line) for finding in audit.findings] == [("j.000001.jsonl", 2)]
    assert [entry.number for entry in journal.read() if isinstance(entry, Damaged)] == [2]


def test_a_rotation_that_stopped_halfway_is_finished(path: Path) -> None:
    """A full file renamed and no active one yet: readers read what is there, the next append begins it."""
    files = segments(path)
    path.rename(path.with_name(f"j.{len(files):06d}.jsonl"))
    readers = [Journal(path), Journal(path, rotate_bytes=_SMALL)]
    assert sum(1 for _ in readers[0].read()) == 40 + len(files) - 1
    assert readers[0].verify().whole
    path.touch()
    assert readers[0].verify().whole
    made = judge(readers[1])
    assert readers[0].knows(made)
    assert len(segments(path)) == len(files) + 1
    assert Journal(path).verify().whole


def test_numbers_go_on_after_old_files_were_put_away(path: Path) -> None:
    """A name is never given twice, though the directory no longer tells."""
    files = segments(path)
    for file in files[:-1]:
        file.unlink()
    journal = Journal(path, rotate_bytes=_SMALL)
    for _ in range(20):
        judge(journal)
    assert segments(path)[0].name == f"j.{len(files):06d}.jsonl"


def test_a_rotation_that_cannot_be_made_costs_no_line(tmp_path: Path) -> None:
    """The name the next file is prepared under is taken by a directory: the full one is appended to."""
    path = tmp_path / "j.jsonl"
    (tmp_path / "j.jsonl.next").mkdir()
    journal = Journal(path, rotate_bytes=1024)
    for number in range(10):
        journal.append("trace", {"number": number, "ballast": "x" * 300})
    assert segments(path) == (path,)
    (tmp_path / "j.jsonl.next").rmdir()
    journal.append("trace", {"number": 10})
    assert len(segments(path)) == 2
    assert [line["number"] for line in events_of(path)] == list(range(11))
    assert journal.verify().whole


def test_settings_that_no_file_can_keep_are_refused(tmp_path: Path) -> None:
    """A size that the first line alone would fill; a kind that only a rotation writes."""
    with pytest.raises(CallerError, match="rotate_bytes"):
        Journal(tmp_path / "j.jsonl", rotate_bytes=10)
    with pytest.raises(CallerError, match="segment"):
        Journal(tmp_path / "j.jsonl").append("segment", {"number": 2})


_APPENDS = """
import sys
from bayesian_verifier.journal import Journal
journal = Journal(sys.argv[1], rotate_bytes=4096, fsync="never")
for number in range(int(sys.argv[2])):
    print(journal.append("trace", {"number": number, "ballast": "x" * (number % 500)}))
"""


def test_processes_rotate_under_each_other(tmp_path: Path) -> None:
    """Four that all rotate: every event once, every file whole, numbers gapless in each."""
    path = tmp_path / "j.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", _APPENDS, path, "200"], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = [line for writer in writers for line in writer.communicate()[0].split()]
    assert all(writer.returncode == 0 for writer in writers)
    assert sorted(line["id"] for line in events_of(path)) == sorted(said)
    assert len(said) == 800
    assert len(segments(path)) > 20
    assert Journal(path).verify().whole
    assert json.loads(path.read_bytes().split(b"\n")[0])["number"] == len(segments(path))
