"""Do the journal commands tell people, programs and shells what they need?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from journal_samples import judge

from bayesian_verifier.commands.journal import command
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Judgments of two people, one answered, and an event with text that looks like markup."""
    journal = Journal(tmp_path / "j.jsonl")
    made = judge(journal, "ada")
    judge(journal, "ben [/bold]", chosen=None, verdict="refuted")
    journal.append_feedback(made, "approve", 0.25)
    journal.append("policy", {"step": 1})
    return tmp_path / "j.jsonl"


def test_show_tells_people_what_was_judged(path: Path) -> None:
    """A row for each event; text of the journal is never taken for markup."""
    result = run("show", path)
    assert result.exit_code == 0
    rows = [line for line in result.stdout.splitlines() if "20" in line]
    assert len(rows) == 4
    assert "option 0, proved" in rows[0]
    assert "0.60 ± 0.20" in rows[0]
    assert "ben [/bold]" in rows[1]
    assert "nothing proposed" in rows[1]
    assert "approve, reward 0.25" in rows[2]
    assert "policy" in rows[3]


def test_show_gives_programs_the_lines_themselves(path: Path) -> None:
    """Byte for byte, so that their checksums still hold."""
    result = run("show", path, "--json")
    assert result.stdout_bytes == path.read_bytes()


def test_show_finds_a_person_and_the_newest(path: Path) -> None:
    """A person's judgments with the answers to them; a kind; the last few."""
    theirs = [
        json.loads(line) for line in run("show", path, "--subject", "ada", "--json").stdout.splitlines()
    ]
    assert [line["kind"] for line in theirs] == ["judgment", "feedback"]
    newest = [json.loads(line) for line in run("show", path, "-n", "2", "--json").stdout.splitlines()]
    assert [line["kind"] for line in newest] == ["feedback", "policy"]
    judged = run("show", path, "--kind", "judgment", "--json").stdout.splitlines()
    assert len(judged) == 2


def test_show_tells_from_when_on_answers_count(path: Path) -> None:
    """An epoch is its subject's, and so is the taking back of it."""
    journal = Journal(path)
    fields = {
        "subject": "ada",
        "from": "2026-11-20T08:00:00.000000Z",
        "window": None,
        "reason": "asked",
        "by": "us",
    }
    epoch = journal.append("epoch", fields)
    journal.append("epoch_undone", {"epoch": epoch, "by": "grace", "why": None})
    rows = run("show", path, "--subject", "ada", "-n", "2").stdout.splitlines()
    assert any("answers count from 2026-11-20 08:00:00" in row and "us (asked)" in row for row in rows)
    assert any(f"epoch {epoch[:8]} undone" in row and "grace" in row for row in rows)
    assert run("show", path, "--subject", "ben [/bold]", "--kind", "epoch_undone", "--json").stdout == ""


def test_show_names_damage_beside_what_it_shows(path: Path) -> None:
    """On standard error, with the line's number; the rest is shown."""
    path.write_bytes(b"rubbish\n" + path.read_bytes())
    result = run("show", path, "--json")
    assert result.exit_code == 0
    assert f"{path}:1: damaged" in result.stderr
    assert len(result.stdout.splitlines()) == 4


def test_verify_ends_with_0_where_all_is_well(path: Path) -> None:
    """And says how much there is."""
    result = run("verify", path)
    assert result.exit_code == 0
    assert "whole; 4 lines (1 feedback, 2 judgment, 1 policy)" in result.stdout


def test_verify_ends_with_1_and_names_each_damage(path: Path) -> None:
    """For people by line; for programs as one object."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], lines[1].replace(b"refuted", b"proved!"), *lines[2:]]))
    result = run("verify", path)
    assert result.exit_code == 1
    assert f"{path}:2: the checksum says" in result.stdout
    assert f"{path}:3: writer" in result.stdout
    report = run("verify", path, "--json")
    assert report.exit_code == 1
    document = json.loads(report.stdout)
    assert not document["whole"]
    assert [finding["line"] for finding in document["damaged"]] == [2]
    assert [finding["line"] for finding in document["gaps"]] == [3]


def test_a_file_that_is_not_there_is_the_callers_mistake(tmp_path: Path) -> None:
    """Which the program's main turns into one line and exit code 2."""
    for name in ("show", "verify"):
        result = run(name, tmp_path / "absent.jsonl")
        assert isinstance(result.exception, CallerError)
