"""The commands that make and measure models, as a person runs them."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bayesian_verifier.judgment import parse_judgments

PROGRAM = str(Path(sys.executable).with_name("bayesian-verifier"))


def run(*arguments: str, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **kwargs)


def test_simulate_writes_judgments_that_are_evidence_and_says_the_truth_apart():
    """Every line is a valid judgment of its subject; θ goes to standard error; the same seed says the same."""
    asked = ("simulate", "--people", "2", "--judgments", "5", "--seed", "3", "--answers", "both")
    first, again = run(*asked), run(*asked)
    assert first.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    lines = [json.loads(line) for line in first.stdout.splitlines()]
    assert len(lines) == 10
    assert {line["subject"] for line in lines} == {"simulated-3-0", "simulated-3-1"}
    assert len(parse_judgments(lines)) == 10
    truth = json.loads(first.stderr.splitlines()[0].split(": ", 1)[1])
    assert set(truth) == {"risk_aversion", "choice_noise"}
    assert truth["choice_noise"] > 0


@pytest.fixture
def choices(tmp_path):
    """Choices as studies publish them: no feedback, money for reward, fields of their own, gzipped."""
    option = {"outcomes": [{"payoff": 5, "probability": 1.0}]}
    gamble = {"outcomes": [{"payoff": 12, "probability": 0.5}, {"payoff": 1, "probability": 0.5}]}
    loss = {"outcomes": [{"payoff": -3, "probability": 0.5}, {"payoff": 9, "probability": 0.5}]}
    rows = [
        {"subject": "a", "wealth": None, "options": [option, gamble], "chosen": 0, "reward": 5, "trial": 1},
        {"subject": "a", "wealth": None, "options": [option, gamble], "chosen": 1, "reward": 12, "trial": 2},
        {"subject": "b", "wealth": None, "options": [option, loss], "chosen": 0, "trial": 1},
    ]
    file = tmp_path / "choices.jsonl.gz"
    with gzip.open(file, "wt") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in rows)
    return file


def test_evaluate_measures_people_beside_simulated_sets_and_counts_what_it_left_out(choices):
    """Two choices of one person are compared with their exact posterior; a loss nobody could bear is left out."""
    done = run(
        "evaluate",
        "--sets",
        "3",
        "--calibration-sets",
        "0",
        "--misfit-people",
        "0",
        "--people",
        str(choices),
        "--json",
    )
    assert done.returncode == 0, done.stderr + done.stdout
    figures = json.loads(done.stdout)
    assert figures["lines_left_out"] == 1
    assert figures["people"]["count"] == 1
    assert 0 <= figures["people"]["kl_mean"] < 0.02
    assert figures["simulated"]["sets"] == 3


def test_what_draws_plots_is_missed_before_the_work(tmp_path):
    """As where only what serves is installed: not one set is worked on."""
    without = "import sys; sys.modules['matplotlib'] = None; from bayesian_verifier.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without, "evaluate", "--plots", str(tmp_path / "plots")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "error: matplotlib is missing: pip install 'bayesian-verifier[train]'\n"


def test_evaluate_fails_when_a_figure_misses_its_gate_and_names_it(tmp_path):
    """A gate no network can pass: exit code 1, the figure and the bound in words."""
    shipped = Path(__file__).parents[1] / "configs" / "evaluation.toml"
    strict = tmp_path / "strict.toml"
    strict.write_text(shipped.read_text().replace("mean_kl = 0.005", "mean_kl = 1e-9"))
    done = run(
        "evaluate",
        "--settings",
        str(strict),
        "--sets",
        "2",
        "--calibration-sets",
        "0",
        "--misfit-people",
        "0",
    )
    assert done.returncode == 1
    assert "mean KL of the network alone" in done.stdout
    assert "people: no file was given" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sets = 3", "evaluation.toml"),
        ("[cases]\nunheard_of = 1.0", "cases"),
        ("not toml", "cannot be read"),
    ],
)
def test_bad_settings_are_one_clear_line(tmp_path, content, said):
    """A settings file that is wrong: one line naming the file, exit code 3."""
    file = tmp_path / "evaluation.toml"
    file.write_text(content)
    done = run("evaluate", "--settings", str(file))
    assert done.returncode == 3
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_people_file_that_is_no_judgments_names_its_line(tmp_path):
    """Line 2 is broken: exit code 2 and the line's number."""
    file = tmp_path / "people.jsonl"
    file.write_text('{"subject": "a"}\n{"subject"\n')
    done = run("evaluate", "--people", str(file))
    assert done.returncode == 2
    assert "line 2" in done.stderr


def test_the_training_script_passes_on_the_exit_code_and_keeps_a_log(tmp_path):
    """Headless training asked for with a bad option: the command's own code, and a log with start and end."""
    script = Path(__file__).parents[1] / "scripts" / "train_bayesflow.sh"
    done = subprocess.run(
        ["bash", str(script), "--steps", "0"],
        env={"PATH": f"{Path(PROGRAM).parent}:/usr/bin:/bin", "BV_TRAIN_WORK": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    log = (tmp_path / "training.log").read_text()
    assert "start:" in log
    assert "end: exit code 2" in log
