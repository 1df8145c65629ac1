"""Are the figures on the pages of benchmarks and of capacity those that were measured?"""

from __future__ import annotations

import subprocess
import sys

import pytest
from documentation import ROOT


@pytest.mark.parametrize("script", ["report.py", "report_capacity.py"])
def test_a_page_of_figures_is_made_from_the_results(script: str) -> None:
    """By the script that makes it: no figure on it was typed."""
    command = [sys.executable, ROOT / "benchmarks" / script, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
