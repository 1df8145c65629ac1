"""The ledger's lines: what is written is what the schema says, and no line names a person."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from bayesian_verifier.journal import (
    AlarmLine,
    Journal,
    News,
    OtherLine,
    RollbackLine,
    ledger_lines,
    ledger_schema,
)
from bayesian_verifier.retraining import approve, read_operations, reject, run
from retraining.nights import DAY, Scene

PAGE = Path(__file__).parents[2] / "docs" / "retraining.md"
SCHEMA = ledger_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """All that retraining ever writes, as members."""
    scene = Scene(tmp_path_factory.mktemp("ledger") / "home", ["PROMOTE"] * 3, approval=True)
    scene.drift()
    for say in (reject, approve, None):
        run(scene.night(forced=True))
        if say is not None:
            say(
                scene.ledger,
                scene.store,
                read_operations(scene.ledger).asked[-1].line.id,
                "ann",
                now=scene.now,
            )
        scene.now += 8 * DAY
    run(scene.night())
    scene.ledger.append("rollback", {"from": "m2", "to": "m0", "by": "ann"})
    level = {"measure": "wide", "value": 0.3, "limit": 0.2, "raised": True, "people": 40}
    scene.ledger.append("population", level)
    return [json.loads(line) for line in scene.ledger.path.read_text().splitlines()]


def kinds():
    models = [SCHEMA["$defs"][one["$ref"].rpartition("/")[2]] for one in SCHEMA["anyOf"]]
    return {one["properties"]["kind"].get("const") for one in models} - {None, "segment"}


def test_every_kind_is_written_and_is_as_the_schema_says(lines):
    assert {one["kind"] for one in lines} == kinds()
    for one in lines:
        VALIDATOR.validate(one)


def test_a_line_without_one_of_its_members_is_none_to_the_schema_and_left_out_when_read(lines, tmp_path):
    with Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger:
        for one in lines:
            own = [name for name in one if name not in {"v", "seq", "id", "ts", "writer", "kind", "crc"}]
            for name in set(own) - {"people"}:
                less = {key: value for key, value in one.items() if key in own and key != name}
                ledger.append(one["kind"], less or {"x": 1})
                assert not VALIDATOR.is_valid({key: value for key, value in one.items() if key != name})
    assert list(ledger_lines(News(tmp_path / "ledger.jsonl").read().events)) == []


def test_the_page_has_every_kind():
    told = set()
    table = PAGE.read_text().partition("| kind | what it says |")[2].partition("\n\n")[0]
    for row in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, re.MULTILINE):
        told |= set(re.findall(r"`(\w+)`", row))
    assert told == kinds()


def test_no_line_has_room_for_a_subject():
    assert "subject" not in json.dumps(SCHEMA)


def test_members_and_kinds_of_a_later_version_are_carried(tmp_path):
    with Journal(tmp_path / "ledger.jsonl", fsync="never") as ledger:
        ledger.append("rollback", {"from": "b", "to": "a", "by": "ann", "why": "slow"})
        ledger.append("unheard_of", {"x": 1})
    back, other = ledger_lines(News(tmp_path / "ledger.jsonl").read().events)
    assert isinstance(back, RollbackLine)
    assert (back.from_, back.model_extra) == ("b", {"why": "slow"})
    assert isinstance(other, OtherLine)
    assert not isinstance(other, AlarmLine)
