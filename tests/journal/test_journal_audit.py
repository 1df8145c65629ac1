"""Does `verify` find each thing that can be wrong with a journal, and nothing where nothing is?"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import pytest
from journal_samples import judge

from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Damaged, Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def sealed(line: bytes, old: bytes, new: bytes) -> bytes:
    """A line with something replaced and its checksum made to fit again."""
    body = line.rpartition(b',"crc"')[0].replace(old, new)
    return body + b',"crc":"%08x"}\n' % zlib.crc32(body)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three judgments, of which the first is answered, by one writer."""
    journal = Journal(tmp_path / "j.jsonl", writer="app")
    made = [judge(journal) for _ in range(3)]
    journal.append_feedback(made[0], "approve")
    journal.append("policy", {"step": 1})
    return tmp_path / "j.jsonl"


def test_a_whole_journal_has_no_findings(path: Path) -> None:
    """Kinds, writers and open judgments are counted."""
    audit = Journal(path).verify()
    assert audit.whole
    assert (audit.lines, audit.writers, audit.unanswered) == (5, {"app": 5}, 2)
    assert audit.kinds == {"judgment": 3, "feedback": 1, "policy": 1}


def test_an_empty_journal_is_whole(tmp_path: Path) -> None:
    """Nothing is wrong with nothing; but a file that is not there is asked for in error."""
    (tmp_path / "empty.jsonl").touch()
    assert Journal(tmp_path / "empty.jsonl").verify().whole
    with pytest.raises(CallerError, match="no such journal"):
        Journal(tmp_path / "absent.jsonl").verify()


# What is done to the lines, and what is found: the category and the numbers of the lines.
_WRONGS: list[tuple[str, Callable[[list[bytes]], list[bytes]], dict[str, list[int]]]] = [
    ("a bit", lambda x: [x[0], x[1].replace(b"0.6", b"0.7", 1), *x[2:]], {"damaged": [2], "gaps": [3]}),
    ("a line gone", lambda x: [x[0], *x[2:]], {"gaps": [2]}),
    ("the end gone", lambda x: x[:2], {}),
    ("a line twice", lambda x: [*x[:2], x[1], *x[2:]], {"gaps": [3], "duplicates": [3]}),
    ("two swapped", lambda x: [x[0], x[2], x[1], *x[3:]], {"gaps": [2, 3]}),
    ("a judgment gone", lambda x: x[1:], {"gaps": [1], "strays": [3]}),
    ("a torn tail", lambda x: [*x[:4], x[4][:-20]], {"damaged": [5]}),
    ("a torn newline", lambda x: [*x[:4], x[4][:-1]], {"damaged": [5]}),
    ("an empty line", lambda x: [x[0], b"\n", *x[1:]], {"damaged": [2]}),
    ("zeros", lambda x: [*x, b"\0" * 100], {"damaged": [6]}),
    ("a newer version", lambda x: [*x[:4], sealed(x[4], b'"v":1', b'"v":2')], {"damaged": [5]}),
    ("no version", lambda x: [*x[:4], sealed(x[4], b'"v":1,', b"")], {"damaged": [5]}),
    ("another kind's form", lambda x: [*x[:4], sealed(x[4], b"policy", b"judgment")], {"damaged": [5]}),
    ("not UTF-8", lambda x: [*x[:4], sealed(x[4], b"step", b"st\xffp")], {"damaged": [5]}),
    ("a list", lambda x: [*x, sealed(b'[1],"crc"', b"x", b"x")], {"damaged": [6]}),
    ("deep nesting", lambda x: [*x, sealed(b"[" * 100_000 + b',"crc"', b"x", b"x")], {"damaged": [6]}),
    (
        "no belief",
        lambda x: [sealed(x[0], b'"0.05":0.27', b'"0.05":9.27'), *x[1:]],
        {"damaged": [1], "gaps": [2], "strays": [4]},
    ),
]


@pytest.mark.parametrize(
    ("change", "found"), [wrong[1:] for wrong in _WRONGS], ids=[wrong[0] for wrong in _WRONGS]
)
def test_each_wrong_is_found_in_its_line(
    path: Path, change: Callable[[list[bytes]], list[bytes]], found: dict[str, list[int]]
) -> None:
    """And nothing else is."""
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    audit = Journal(path).verify()
    assert {
        name: [finding.line for finding in findings]
        for name in ("damaged", "gaps", "duplicates", "strays")
        if (findings := getattr(audit, name))
    } == found


def test_damage_leaves_the_rest_readable(path: Path) -> None:
    """Whatever stands in one line, the others are read, by number."""
    lines = path.read_bytes().splitlines(keepends=True)
    for number in range(1, 6):
        path.write_bytes(b"".join([*lines[: number - 1], b"\xff\x00{]\n", *lines[number:]]))
        entries = list(Journal(path).read())
        assert [entry.number for entry in entries] == [1, 2, 3, 4, 5]
        assert [entry.number for entry in entries if isinstance(entry, Damaged)] == [number]
