"""Is a file of another shape imported once, exactly, and refused with the place of what is wrong?"""

from __future__ import annotations

import gzip
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from journal_samples import lines_of

from bayesian_verifier.commands.journal import command
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import Imported, Journal, import_file, merge, read_map
from bayesian_verifier.journal._import_map import map_of
from bayesian_verifier.journal._pointers import NOTHING, found_at, pointer_of
from bayesian_verifier.judgment_layer import JudgmentLayer, MetaJudgmentController, VerifierClient

if TYPE_CHECKING:
    from collections.abc import Iterable

EXAMPLES = Path(__file__).parents[2] / "examples"

CHOICE: dict[str, Any] = {
    "who": "p1",
    "lotteries": [[[4000, 0.5], [3200, 0.5]], [[7700, 0.5], [200, 0.5]]],
    "took": "B",
    "at": 1_700_000_000,
}
SMALL = {"options": {"at": "/o"}, "chosen": "c", "feedback": "f"}
LINE: dict[str, Any] = {
    "c": 1,
    "f": "approve",
    "o": [
        {"outcomes": [{"payoff": 1, "probability": 1}]},
        {"outcomes": [{"payoff": 2, "probability": 0.5}, {"payoff": 0, "probability": 0.5}]},
    ],
}


NAMES = st.text("ab~/.01", max_size=3)


def put(directory: Path, lines: Iterable[object]) -> Path:
    file = directory / "in.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def imported(directory: Path, lines: Iterable[object], by: dict[str, Any], **how: bool) -> Imported:
    return import_file(put(directory, lines), map_of(by, "map"), Journal(directory / "j.jsonl"), **how)


def test_the_example_map_reads_what_it_says(tmp_path: Path) -> None:
    """A time in seconds, an option by its letter, money in cents, a practice round left out."""
    file = put(tmp_path, [CHOICE, {**CHOICE, "practice": True}])
    journal = Journal(tmp_path / "j.jsonl")
    done = import_file(file, read_map(EXAMPLES / "import_choices.toml"), journal)
    assert (done.judgments, done.feedback, done.skipped) == (1, 1, {"a practice round": 1})
    judgment, answer = lines_of(journal.path)
    assert (judgment["subject"], judgment["chosen"], judgment["source"]) == ("p1", 1, "import")
    assert judgment["ts"] == "2023-11-14T22:13:20.000000Z"
    assert judgment["posterior"] is None
    assert [[o["payoff"] for o in option["outcomes"]] for option in judgment["case"]["options"]] == [
        [40.0, 32.0],
        [77.0, 2.0],
    ]
    assert (answer["judgment"], answer["feedback"]) == (judgment["id"], "approve")
    assert journal.verify().whole


def test_what_is_imported_is_evidence_for_the_layer(tmp_path: Path) -> None:
    """With nobody at the other end: the controller's bracket has moved off the cautious prior."""
    imported(tmp_path, [{**LINE, "c": 0, "s": "ada", "n": n} for n in range(4)], SMALL | {"subject": "s"})
    journal = Journal(tmp_path / "j.jsonl")
    with VerifierClient("http://127.0.0.1:9", timeout=0.05) as client:
        layer = JudgmentLayer(client, MetaJudgmentController(), journal, history_timeout=30)
        known, unknown = layer.assess(subject="ada"), layer.assess(subject="ben")
    assert len(journal.history("ada").judgments) == 4
    assert known.mean != unknown.mean


def test_importing_twice_adds_nothing(tmp_path: Path) -> None:
    """Not even lines that say the same as others; more lines add only themselves."""
    first = imported(tmp_path, [LINE, LINE, {**LINE, "c": 0}], SMALL)
    before = (tmp_path / "j.jsonl").read_bytes()
    again = imported(tmp_path, [LINE, LINE, {**LINE, "c": 0}], SMALL)
    assert (first.judgments, again.judgments, again.feedback, again.known) == (3, 0, 0, 6)
    assert (tmp_path / "j.jsonl").read_bytes() == before
    assert imported(tmp_path, [LINE, LINE, {**LINE, "c": 0}, {**LINE, "f": "reject"}], SMALL).judgments == 1


def test_two_imports_of_one_file_merge_into_one(tmp_path: Path) -> None:
    """On two machines, by whatever writers."""
    file = put(tmp_path, [LINE, {**LINE, "c": 0}])
    for name in "ab":
        with Journal(tmp_path / name) as journal:
            journal.append("policy", {"on": name})
            import_file(file, map_of(SMALL, "map"), journal)
    union = merge(tmp_path / "out", [tmp_path / "a", tmp_path / "b"])
    assert (union.events, union.duplicates, union.conflicts) == (4 + 2, 4, {})


def test_a_map_that_was_mended_is_at_odds_with_what_is_there(tmp_path: Path) -> None:
    """Nothing is added twice; each id is named."""
    imported(tmp_path, [LINE], SMALL)
    again = imported(tmp_path, [LINE], SMALL | {"wealth": {"value": 50}})
    assert (again.judgments, len(again.conflicts)) == (0, 1)


# A map, a line, and where and what the error is.
@pytest.mark.parametrize(
    ("by", "line", "pointer", "rule"),
    [
        ({}, {**LINE, "c": 2}, "/c", "chosen_range"),
        ({}, {**LINE, "f": "yes"}, "/f", "feedback_value"),
        ({"feedback": {"at": "f", "values": {"yes": "approve"}}}, LINE, "/f", "translation"),
        ({}, {"o": LINE["o"]}, "/c", "missing"),
        ({}, {**LINE, "o": [LINE["o"][0]]}, "/o", "option_count"),
        ({"ts": "t"}, {**LINE, "t": "2026-01-01T00:00:00"}, "/t", "time"),
        ({"ts": {"at": "t", "unit": "s"}}, {**LINE, "t": -1}, "/t", "time"),
        ({"reward": "r"}, {**LINE, "r": 500}, "/r", "reward_range"),
        ({}, [LINE], "", "type"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_in_the_line(
    tmp_path: Path, by: dict[str, Any], line: object, pointer: str | None, rule: str | None
) -> None:
    """And nothing is imported, unless the rest is asked for."""
    bad = imported(tmp_path, [{**LINE, "t": 0}, line], SMALL | by).bad[-1]
    assert (bad.line, bad.violation.pointer, bad.violation.rule) == (2, pointer, rule)
    assert not (tmp_path / "j.jsonl").exists()


def test_the_place_of_a_payoff_is_that_in_the_file(tmp_path: Path) -> None:
    """Down to the outcome."""
    wrong = json.loads(json.dumps(LINE))
    wrong["o"][1]["outcomes"][1]["payoff"] = "much"
    [bad] = imported(tmp_path, [wrong], SMALL).bad
    assert bad.violation.pointer == "/o/1/outcomes/1/payoff"
    lists = {
        "options": {"at": "lotteries", "outcomes": "", "payoff": "/0", "probability": "1"},
        "chosen": "c",
    }
    wrong = {"c": 0, "lotteries": [[[1, 1]], [[1, 0.5], [2, "half"]]]}
    [bad] = imported(tmp_path, [wrong], lists).bad
    assert bad.violation.pointer == "/lotteries/1/1/1"


def test_the_good_lines_can_be_had_without_the_bad(tmp_path: Path) -> None:
    """When they are asked for."""
    done = imported(tmp_path, [LINE, {**LINE, "c": 9}, {**LINE, "c": 0}], SMALL, partial=True)
    assert (done.judgments, len(done.bad)) == (2, 1)
    assert Journal(tmp_path / "j.jsonl").verify().whole


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    """Neither the journal nor anything beside it."""
    dry = imported(tmp_path, [LINE, {**LINE, "c": 0}], SMALL, dry_run=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]
    assert dry == imported(tmp_path, [LINE, {**LINE, "c": 0}], SMALL)


def test_options_may_stand_in_columns(tmp_path: Path) -> None:
    """With a probability that is what the others leave, and outcomes that some lines lack."""
    by = {
        "chosen": {"at": "took", "values": {"1": 0, "2": 1}},
        "options": [
            {"outcomes": [{"payoff": "sure", "probability": {"value": 1}}]},
            {
                "outcomes": [
                    {"payoff": "high", "probability": "p"},
                    {"payoff": "mid", "probability": "q"},
                    {"payoff": "low", "probability": "rest"},
                ]
            },
        ],
    }
    imported(tmp_path, [{"sure": 5, "high": 10, "p": 0.25, "low": 1, "took": 2}], by)
    [line] = lines_of(tmp_path / "j.jsonl")
    assert line["case"]["options"][1]["outcomes"] == [
        {"payoff": 10, "probability": 0.25},
        {"payoff": 1, "probability": 0.75},
    ]
    assert line["chosen"] == 1


def test_the_map_in_the_documentation_is_one(tmp_path: Path) -> None:
    """As it stands there."""
    text = (EXAMPLES.parent / "docs" / "operations.md").read_text()
    [block] = [
        one.split("```")[0] for one in text.split("```toml\n")[1:] if "[[options]]" in one.split("```")[0]
    ]
    line = {"choice": "B", "sure": 40, "high": 100, "p": 0.5, "low": 0}
    assert imported(tmp_path, [line], tomllib.loads(block)).feedback == 1


def test_verdicts_are_those_of_the_built_in_rules(tmp_path: Path) -> None:
    """A choice that could ruin is refuted, not proved; with wealth enough it is not."""
    ruin = json.loads(json.dumps(LINE))
    ruin["o"][1]["outcomes"][1]["payoff"] = -1
    imported(tmp_path, [ruin, {**ruin, "w": 1}], SMALL | {"wealth": {"at": "w", "default": 0}})
    verdicts = [line["verdict"] for line in lines_of(tmp_path / "j.jsonl") if line["kind"] == "judgment"]
    assert verdicts == ["refuted", "proved"]
    skipped = imported(tmp_path, [{**ruin, "n": 1}], SMALL | {"skip": [{"insolvent": True}]})
    assert (skipped.judgments, sum(skipped.skipped.values())) == (0, 1)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"chosen": None}, "chosen"),
        ({"chosn": "c"}, "chosn"),
        ({"wealth": {"at": "w", "value": 1}}, "`at` or `value`"),
        ({"skip": [{"at": "x"}]}, "skip.0"),
        ({"money": 0}, "money"),
    ],
)
def test_a_wrong_map_is_the_callers_mistake(change: dict[str, Any], says: str) -> None:
    """Named by its member."""
    with pytest.raises(CallerError, match=says):
        map_of(SMALL | change, "map.toml")


@given(
    st.recursive(
        st.integers(), lambda x: st.lists(x, max_size=3) | st.dictionaries(NAMES, x, max_size=3), max_leaves=6
    )
)
def test_every_place_in_a_document_is_found_by_its_pointer(document: object) -> None:
    """Whatever its names hold: slashes, tildes, dots, nothing at all."""

    def walk(value: object, pointer: str) -> None:
        assert found_at(document, pointer) is value
        assert pointer_of(pointer) == pointer
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for step, inner in pairs:
            walk(inner, pointer + "/" + str(step).replace("~", "~0").replace("/", "~1"))

    walk(document, "")
    assert found_at(document, "/0/no such/place") is NOTHING


def test_the_command_tells_people_and_programs(tmp_path: Path) -> None:
    """Each bad line on standard error, a summary, exit code 1; gzip is read as it is."""
    with gzip.open(tmp_path / "in.jsonl.gz", "wt") as file:
        file.write(json.dumps(CHOICE) + "\n" + json.dumps({**CHOICE, "took": "C"}) + "\n")
    arguments = ["import", str(tmp_path / "in.jsonl.gz"), "--map", str(EXAMPLES / "import_choices.toml")]
    arguments += ["--out", str(tmp_path / "j.jsonl")]
    told = CliRunner().invoke(command, arguments)
    assert told.exit_code == 1
    assert "in.jsonl.gz:2: /took: expected one of 'A', 'B', got 'C' [translation]" in told.stderr
    document = json.loads(CliRunner().invoke(command, [*arguments, "--partial", "--json"]).stdout)
    assert (document["judgments"], [bad["line"] for bad in document["bad"]]) == (1, [2])
