"""Can an experiment be run, stopped, gone on with and reported, and is nothing registered afterwards?"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner
from rl_compiling import QUICKLY

from bayesian_verifier.commands import experiment
from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl import Experiment, begin, registered, report_of
from bayesian_verifier.rl._tables import read_table as read_rows
from bayesian_verifier.rl._tables import write_table
from bayesian_verifier.settings_file import read_table

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

TINY = """
name = "tiny"
environment = "B"
belief = "exact"
rules = ["true_rule"]

[arms]
rl2_evidence = 2

[training]
updates = 2
environments = 8
steps = 32
minibatches = 2

[evaluation]
people = 24
seed = 3
level = -0.5
resamples = 200

[[hypotheses]]
id = "knowing"
kind = "beats"
arm = "true_rule"
other = "rl2_evidence"
"""
BEGIN = "from bayesian_verifier.cli import main; main()"
#: three arms and a hypothesis, to be filled with made-up results
GAP = """
name = "gap"
environment = "A"
belief = "exact"

[arms]
rl_only = 2
hybrid = 2
oracle = 2

[training]
updates = 8
environments = 8
steps = 32
minibatches = 2

[evaluation]
people = 12
seed = 3
level = -0.5
resamples = 200

[explained]
arms = ["hybrid"]
seeds = 1

[[hypotheses]]
id = "one"
"""


def command(*words: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    kept = {"JAX_COMPILATION_CACHE_DIR": str(cache), "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    return subprocess.run(
        [sys.executable, "-c", BEGIN, "experiment", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | QUICKLY | (kept if cache else {}),
    )


def reported(folder: Path, *words: str) -> Result:
    """The same for what needs no process of its own."""
    return CliRunner().invoke(experiment.command, ["report", str(folder), "--check", *words])


def table(reward: float, people: int = 12) -> dict[str, np.ndarray]:
    """Rows of one seed."""
    names = ("risk_aversion", "regret", "asks", "risk")
    return {"person": np.arange(people), "reward": np.full(people, reward)} | {
        name: np.linspace(-1, 2, people) for name in names
    }


def curve(reached_after: int | None) -> dict[str, np.ndarray]:
    """Eight updates, the level reached for good after so many of them."""
    reward = np.full(8, -1.0)
    reward[reached_after if reached_after is not None else 8 :] = 0.0
    return {"steps": 256 * np.arange(1, 9), "reward": reward, "asks": np.zeros(8)}


def turned(rising: float) -> dict[str, np.ndarray]:
    """Probes of a hundred states at two means, this share of which turn to more risk."""
    risk = np.zeros((100, 2))
    risk[: round(100 * rising), 1] = 0.5
    states, means = np.meshgrid(np.arange(100), [0.0, 1.0], indexing="ij")
    return {
        "state": states.ravel(),
        "mean": means.ravel(),
        "sd": np.full(200, 0.5),
        "risk": risk.ravel(),
        "asks": np.zeros(200, bool),
    }


def reasons() -> dict[str, np.ndarray]:
    """Forty decisions by the sign of a lead."""
    lead = np.linspace(-1, 1, 40)
    return {"lead_sure": lead, "action": np.where(lead > 0, 0.0, 2.0)}


def filled(
    tmp_path: Path,
    hypothesis: str,
    rewards: dict[str, list[float]],
    *,
    soon: dict[str, int | None] | None = None,
    rising: float = 0.0,
) -> Path:
    """A folder with results of the three arms as they are told here."""
    (tmp_path / "gap.toml").write_text(GAP + hypothesis)
    registered_, folder = read_table(Experiment, tmp_path / "gap.toml"), tmp_path / "results"
    for piece in begin(registered_, folder):
        tables = {
            "episodes": table(rewards[piece.name][piece.seed]),
            "curves": curve((soon or {}).get(piece.name, 2)),
        }
        if piece == ("hybrid", 0):
            tables |= {"probes": turned(rising), "decisions": reasons()}
        for name, columns in tables.items():
            write_table(piece.file(folder, name), columns, registered_.hash)
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Experiment:
    (tmp_path / "tiny.toml").write_text(TINY)
    return read_table(Experiment, tmp_path / "tiny.toml")


def test_an_experiment_runs_goes_on_and_reports(tmp_path: Path) -> None:
    """As a user would: run, take one result away, run again, report. Only what was missing is made, and alike."""
    file, folder, cache = tmp_path / "tiny.toml", tmp_path / "results", tmp_path / "compiled"
    file.write_text(TINY)
    first = command("run", str(file), "--into", str(folder), "--workers", "2", cache=cache)
    assert first.returncode == 0, first.stderr
    assert "3 of 3" in first.stderr
    before = read_rows(folder, "episodes")
    kept = (folder / "episodes" / "arm=true_rule" / "seed=0.parquet").stat().st_mtime_ns
    (folder / "episodes" / "arm=rl2_evidence" / "seed=1.parquet").unlink()
    assert report_of(folder).missing == ["rl2_evidence, seed 1"]
    again = command("run", str(file), "--into", str(folder), cache=cache)
    assert "1 of 1" in again.stderr, again.stderr
    assert (folder / "episodes" / "arm=true_rule" / "seed=0.parquet").stat().st_mtime_ns == kept
    after = read_rows(folder, "episodes")
    for key, columns in before.items():
        for name, values in columns.items():
            np.testing.assert_array_equal(values, after[key][name])
    shown = reported(folder, "--html", str(tmp_path / "page.html"))
    assert shown.exit_code == 0, shown.stderr
    assert "| knowing | true_rule earns more than rl2_evidence | **supported** |" in shown.stdout
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 2
    assert "://" not in page
    (folder / "report.md").write_text(shown.stdout.replace("supported", "proven"))
    assert reported(folder).exit_code == 1
    file.write_text(file.read_text().replace("people = 24", "people = 25"))
    with pytest.raises(SettingsError, match="another experiment"):
        begin(read_table(Experiment, file), folder)


def test_a_hypothesis_changed_after_the_run_is_found(tmp_path: Path, tiny: Experiment) -> None:
    """The hash of what is written down is not the hash it was registered under."""
    begin(tiny, tmp_path / "results")
    note = tmp_path / "results" / "experiment.json"
    assert registered(tmp_path / "results") == tiny
    written = json.loads(note.read_text())
    written["experiment"]["hypotheses"][0]["margin"] = -1.0
    note.write_text(json.dumps(written))
    with pytest.raises(SettingsError, match="changed afterwards"):
        registered(tmp_path / "results")


CLOSES = 'kind = "closes_gap"\narm = "hybrid"\nlow = "rl_only"\nhigh = "oracle"\nleast = 0.55\n'
WORTH = """
kind = "worth_of_gap"
arm = "hybrid"
other = "rl_only"
low = "rl_only"
high = "oracle"
least = 0.5
excludes = 0.0
"""
BEATS = 'kind = "beats"\narm = "hybrid"\nother = "rl_only"\nmargin = 0.005\n'
SOONER = 'kind = "learns_faster"\narm = "hybrid"\nother = "rl_only"\nratio = 1.1\n'
MONOTONE = 'kind = "monotone"\narm = "hybrid"\nleast = 0.97\n'
PLAIN = {"rl_only": [-0.03, -0.031], "hybrid": [-0.01, -0.011], "oracle": [0.0, 0.0]}
LITTLE = PLAIN | {"hybrid": [-0.028, -0.027]}
MIXED = PLAIN | {"hybrid": [-0.01, -0.029]}


@pytest.mark.parametrize("hypothesis", [CLOSES, WORTH, BEATS], ids=["closes", "worth", "beats"])
@pytest.mark.parametrize(
    ("rewards", "finding"), [(PLAIN, "supported"), (LITTLE, "not supported"), (MIXED, "open")]
)
def test_findings_follow_from_the_rewards(
    tmp_path: Path, hypothesis: str, rewards: dict[str, list[float]], finding: str
) -> None:
    """Two thirds of the gap closed, a tenth, or one seed of each kind."""
    assert [one.finding for one in report_of(filled(tmp_path, hypothesis, rewards)).judged] == [finding]


@pytest.mark.parametrize(
    ("soon", "finding"),
    [
        ({"hybrid": 1, "rl_only": 3}, "supported"),
        ({"hybrid": 2, "rl_only": 2}, "not supported"),
        ({"hybrid": 1, "rl_only": None}, "supported"),
        ({"hybrid": 5, "rl_only": None}, "open"),
        ({"hybrid": None, "rl_only": 1}, "open"),
    ],
)
def test_who_never_got_there_bounds_how_much_sooner(
    tmp_path: Path, soon: dict[str, int | None], finding: str
) -> None:
    """After update 5 against 6, the same, 5 against never within 8, 8 against never, never against anything."""
    assert [one.finding for one in report_of(filled(tmp_path, SOONER, PLAIN, soon=soon)).judged] == [finding]


@pytest.mark.parametrize(("rising", "finding"), [(0.02, "supported"), (0.1, "not supported")])
def test_monotone_is_judged_by_the_probes(tmp_path: Path, rising: float, finding: str) -> None:
    """98 and 90 states of a hundred that never turn to more risk."""
    report = report_of(filled(tmp_path, MONOTONE, PLAIN, rising=rising))
    assert [one.finding for one in report.judged] == [finding]
    assert f"{1 - rising:.3f}" in report.page


def test_a_report_says_what_is_missing_and_leaves_what_hangs_on_it_open(tmp_path: Path) -> None:
    """A seed away, or a table of another experiment: named, and nothing is judged by what is left."""
    folder = filled(tmp_path, CLOSES, PLAIN)
    (folder / "episodes" / "arm=hybrid" / "seed=1.parquet").unlink()
    report = report_of(folder)
    assert report.missing == ["hybrid, seed 1"]
    assert [one.finding for one in report.judged] == ["open"]
    assert "Not complete" in report.page
    write_table(folder / "episodes" / "arm=hybrid" / "seed=1.parquet", table(-0.01), "another")
    assert report_of(folder).missing == ["episodes/arm=hybrid/seed=1.parquet is of another experiment"]
    assert reported(folder).exit_code == 1


def test_a_page_names_its_axes_and_is_no_wider_than_a_phone(tmp_path: Path) -> None:
    """What may be wide, tables and charts, scrolls by itself under a name; each axis says what it is of."""
    folder = filled(tmp_path, CLOSES, PLAIN)
    assert reported(folder, "--html", str(tmp_path / "page.html")).exit_code == 0
    page = (tmp_path / "page.html").read_text()
    wide = re.findall(
        r'<div class="scroll" tabindex="0" role="region" aria-label="\w[^"]+">\s*<(table|svg)', page
    )
    assert wide.count("table") == page.count("<table") > 3
    assert wide.count("svg") == page.count("<svg") == 2
    rewards, curves = page.split("<svg")[1:]
    assert all(f">{name}</text>" in rewards for name in ("reward a decision", "arm or rule"))
    assert all(f">{name}</text>" in curves for name in ("reward a decision", "steps of experience"))


def test_seeds_of_most_arms_come_first(tmp_path: Path) -> None:
    """Whoever stops early has the arms that matter, each seed of all of them before the next."""
    text = GAP.replace("rl_only = 2", "rl_only = 1").replace("oracle = 2", "oracle = 3") + CLOSES
    (tmp_path / "gap.toml").write_text(text)
    order = begin(read_table(Experiment, tmp_path / "gap.toml"), tmp_path / "results")
    assert order == [
        ("oracle", 0), ("oracle", 1), ("oracle", 2), ("hybrid", 0), ("hybrid", 1), ("rl_only", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rl2_evidence = 2", "prophet = 2", "no arm is named 'prophet'"),
        ('["true_rule"]', '["bayer"]', "no rule is named 'bayer'"),
        ('arm = "true_rule"', 'arm = "hybrid"', "'hybrid' is not in the experiment"),
        (
            "[evaluation]",
            '[explained]\narms = ["rl2_evidence"]\n[evaluation]',
            "no belief of it can be moved",
        ),
        ("[evaluation]", '[explained]\narms = ["oracle"]\n[evaluation]', "'oracle' is not in the experiment"),
        ("minibatches = 2", "minibatches = 3", "multiple of minibatches"),
        ("updates = 2", "updates = 0", "greater than or equal to 1"),
        ('name = "tiny"', 'name = "../tiny"', "pattern"),
    ],
)
def test_an_experiment_that_cannot_be_is_refused_by_name(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    """Before anything is run."""
    (tmp_path / "bad.toml").write_text(TINY.replace(old, new))
    with pytest.raises(SettingsError, match=told):
        read_table(Experiment, tmp_path / "bad.toml")
