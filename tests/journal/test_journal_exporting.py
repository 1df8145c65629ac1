"""Does Parquet hold what the journal holds, as DuckDB reads it, and does exporting again change nothing?"""

from __future__ import annotations

import datetime as dt
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from journal_samples import BELIEF, judge

from bayesian_verifier.commands.journal import command
from bayesian_verifier.errors import JournalError
from bayesian_verifier.journal import Journal, Tried, export, forget
from bayesian_verifier.judgment import Case

DAY = 86_400_000_000_000
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
OFFLINE = {"autoinstall_known_extensions": "false"}  # nothing is fetched


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Judgments of three days, around midnight, half of them answered; other kinds, and a damaged line."""
    journal = Journal(tmp_path / "j.jsonl", rotate_bytes=2048)
    for number in range(9):
        at = number // 3 * DAY + (DAY - 1000 if number % 3 == 2 else number * 1000)
        made = journal.append_judgment(
            subject=None if number == 4 else f"p{number % 2}",
            case=Case(
                wealth=(1.0, 2.0) if number == 5 else 10.0 * number,
                options=judge_case(number).options,
                stake=1.5 if number == 6 else None,
            ),
            chosen=None if number == 7 else number % 2,
            verdict="proved",
            posterior=BELIEF,
            source="verifier",
            reason=None,
            model_version="v1",
            meta_comment="it's «quoted»\n",
            tried=[Tried(option=0, verdict="refuted", rules=("budget",))],
            values=[0.1 + number, None],
            more={"shadow": {"mean": 0.5}} if number == 8 else None,
            at=at,
        )
        if number % 2:
            journal.append_feedback(made, "approve", 0.1 * number, at=at + 2 * DAY)
    journal.append("policy", {"step": 1})
    with journal.path.open("ab") as file:
        file.write(b"rubbish\n")
    return journal.path


def judge_case(number: int) -> Case:
    options = [
        {"outcomes": [{"payoff": 0.1 * number, "probability": 1.0}]},
        {"outcomes": [{"payoff": 1e15, "probability": 0.1}, {"payoff": 0.3, "probability": 0.9}]},
    ]
    return Case.model_validate({"options": options})


def read(directory: Path, table: str, what: str = "*") -> list[dict[str, Any]]:
    with duckdb.connect(config=OFFLINE) as connection:
        found = connection.execute(f"SELECT {what} FROM '{directory}/{table}/day=*/*.parquet'")  # noqa: S608
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def of_kind(path: Path, kind: str) -> list[dict[str, Any]]:
    files = [*sorted(path.parent.glob("j.0*.jsonl")), path]
    lines = [line for file in files for line in file.read_bytes().splitlines() if line != b"rubbish"]
    return [one for one in map(json.loads, lines) if one["kind"] == kind]


def test_counts_and_sums_are_those_of_the_journal(path: Path, tmp_path: Path) -> None:
    """Exactly: DuckDB's sums against the standard library's on the lines themselves."""
    done = export(path, tmp_path / "out")
    judged, answered = of_kind(path, "judgment"), of_kind(path, "feedback")
    assert done.rows == {"judgments": 9, "feedback": 4, "epochs": 0}
    assert done.damaged == 1
    what = "count(*) n, sum(mean) m, count(chosen) c, sum(list_sum(list_transform(options, lambda o: "
    what += 'list_sum(list_transform(o.outcomes, lambda x: x.payoff))))) p, sum(list_sum("values")) v'
    [sums] = read(tmp_path / "out", "judgments", what)
    payoffs = [o["payoff"] for one in judged for option in one["case"]["options"] for o in option["outcomes"]]
    assert (sums["n"], sums["c"]) == (len(judged), sum(one["chosen"] is not None for one in judged))
    assert sums["m"] == pytest.approx(math.fsum(one["posterior"]["mean"] for one in judged), rel=1e-15)
    assert sums["p"] == pytest.approx(math.fsum(payoffs), rel=1e-15)
    assert sums["v"] == pytest.approx(math.fsum(one["values"][0] for one in judged), rel=1e-15)
    [sums] = read(tmp_path / "out", "feedback", "count(*) n, sum(reward) r, count(DISTINCT judgment) j")
    assert (sums["n"], sums["j"]) == (len(answered), len({one["judgment"] for one in answered}))
    assert sums["r"] == pytest.approx(math.fsum(one["reward"] for one in answered), rel=1e-15)


def test_every_row_says_what_its_line_says(path: Path, tmp_path: Path) -> None:
    """Member by member, and to the last bit; times in UTC to the microsecond."""
    export(path, tmp_path / "out")
    rows = {row["id"]: row for row in read(tmp_path / "out", "judgments")}
    for line in of_kind(path, "judgment"):
        row = rows.pop(line["id"])
        same = ("writer", "seq", "subject", "chosen", "verdict", "source", "reason", "model_version")
        assert {name: row[name] for name in same} == {name: line[name] for name in same}
        assert row["meta_comment"] == "it's «quoted»\n"
        assert row["ts"] == dt.datetime.fromisoformat(line["ts"])
        assert str(row["day"]) == line["ts"][:10]
        assert row["options"] == line["case"]["options"]
        wealth = line["case"]["wealth"]
        low, high = wealth if isinstance(wealth, list) else (wealth, wealth)
        assert (row["wealth_low"], row["wealth_high"]) == (low, high)
        assert (row["stake"], row["budget"]) == (line["case"].get("stake"), None)
        assert [row[name] for name in ("q05", "q25", "q50", "q75", "q95")] == list(BELIEF.quantiles)
        assert row["tried"] == [{"option": 0, "verdict": "refuted", "rules": ["budget"]}]
        assert row["values"] == line["values"]
        assert (row["more"] and json.loads(row["more"])) == (
            {"shadow": line["shadow"]} if "shadow" in line else None
        )
    assert not rows


def test_each_day_has_its_own_files(path: Path, tmp_path: Path) -> None:
    """The last microsecond of a day belongs to it; an answer belongs to the day on which it came."""
    export(path, tmp_path / "out")
    for table in ("judgments", "feedback"):
        for file in (tmp_path / "out" / table).glob("day=*/part-0.parquet"):
            query = "SELECT DISTINCT epoch_us(ts) // 86400000000 FROM read_parquet(?)"
            with duckdb.connect(config=OFFLINE) as connection:
                [(day,)] = connection.execute(query, [str(file)]).fetchall()
            assert f"day={dt.date.fromordinal(719_163 + day)}" == file.parent.name
    assert sorted(file.name for file in (tmp_path / "out" / "judgments").iterdir()) == [
        "day=1970-01-01",
        "day=1970-01-02",
        "day=1970-01-03",
    ]


def test_exporting_again_changes_only_what_changed(path: Path, tmp_path: Path) -> None:
    """Files of other days are not touched; the same rows give the same bytes elsewhere, too."""
    out = tmp_path / "out"
    first = export(path, out)
    times = {file: file.stat().st_mtime_ns for file in out.rglob("*.parquet")}
    assert len(first.written) == len(times) == 6
    again = export(path, out)
    assert (again.written, again.unchanged) == ((), 6)
    judge(Journal(path), at=DAY)
    third = export(path, out)
    assert [file.parent.name for file in third.written] == ["day=1970-01-02"]
    assert {file for file in times if file.stat().st_mtime_ns != times[file]} == set(third.written)
    export(path, tmp_path / "other")
    for file in out.rglob("*.parquet"):
        assert file.read_bytes() == (tmp_path / "other" / file.relative_to(out)).read_bytes()


def test_nothing_but_parquet_is_left(path: Path, tmp_path: Path) -> None:
    """Not even what a killed export had left."""
    (tmp_path / "out" / ".export-killed").mkdir(parents=True)
    export(path, tmp_path / "out")
    names = {file.name for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert names == {"part-0.parquet", ".export.lock"}
    assert not (tmp_path / "out" / ".export-killed").exists()


def test_the_forgotten_are_gone_from_what_is_exported_next(path: Path, tmp_path: Path) -> None:
    """With the days on which there was nobody else, when that is asked for."""
    judge(Journal(path), "solo", at=9 * DAY)
    export(path, tmp_path / "out")
    forget(path, "solo")
    forget(path, "p1")
    kept = export(path, tmp_path / "out")
    assert kept.removed == ()
    done = export(path, tmp_path / "out", prune=True)
    assert "day=1970-01-10" in [file.parent.name for file in done.removed]
    subjects = {row["subject"] for row in read(tmp_path / "out", "judgments", "subject")}
    assert subjects == {None, "p0"}


def test_of_two_with_one_id_the_first_is_exported(path: Path, tmp_path: Path) -> None:
    """As readers of the journal take it."""
    id_ = of_kind(path, "judgment")[0]["id"]
    judge(Journal(path), "eve", event_id=id_)
    assert export(path, tmp_path / "out").repeated == 1
    [row] = [row for row in read(tmp_path / "out", "judgments") if row["id"] == id_]
    assert row["subject"] == "p0"


def test_the_command_says_what_it_did(path: Path, tmp_path: Path) -> None:
    """To people and programs."""
    told = CliRunner().invoke(command, ["export", str(tmp_path / "out"), str(path)])
    assert "9 judgments, 4 feedback, 0 epochs; 6 files written, 0 unchanged" in told.stdout
    told = CliRunner().invoke(command, ["export", str(tmp_path / "out"), str(path), "--json"])
    assert json.loads(told.stdout)["unchanged"] == 6


def test_without_duckdb_the_extra_is_named(path: Path, tmp_path: Path) -> None:
    """In a Python that cannot import it; importing the journal needs it no more than before."""
    code = (
        "import sys\nsys.modules['duckdb'] = None\nfrom pathlib import Path\n"
        "from bayesian_verifier.cli import run\nsys.exit(run(['journal', 'export', *sys.argv[1:]]))\n"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "out"), str(path)]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert ended.returncode == 3
    assert "pip install 'bayesian-verifier[scale]'" in ended.stderr


def test_a_directory_that_cannot_be_written_is_the_operators(path: Path, tmp_path: Path) -> None:
    """Such as one that is a file."""
    (tmp_path / "out").touch()
    with pytest.raises(JournalError, match="cannot export"):
        export(path, tmp_path / "out")


def test_duckdb_reads_the_lines_themselves_with_stated_columns(path: Path) -> None:
    """As docs/operations.md says: what is damaged or torn is left out, everything else is there."""
    with path.open("ab") as file:
        file.write(b'{"v":1,"seq":7,"id":"torn')
    query = OPERATIONS.read_text().split("```sql\n")[1].split("```")[0]
    with duckdb.connect(config=OFFLINE) as connection:
        rows = connection.execute(query.replace("judgments*.jsonl", f"{path.parent}/j*.jsonl")).fetchall()
    expected: dict[str, int] = {}
    for line in of_kind_lines(path):
        expected[line["source"]] = expected.get(line["source"], 0) + 1
    assert {row[0]: row[1] for row in rows} == expected


def of_kind_lines(path: Path) -> list[dict[str, Any]]:
    content = path.read_bytes()
    path.write_bytes(content[: content.rindex(b"\n") + 1])
    return of_kind(path, "judgment")
