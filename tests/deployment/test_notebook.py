"""Does the notebook print what it shows? Its cells are run here, and its text is compared, number by number."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "examples" / "first_posterior.ipynb"
_NUMBER = re.compile(r"-?\d+\.\d+")


def code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def text(cell: dict[str, Any]) -> str:
    return "".join("".join(one["text"]) for one in cell["outputs"] if one["output_type"] == "stream")


def test_its_cells_print_what_it_shows() -> None:
    """Word by word, numbers to 0.03; and as many figures are drawn."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "run_notebook.py", NOTEBOOK],
        env=kept | {"BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")},
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown, made = code(json.loads(NOTEBOOK.read_text())), code(json.loads(done.stdout))
    assert any(text(cell) for cell in shown)
    for before, after in zip(shown, made, strict=True):
        assert _NUMBER.sub("#", text(before)) == _NUMBER.sub("#", text(after))
        told, said = (list(map(float, _NUMBER.findall(text(cell)))) for cell in (before, after))
        assert told == pytest.approx(said, abs=0.03)
        assert [one["output_type"] for one in before["outputs"]] == [
            one["output_type"] for one in after["outputs"]
        ]


def test_what_it_links_to_is_there() -> None:
    """Pages of this repository."""
    prose = "".join(
        "".join(cell["source"])
        for cell in json.loads(NOTEBOOK.read_text())["cells"]
        if cell["cell_type"] == "markdown"
    )
    linked = re.findall(r"\]\(([^)#]+)", prose)
    assert linked
    assert all((NOTEBOOK.parent / target).exists() for target in linked)
