"""Has a policy's line the form that the schema says, and is what was written before it had one still carried?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from click.testing import CliRunner
from journal_samples import judge

from bayesian_verifier import Journal
from bayesian_verifier.cli import root
from bayesian_verifier.journal import Damaged, OtherLine, PolicyLine, journal_schema

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = jsonschema.Draft202012Validator(journal_schema())
DECIDED: dict[str, Any] = {
    "subject": "ada",
    "policy": "89b79d1d54ab",
    "belief": {"mean": 0.5, "sd": 0.2},
    "source": "verifier",
    "s": "0123456789abcdef",
    "surroundings": {"stake": 3.0},
    "scores": [1.5, None, -0.25],
    "ask_score": 2.0,
    "temperature": 1.0,
    "ask": True,
    "choice": 0,
}


def written(journal: Journal, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """The line of a decision about a judgment, with other members in place of these."""
    journal.append("policy", {"judgment": judge(journal), **DECIDED, **other})
    found: dict[str, Any] = json.loads(journal.path.read_text().splitlines()[-1])
    return found


def test_a_decision_is_read_back_and_satisfies_the_schema(tmp_path: Path) -> None:
    """Every member; each of them is required."""
    journal = Journal(tmp_path / "j.jsonl")
    line = written(journal)
    SCHEMA.validate(line)
    event = list(journal.read())[-1].event  # type: ignore[union-attr]
    assert isinstance(event, PolicyLine)
    assert (event.scores, event.ask_score, event.choice) == ((1.5, None, -0.25), 2.0, 0)
    for name in line.keys() - {"judgment"}:
        assert not SCHEMA.is_valid({other: line[other] for other in line if other != name}), name
    said = CliRunner().invoke(root, ["journal", "show", str(journal.path), "--kind", "policy"]).stdout
    assert "option 0, would ask on" in said
    assert "policy 89b79d1d54ab" in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"belief": {"mean": 0.5, "sd": -0.2}},
        {"s": "short"},
        {"scores": []},
        {"temperature": 0.0},
        {"ask": "yes"},
        {"choice": -1},
        {"surroundings": []},
    ],
)
def test_a_decision_of_another_form_is_damaged(tmp_path: Path, wrong: dict[str, Any]) -> None:
    """To the schema and to a reader alike."""
    journal = Journal(tmp_path / "j.jsonl")
    assert not SCHEMA.is_valid(written(journal, **wrong))
    assert isinstance(list(journal.read())[-1], Damaged)


def test_what_names_no_judgment_is_carried_as_it_is(tmp_path: Path) -> None:
    """As older versions, and policies of other make, write it."""
    journal = Journal(tmp_path / "j.jsonl")
    for fields in ({"step": 3}, {"subject": "ada", "mean": 5.0, "sd": -0.3}):
        journal.append("policy", fields)
        SCHEMA.validate(json.loads(journal.path.read_text().splitlines()[-1]))
    assert all(isinstance(entry.event, OtherLine) for entry in journal.read())  # type: ignore[union-attr]
    assert journal.verify().whole
