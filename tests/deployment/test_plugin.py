"""Does a simulator of somebody else's package work where only that package and ours are installed?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deployment.empty_environment import Environment, environment

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> tuple[Environment, Path]:
    """An environment with both packages, installed by pip from what their own sources build."""
    place = tmp_path_factory.mktemp("plugin")
    ours = built(ROOT, place / "ours")
    found = environment(place / "venv", ours)
    theirs = built(ROOT / "tests" / "simulators" / "swing_package", place / "theirs")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        found.python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*pip, theirs], check=True)
    return found, place


def built(source: Path, out: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [wheel] = out.glob("*.whl")
    return wheel


def test_it_is_found_and_conforms(clean: tuple[Environment, Path]) -> None:
    """By the program's own kit; who brings it is said."""
    env, place = clean
    listed = env.ran(env.program, "simulators", "list", "--json", cwd=place)
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert rows["swing"] == {
        "name": "swing",
        "package": "swing-simulator",
        "parameters": ["caution", "choice_noise"],
    }
    checked = env.ran(env.program, "simulators", "check", "swing", "--people", "120", "--json", cwd=place)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(checked.stdout)["passed"]


def test_what_ships_conforms_in_the_base_install(clean: tuple[Environment, Path]) -> None:
    """Without JAX, and with the recorded runs that the wheel brings."""
    env, place = clean
    checked = env.ran(env.program, "simulators", "check", "executor", "--people", "50", "--json", cwd=place)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_one_that_is_not_there_is_said(clean: tuple[Environment, Path]) -> None:
    env, place = clean
    checked = env.ran(env.program, "simulators", "check", "nothing", cwd=place)
    assert checked.returncode == 3
    assert "executor" in checked.stderr
    assert "swing" in checked.stderr
