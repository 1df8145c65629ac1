"""`bayesian-verifier verify` and `schema`, as processes: what they print and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bayesian_verifier.commands.verify import command
from bayesian_verifier.errors import CallerError
from judgment.lotteries import option, record

PROGRAM = Path(sys.executable).with_name("bayesian-verifier")
SAFE = record(id="safe")
INSOLVENT = record(id="broke", wealth=1.0, options=[option((-2.0, 1.0)), option((1.0, 1.0))])
OPEN = {"wealth": [0, 5], "options": [option((-1.0, 0.5), (9.0, 0.5)), option((1.0, 0.7))]}


def run(*arguments: object, given: str | bytes = "") -> subprocess.CompletedProcess[str]:
    """The command line, with this on its standard input; a verdict may take as long as a busy machine makes it."""
    content = given.encode() if isinstance(given, str) else given
    patience = ("--timeout", "20") if arguments[0] == "verify" and "--timeout" not in arguments else ()
    ended = subprocess.run(
        [PROGRAM, *map(str, arguments), *patience],
        input=content,
        capture_output=True,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(
        ended.args, ended.returncode, ended.stdout.decode(), ended.stderr.decode()
    )


def lines(*records: dict[str, Any]) -> str:
    """JSON Lines, with a blank one."""
    return "\n\n".join(map(json.dumps, records)) + "\n"


def test_verdicts_are_a_table_with_the_reasons_below(tmp_path: Path) -> None:
    """Exit code 1 where anything is refuted, and the counterexample in words."""
    path = tmp_path / "proposals.jsonl"
    path.write_text(lines(SAFE, INSOLVENT), encoding="utf-8")
    ended = run("verify", path)
    assert ended.returncode == 1, ended.stderr
    rows = [line.replace("│", " ").split() for line in ended.stdout.splitlines() if line.startswith("│")]
    assert rows == [
        ["safe", "0", "✓", "✓", "✓", "✓", "proved"],
        ["broke", "0", "✓", "✗", "✓", "✗", "refuted"],
    ]
    assert (
        "broke, option 0: solvency is refuted: x is the outcome that pays -2, -1 >= 0 does not hold"
        in ended.stdout
    )
    assert ended.stdout.splitlines()[-1] == "1 proved, 1 refuted, 0 unknown"


def test_programs_get_json_and_success_where_nothing_is_refuted() -> None:
    """From standard input, a whole document."""
    ended = run("verify", "-", "--json", given=json.dumps({"judgments": [SAFE, SAFE]}))
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document["summary"] == {"proved": 2, "refuted": 0, "unknown": 0}
    first = document["verified"][0]
    assert (first["record"], first["id"], first["option"], first["verdict"]) == (
        "/judgments/0",
        "safe",
        0,
        "proved",
    )
    assert [r["rule"] for r in first["results"]] == ["probabilities", "solvency", "budget", "dominance"]


def test_an_open_case_is_verified_for_every_option() -> None:
    """With a counterexample for each refutation."""
    ended = run("verify", "-", "--json", given=json.dumps(OPEN))
    assert ended.returncode == 1, ended.stderr
    verified = json.loads(ended.stdout)["verified"]
    assert [one["option"] for one in verified] == [0, 1]
    refuted = {
        r["rule"]: r["counterexample"] for one in verified for r in one["results"] if r["counterexample"]
    }
    assert refuted.keys() == {"probabilities", "solvency"}
    assert 0 <= refuted["solvency"]["wealth"] < 1


def test_rules_of_ones_own_are_used_instead(tmp_path: Path) -> None:
    """And a mistake in them is the operator's."""
    path = tmp_path / "mine.toml"
    path.write_text('[[rule]]\nname = "never"\nholds = "1 = 2"\n', encoding="utf-8")
    assert run("verify", "-", "--rules", path, given=json.dumps(SAFE)).returncode == 1
    path.write_text('[[rule]]\nname = "never"\nholds = "1 = "\n', encoding="utf-8")
    ended = run("verify", "-", "--rules", path, given=json.dumps(SAFE))
    assert ended.returncode == 3
    assert (
        ended.stderr == f"error: {path}: rule 'never', column 4: expected a value, got the end of the rule\n"
    )


def test_certificates_are_written_and_said_to_be_checked_or_not(tmp_path: Path) -> None:
    """One for each option verified."""
    ended = run("verify", "-", "--json", "--lean", tmp_path / "certificates", given=json.dumps(OPEN))
    answers = {one["lean"] for one in json.loads(ended.stdout)["verified"]}
    assert answers <= {"checked", "unchecked"}
    written = sorted(path.name for path in (tmp_path / "certificates").iterdir())
    assert written == ["certificate-1.lean", "certificate-2.lean"]


def test_bad_input_ends_with_2_and_one_line() -> None:
    """On stderr, and nothing on stdout."""
    ended = run("verify", "-", given="{")
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: <stdin>, line 1, column 2: not JSON: ")
    assert ended.stderr.count("\n") == 1
    assert not ended.stdout


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", " is empty: expected JSON or JSON Lines"),
        ("{", ", line 1, column 2: not JSON: "),
        (lines(SAFE) + "{oops\n", ", line 2, column 2: not JSON: "),
        (
            lines(SAFE, record(chosen=9)),
            ", line 3: /chosen: expected an index from 0 to 1, got 9 [chosen_range]",
        ),
        (
            json.dumps([SAFE, record(wealth="1")]),
            ': /1/wealth: expected a number, got the text "1" [type]',
        ),
        (lines(SAFE) + '{"wealth": NaN}\n', ", line 2: not JSON that can be read: NaN is no number"),
        (f'{{"wealth": {"9" * 5000}}}', ": not JSON that can be read: an integer of 5000 digits"),
        ("[" * 100_000, ": not JSON that can be read: nested too deep"),
        (b"{}\n\xff", ", line 2: not UTF-8"),
    ],
)
def test_a_file_that_is_no_evidence_is_refused_with_its_line(
    given: str | bytes, message: str, tmp_path: Path
) -> None:
    """In one line of text."""
    path = tmp_path / "given.jsonl"
    path.write_bytes(given.encode() if isinstance(given, str) else given)
    ended = CliRunner().invoke(command, [str(path)])
    assert isinstance(ended.exception, CallerError)
    assert str(ended.exception).startswith(f"{path}{message}")
    assert "\n" not in str(ended.exception)
    assert not ended.stdout


def test_the_schema_is_that_of_a_judgment() -> None:
    """Draft 2020-12, closed, with the fields of docs/model.md."""
    ended = run("schema", "record")
    assert ended.returncode == 0, ended.stderr
    schema = json.loads(ended.stdout)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["additionalProperties"] is False
    assert sorted(schema["required"]) == ["chosen", "options"]
    assert set(schema["properties"]) == {
        *("wealth", "options", "chosen", "feedback", "reward", "verdict"),
        *("id", "subject", "ts", "stake", "budget", "times_tried"),
    }
