"""Is a forgotten person gone from every file, with nothing else, whatever comes in between?"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journal_samples import judge, lines_of

from bayesian_verifier.commands.journal import command
from bayesian_verifier.errors import CallerError, JournalError
from bayesian_verifier.journal import Journal, forget, import_file, merge, segments
from bayesian_verifier.journal._import_map import map_of

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = 1024


def filled(path: Path, *, people: str = "abcab", rotate_bytes: int = SMALLEST) -> Journal:
    """A journal of several files: each person judged in turn and answered later, in other files too."""
    journal = Journal(path, writer="app", rotate_bytes=rotate_bytes)
    made = [judge(journal, f"{name}-person") for name in people * 3]
    for judgment in made:
        journal.append_feedback(judgment, "approve")
        journal.append("trace", {"judgment": judgment, "more": 1})
    return journal


def raw(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in segments(path))


def about(path: Path, person: str) -> list[bytes]:
    """Lines about a person or naming a judgment of theirs, found by the standard library alone."""
    lines = raw(path).splitlines()
    members = [json.loads(line) for line in lines]
    ids = {one["id"] for one in members if one.get("subject") == person}
    return [
        line
        for line, one in zip(lines, members, strict=True)
        if one["id"] in ids or one.get("judgment") in ids
    ]


def test_the_person_is_gone_and_nobody_else(tmp_path: Path) -> None:
    """From every file; the other lines keep their bytes and their order, and the journal is whole."""
    path = tmp_path / "j.jsonl"
    journal = filled(path)
    before, theirs = raw(path).splitlines(), about(path, "b-person")
    assert len(segments(path)) > 5
    done = forget(path, "b-person")
    assert done.total == len(theirs) == 3 * 2 * 3
    after = raw(path)
    assert b"b-person" not in after
    assert not any(json.loads(line)["id"].encode() in after for line in theirs)
    kept = [line for line in after.splitlines() if line in set(before)]
    assert kept == [line for line in before if line not in set(theirs)]
    assert {json.loads(line)["kind"] for line in after.splitlines() if line not in set(before)} <= {
        "forgotten",
        "erased",
    }
    assert journal.verify().whole
    assert len(journal.history("a-person").judgments) == 6
    assert not journal.history("b-person").judgments


def test_a_reader_and_a_writer_in_other_hands_go_on(tmp_path: Path) -> None:
    """They had read and written all of it before; numbers go on without a gap or a repeat."""
    path = tmp_path / "j.jsonl"
    journal = filled(path, people="ab", rotate_bytes=1 << 20)
    other = Journal(path, writer="other")
    assert len(other.history("b-person").judgments) == 3
    last = judge(other, "b-person")
    forget(path, "b-person")
    assert not other.history("b-person").judgments
    assert not journal.knows(last)
    judge(other, "b-person")
    journal.append("policy", {"step": 1})
    audit = Journal(path).verify()
    assert audit.whole
    assert [line["seq"] for line in lines_of(path) if line["writer"] == "other"][-2:] == [1, 2]


def test_a_reader_between_two_files_being_written_again_misses_nobody(tmp_path: Path) -> None:
    """As while somebody is forgotten: full files are new ones, the active one is still the old one."""
    path = tmp_path / "j.jsonl"
    filled(path)
    reader = Journal(path)
    reader.catch_up()
    for file in segments(path)[:-1]:
        content = file.read_bytes()
        file.with_name("beside").write_bytes(content)
        file.with_name("beside").replace(file)
    assert len(reader.history("a-person").judgments) == 6


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(("u", "v"))), max_size=12), st.data())
def test_other_losses_still_show(tmp_path: Path, people: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whichever line beside the removed ones goes missing afterwards, save the last of a writer."""
    path = tmp_path / "j.jsonl"
    path.unlink(missing_ok=True)
    journals = {writer: Journal(path, writer=writer) for writer in "uv"}
    for person, writer in [*people, ("b", "u")]:
        judge(journals[writer], person)
    forget(path, "b")
    assert Journal(path).verify().whole
    lines = path.read_bytes().splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 1))
    writer = json.loads(lines[gone])["writer"]
    if any(json.loads(line)["writer"] == writer for line in lines[gone + 1 :]):
        path.write_bytes(b"".join(lines[:gone] + lines[gone + 1 :]))
        assert Journal(path).verify().gaps


def test_a_file_compacted_and_then_changed_shows(tmp_path: Path) -> None:
    """The file after it still vouches for it, through the tombstone; not for any other file."""
    path = tmp_path / "j.jsonl"
    journal = filled(path)
    for person in ("b-person", "a-person"):
        forget(path, person)
        assert journal.verify().whole
    closed = next(file for file in segments(path) if b'"kind":"judgment"' in file.read_bytes())
    content = closed.read_bytes()
    lines = content.splitlines(keepends=True)
    closed.write_bytes(b"".join(lines[:-1]))
    assert journal.verify().links
    closed.write_bytes(content + lines[-1])
    assert journal.verify().links
    closed.write_bytes(content)
    assert journal.verify().whole


def test_a_restored_old_file_shows_and_is_forgotten_again(tmp_path: Path) -> None:
    """As after a backup was put back: `verify` names the line, and to forget again mends it."""
    path = tmp_path / "j.jsonl"
    journal = filled(path)
    old = next(file for file in segments(path) if b"b-person" in file.read_bytes())
    content = old.read_bytes()
    forget(path, "b-person")
    old.write_bytes(content)
    [finding] = journal.verify().remains
    assert finding.file == old
    assert forget(path, "b-person").total > 0
    assert journal.verify().whole


# Ends the process, as kill -9 would, at the N-th time that it opens, renames or removes a file.
_DIES = """
import os, sys
from pathlib import Path
from bayesian_verifier.journal import forget

left = int(sys.argv[3])

def dies(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.listdir", "os.chmod"):
        left -= 1
        if left == 0:
            os._exit(9)

sys.addaudithook(dies)
forget(Path(sys.argv[1]), sys.argv[2])
"""


def test_killed_at_any_step_it_can_be_finished(tmp_path: Path) -> None:
    """At each, every file is the old or the new one, the others' lines are all there, and a second run ends it."""
    path = tmp_path / "j" / "j.jsonl"
    path.parent.mkdir()
    filled(path, people="ab", rotate_bytes=3000)
    files = {file.name: file.read_bytes() for file in segments(path)}
    others = set(raw(path).splitlines()) - set(about(path, "b-person"))
    killed = 0
    for step in range(1, 300, 3):
        for file in path.parent.iterdir():
            file.unlink()
        for name, content in files.items():
            (path.parent / name).write_bytes(content)
        ended = subprocess.run([sys.executable, "-c", _DIES, str(path), "b-person", str(step)], check=False)
        assert others <= set(raw(path).splitlines())
        assert not Journal(path).verify().damaged
        if ended.returncode == 0:
            break
        killed += 1
        forget(path, "b-person")
        assert Journal(path).verify().whole
        assert b"b-person" not in raw(path)
        assert others <= set(raw(path).splitlines())
        assert not list(path.parent.glob("*.new"))
    assert killed >= 6


def test_a_disk_that_is_full_leaves_the_old_files(tmp_path: Path) -> None:
    """And says so."""
    path = tmp_path / "j.jsonl"
    filled(path)
    before = raw(path)
    code = (
        "import resource, signal, sys\nfrom pathlib import Path\nfrom bayesian_verifier.journal import forget\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))\n"
        "forget(Path(sys.argv[1]), 'b-person')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert "JournalError" in ended.stderr
    assert "cannot forget" in ended.stderr
    assert raw(path) == before
    assert Journal(path).verify().whole


def test_merging_an_old_copy_brings_nobody_back(tmp_path: Path) -> None:
    """In either order, nor answers that arrive later; what others said is all there."""
    path = tmp_path / "j.jsonl"
    journal = filled(path)
    merge(tmp_path / "old.jsonl", [path])
    theirs = [json.loads(line)["id"] for line in about(path, "b-person")]
    forget(path, "b-person")
    late = Journal(tmp_path / "late.jsonl")
    for judgment in theirs:
        late.append("feedback", {"judgment": judgment, "feedback": "reject", "reward": None})
    for name, order in (("x", ("old", "j", "late")), ("y", ("late", "j", "old"))):
        union = merge(tmp_path / name, [tmp_path / f"{one}.jsonl" for one in order])
        assert union.forgotten == 2 * len(theirs)
        assert union.lost == 0
        assert b"b-person" not in (tmp_path / name).read_bytes()
        assert Journal(tmp_path / name).verify().whole
    assert (tmp_path / "x").read_bytes() == (tmp_path / "y").read_bytes()
    assert len(Journal(tmp_path / "x").history("a-person").judgments) == 6
    assert journal.verify().whole


def test_a_merged_file_forgets_as_well(tmp_path: Path) -> None:
    """Its heading speaks for what is left, and lines appended since go, too; a line lost before stays lost."""
    path = tmp_path / "j.jsonl"
    filled(path)
    merge(tmp_path / "m.jsonl", [path])
    merged = Journal(tmp_path / "m.jsonl", writer="app")
    judge(merged, "b-person")
    merged.append("policy", {"step": 1})
    forget(merged.path, "b-person")
    assert b"b-person" not in merged.path.read_bytes()
    assert merged.verify().whole
    judge(merged, "c-person")
    assert merged.verify().whole
    content = merged.path.read_bytes()
    lines = content.splitlines(keepends=True)
    for hurt in ([*lines[:3], *lines[4:]], [*lines[:3], lines[4], lines[3], *lines[5:]]):
        merged.path.write_bytes(b"".join(hurt))
        assert not merged.verify().whole
        forget(merged.path, "c-person")
        assert not merged.verify().whole


def test_numbers_removed_from_what_was_merged_excuse_no_later_gap(tmp_path: Path) -> None:
    """The lines that a heading speaks for have their writer's numbers from other files."""
    for name, people, at in (("old", "xxxxbx", 1000), ("new", "xxx", 9000)):
        journal = Journal(tmp_path / name, writer="app", clock=lambda at=at: at)
        for person in people:
            judge(journal, person)
    merge(tmp_path / "m", [tmp_path / "old", tmp_path / "new"])
    for _ in range(4):
        judge(Journal(tmp_path / "m", writer="app"), "y")
    forget(tmp_path / "m", "b")
    assert Journal(tmp_path / "m").verify().whole
    lines = (tmp_path / "m").read_bytes().splitlines(keepends=True)
    [fifth] = [number for number, line in enumerate(lines) if b'"y"' in line and b'"seq":5,' in line]
    (tmp_path / "m").write_bytes(b"".join(lines[:fifth] + lines[fifth + 1 :]))
    assert len(Journal(tmp_path / "m").verify().gaps) == 1


def test_damaged_lines_that_tell_of_the_person_go(tmp_path: Path) -> None:
    """Others stay as they are: they are evidence."""
    path = tmp_path / "j.jsonl"
    journal = Journal(path)
    for person in ("ädä", "ben"):
        judge(journal, person)
    path.write_bytes(path.read_bytes().replace(b'"mean":0.6', b'"mean":0.7') + b'{"torn":"\xc3\xa4d')
    forget(path, "ädä")
    assert "ädä".encode() not in path.read_bytes()
    assert b"ben" in path.read_bytes()
    assert b'{"torn":' in path.read_bytes()


def test_what_a_killed_rewriting_left_is_gone_too(tmp_path: Path) -> None:
    """Beside every file, though that file itself told nothing of the person."""
    path = tmp_path / "j.jsonl"
    filled(path)
    for file in segments(path):
        file.with_name(f"{file.name}.new").write_bytes(raw(path))
    forget(path, "b-person")
    assert not any(b"b-person" in file.read_bytes() for file in tmp_path.iterdir())


def test_an_import_brings_nobody_back(tmp_path: Path) -> None:
    """Whom the journal was told to forget, though the file still tells of them."""
    options = [{"outcomes": [{"payoff": n, "probability": 1}]} for n in (1, 2)]
    lines = [{"s": name, "options": options, "chosen": 1, "f": "approve"} for name in ("ada", "ben")]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    by = map_of({"subject": "s", "options": "options", "chosen": "chosen", "feedback": "f"}, "map")
    journal = Journal(tmp_path / "j.jsonl")
    assert import_file(tmp_path / "in.jsonl", by, journal).judgments == 2
    forget(journal.path, "ada")
    again = import_file(tmp_path / "in.jsonl", by, journal)
    assert (again.judgments, again.known, again.forgotten) == (0, 2, 2)


def test_names_stand_neither_in_the_tombstone_nor_beside_the_journal(tmp_path: Path) -> None:
    """Its hash is the salted one that the file says; the rights of the file stay what they were."""
    from hashlib import sha256

    path = tmp_path / "j.jsonl"
    judge(Journal(path), "zoë")
    path.chmod(0o600)
    forget(path, "zoë")
    [stone] = [line for line in lines_of(path) if line["kind"] == "forgotten"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "j.jsonl",
        "j.jsonl.lock",
        "j.jsonl.rewrite.lock",
    ]
    assert stone["subject_sha256"] == sha256(f"{stone['salt']}:zoë".encode()).hexdigest()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not any("zoë".encode() in file.read_bytes() for file in tmp_path.iterdir())


_APPENDS = """
import sys
from bayesian_verifier.judgment import Case
from bayesian_verifier.journal import Journal
from bayesian_verifier.posterior import Belief

options = [{"outcomes": [{"payoff": n, "probability": 1}]} for n in (1, 2)]
case = Case.model_validate({"options": options})
journal = Journal(sys.argv[1], writer=sys.argv[3] or None, fsync="never", lock_timeout=20, rotate_bytes=20000)
for number in range(int(sys.argv[2])):
    made = journal.append_judgment(
        subject=f"p{number % 4}", case=case, chosen=0, verdict="proved", posterior=Belief(0.6, 0.2),
        source="controller", reason=None, model_version=None, meta_comment=""
    )
    print(made, number % 4)
"""


def test_eight_processes_append_while_people_are_forgotten(tmp_path: Path) -> None:
    """Every line of those who were not forgotten is there once; the journal is whole, through all rotations."""
    path = tmp_path / "j.jsonl"
    Journal(path).append("policy", {"step": 0})
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _APPENDS, str(path), "50", "shared" if number % 2 else ""],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    reader = Journal(path)
    while any(writer.poll() is None for writer in writers):
        forget(path, "p0")
        forget(path, "p1")
        reader.history("p2")
    said = [line.split() for writer in writers for line in writer.communicate()[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0] * 8
    for person in ("p0", "p1"):
        forget(path, person)
        assert not reader.history(person).judgments
    found = [json.loads(line) for line in raw(path).splitlines()]
    kept = sorted(line["id"] for line in found if line["kind"] == "judgment")
    assert kept == sorted(made for made, person in said if person in "23")
    assert reader.verify().whole


def test_the_command_says_how_many_lines_and_never_whose(tmp_path: Path) -> None:
    """Only a journal that is there can be asked; the name is asked for, so that it need not stand in a history."""
    path = tmp_path / "j.jsonl"
    judge(Journal(path), "ada")
    told = CliRunner().invoke(command, ["forget", "ada", str(path), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout) == {"file": str(path), "lines": 1, "files": {str(path): 1}}
    again = CliRunner().invoke(command, ["forget", "-", str(path)], input="ada\n")
    assert again.exit_code == 0
    assert "nothing" in again.stdout
    assert "ada" not in again.stdout + again.stderr
    with pytest.raises(CallerError):
        forget(tmp_path / "absent.jsonl", "ada")
    (tmp_path / "directory").mkdir()
    with pytest.raises(JournalError):
        forget(tmp_path / "directory", "ada")
