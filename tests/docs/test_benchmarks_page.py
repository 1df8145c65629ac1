"""Are the figures on the page of benchmarks those that were measured?"""

from __future__ import annotations

import subprocess
import sys

from documentation import ROOT


def test_the_page_of_benchmarks_is_made_from_the_results() -> None:
    """By the script that makes it: no figure on it was typed."""
    command = [sys.executable, ROOT / "benchmarks" / "report.py", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
