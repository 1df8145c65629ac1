"""Does one broken plug-in spoil more than itself?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

MAIN = "from bayesian_verifier.cli import main; main()"


@pytest.fixture
def beside(tmp_path: Path) -> dict[str, str]:
    """An environment in which somebody's package offers a simulator of a module that it does not have."""
    told = tmp_path / "spoilt-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: spoilt\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text("[bayesian_verifier.simulators]\ngone = no_such_module:Gone\n")
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [str(tmp_path), *sys.path]))}


def said(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", MAIN, "simulators", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_others_are_listed_and_it_is_named_with_its_fault(beside: dict[str, str]) -> None:
    listed = said(beside, "list", "--json")
    rows = {row["name"]: row for row in json.loads(listed.stdout)}
    assert listed.returncode == 0
    assert rows["lottery"]["parameters"] == ["risk_aversion", "choice_noise"]
    assert "no_such_module" in rows["gone"]["fault"]
    assert "spoilt" in said(beside, "list").stdout


def test_whoever_asks_for_it_is_told_whose_fault_it_is(beside: dict[str, str]) -> None:
    """In a line, without a traceback."""
    checked = said(beside, "check", "gone")
    assert checked.returncode not in {0, 1}
    assert "simulator 'gone' of spoilt cannot be loaded" in checked.stderr
    assert "Traceback" not in checked.stderr
