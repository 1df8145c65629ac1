"""Is what was promised to stay still so? A journal written long ago; a reply is looked at in test_docs_run.py."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from pathlib import Path
from typing import get_args

from documentation import ROOT, page, table_under

from bayesian_verifier import Journal
from bayesian_verifier.judgment_layer import Reason

OLD = Path(__file__).parent / "journal_v1"
# As they were committed: whoever changes these files changes the past.
WRITTEN = {
    "judgments.000001.jsonl": "b76540d5bc0f58e8da5c94e97819b464208560ed1f1d30dbd9b0a4d8b289b970",
    "judgments.jsonl": "35822e8f52743b478efef9860a6f6e7007c6ac555c2857b9b62c6fa6ea3d20a9",
}


def old_journal(folder: Path) -> Path:
    """A copy of the old files."""
    for path in OLD.iterdir():
        shutil.copyfile(path, folder / path.name)
    return folder / "judgments.jsonl"


def test_the_old_files_are_as_they_were() -> None:
    """By sha256."""
    assert {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in OLD.iterdir()} == WRITTEN


def test_an_old_journal_is_whole_and_read(tmp_path: Path) -> None:
    """Its two files, every line; what a person answered is evidence still."""
    with Journal(old_journal(tmp_path)) as journal:
        found = journal.verify()
        assert found.findings == ()
        assert found.kinds == {"judgment": 4, "feedback": 4, "segment": 1, "policy": 1}
        history = journal.history("ada ∆")
    assert [(one.feedback, one.reward) for one in history.judgments] == [
        ("reject", None),
        ("approve", 0.25),
        ("reject", None),
        ("approve", None),
    ]


def test_an_old_journal_goes_on(tmp_path: Path) -> None:
    """A line is appended, the old ones stay byte for byte, and a member nobody knows is kept."""
    path = old_journal(tmp_path)
    before = path.read_bytes()
    with Journal(path) as journal:
        journal.append("policy", {"says": "more"})
        assert journal.verify().findings == ()
    assert path.read_bytes().startswith(before)
    assert json.loads(before.splitlines()[-1])["newer"] == {"member": [1, 2]}


def test_every_reason_has_a_line_in_troubleshooting() -> None:
    """All that an assessment may give."""
    rows = table_under(page("docs/troubleshooting.md"), "## Answers come from the controller")
    assert {reason for row in rows for reason in re.findall(r"\b[a-z]+_?[a-z]*\b", row[0])} >= set(
        get_args(Reason)
    )


def test_every_test_that_guards_against_a_threat_exists() -> None:
    """Each row names one."""
    rows = table_under(page("docs/threat-model.md"), "## Who, how, and what stands in the way")
    for row in rows:
        named = row[3].split(", ")
        assert named
        for name in named:
            assert (ROOT / name).is_file(), row
