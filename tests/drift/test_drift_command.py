"""`bayesian-verifier drift`, as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys


def drift(words, cwd):
    command = [
        sys.executable,
        "-c",
        "from bayesian_verifier.cli import main; main()",
        "drift",
        *words.split(),
    ]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=dict(os.environ))


def settings(directory, delays):
    file = directory / "drift.toml"
    listed = "\n".join(f"{size} = {most}" for size, most in delays.items())
    file.write_text(
        "window = 16\nthreshold = 100.0\nwander = 0.0\n[evaluation]\npeople = 60\nwindows = 300\nseed = 0\n"
        f"thresholds = [50.0]\n[evaluation.delays]\n{listed}\n"
    )
    return file.name


def test_a_detector_that_is_quick_enough_passes_and_draws(tmp_path):
    file = settings(tmp_path, {'"1.0"': 30.0})
    said = drift(f"evaluate --settings {file} --plot drift.png --json", tmp_path)
    figures = json.loads(said.stdout)
    assert (said.returncode, figures["passes"], figures["misses"]) == (0, True, [])
    assert (tmp_path / "drift.png").read_bytes().startswith(b"\x89PNG")


def test_one_that_is_too_slow_exits_with_1_and_says_so(tmp_path):
    file = settings(tmp_path, {'"1.0"': 0.5})
    said = drift(f"evaluate --settings {file}", tmp_path)
    assert said.returncode == 1
    assert "a change of 1 prior sd is noticed after" in said.stdout


def test_a_misspelt_setting_is_named(tmp_path):
    (tmp_path / "drift.toml").write_text("window = 16\ntreshold = 1.0\n")
    said = drift("evaluate --settings drift.toml", tmp_path)
    assert said.returncode == 3
    assert "drift.toml" in said.stderr
