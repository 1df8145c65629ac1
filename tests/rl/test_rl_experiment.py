"""Can an experiment be run, stopped, gone on with and reported, and is nothing registered afterwards?"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bayesian_verifier.errors import SettingsError
from bayesian_verifier.rl import ExactBelief, Experiment, Prior, begin, carry_out, registered, report_of
from bayesian_verifier.rl._tables import read_table as read_rows
from bayesian_verifier.rl._tables import write_table
from bayesian_verifier.settings import shipped_config
from bayesian_verifier.settings_file import read_table

if TYPE_CHECKING:
    from pathlib import Path

TINY = """
name = "tiny"
environment = "B"
belief = "exact"
rules = ["true_rule"]

[arms]
rl_only = 2

[training]
updates = 2
environments = 8
steps = 32
minibatches = 2

[evaluation]
people = 24
seed = 3
level = -0.5

[[hypotheses]]
id = "knowing"
kind = "beats"
arm = "true_rule"
other = "rl_only"
"""
BEGIN = "from bayesian_verifier.cli import main; main()"


def command(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN, "experiment", *words], capture_output=True, text=True, check=False
    )


def table(reward: float, people: int = 12) -> dict[str, np.ndarray]:
    """Rows of one seed."""
    names = ("risk_aversion", "regret", "asks", "mean", "sd")
    return {"person": np.arange(people), "reward": np.full(people, reward)} | {
        name: np.linspace(-1, 2, people) for name in names
    }


@pytest.fixture
def tiny(tmp_path: Path) -> Experiment:
    (tmp_path / "tiny.toml").write_text(TINY)
    return read_table(Experiment, tmp_path / "tiny.toml")


def test_an_experiment_runs_goes_on_and_reports(tmp_path: Path) -> None:
    """As a user would: run, take one result away, run again, report. Only what was missing is made, and alike."""
    file, folder = tmp_path / "tiny.toml", tmp_path / "results"
    file.write_text(TINY)
    first = command("run", str(file), "--into", str(folder))
    assert first.returncode == 0, first.stderr
    assert "3 of 3" in first.stderr
    before = read_rows(folder, "episodes")
    (folder / "episodes" / "arm=rl_only" / "seed=1.parquet").unlink()
    assert report_of(folder).missing == ["rl_only, seed 1"]
    experiment = read_table(Experiment, file)
    done = list(carry_out(experiment, ExactBelief(Prior()), begin(experiment, folder), folder))
    assert done == [("rl_only", 1)]
    after = read_rows(folder, "episodes")
    for key, columns in before.items():
        for name, values in columns.items():
            np.testing.assert_array_equal(values, after[key][name])
    shown = command("report", str(folder), "--check")
    assert shown.returncode == 0, shown.stderr
    assert "| knowing | true_rule earns more than rl_only | **supported** |" in shown.stdout
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


def test_a_report_says_what_is_missing_and_judges_nothing_then(tmp_path: Path, tiny: Experiment) -> None:
    """One seed of one arm away: no finding, and its name."""
    folder = tmp_path / "results"
    for piece in begin(tiny, folder)[:-1]:
        write_table(piece.file(folder, "episodes"), table(-0.1))
    report = report_of(folder)
    assert report.judged == []
    assert len(report.missing) == 1
    assert "Not complete" in report.page


@pytest.mark.parametrize(
    ("rewards", "finding"),
    [
        ({"rl_only": [-0.03, -0.031], "hybrid": [-0.01, -0.011], "oracle": [0.0, 0.0]}, "supported"),
        ({"rl_only": [-0.03, -0.031], "hybrid": [-0.028, -0.027], "oracle": [0.0, 0.0]}, "not supported"),
        ({"rl_only": [-0.03, -0.031], "hybrid": [-0.01, -0.029], "oracle": [0.0, 0.0]}, "open"),
    ],
)
def test_findings_follow_from_the_tables(
    tmp_path: Path, rewards: dict[str, list[float]], finding: str
) -> None:
    """Two thirds of the gap closed, a tenth, or one seed of each kind."""
    experiment = read_table(Experiment, shipped_config("rl/small.toml"))
    folder = tmp_path / "results"
    for piece in begin(experiment, folder):
        each = rewards.get(piece.name, [-0.02])
        write_table(piece.file(folder, "episodes"), table(each[piece.seed]))
    assert [one.finding for one in report_of(folder).judged] == [finding]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rl_only = 2", "prophet = 2", "no arm is named 'prophet'"),
        ('["true_rule"]', '["bayer"]', "no rule is named 'bayer'"),
        ('arm = "true_rule"', 'arm = "hybrid"', "'hybrid' is not in the experiment"),
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
