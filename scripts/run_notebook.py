"""What do the cells of a notebook print? Runs them in order and writes the notebook with what came out.

    python scripts/run_notebook.py examples/first_posterior.ipynb > new.ipynb

Text that cells print and figures that they draw are kept. Nothing of Jupyter is needed. Where a cell fails, this does.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

Cell = dict[str, Any]


def printed(source: str, names: dict[str, Any], title: str) -> str:
    """What a cell prints, run with the names that the cells before it have made."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(source, title, "exec"), names)  # noqa: S102 it is what a notebook is for
    return said.getvalue()


def figures() -> list[str]:
    """Figures that were drawn since the last time, as PNG in base64."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    import matplotlib.pyplot as plt  # noqa: PLC0415 only where a cell has drawn

    drawn = []
    for number in plt.get_fignums():
        raw = io.BytesIO()
        plt.figure(number).savefig(raw, format="png", dpi=80, metadata={"Software": None})
        drawn.append(base64.b64encode(raw.getvalue()).decode())
    plt.close("all")
    return drawn


def outputs(text: str, drawn: list[str]) -> list[Cell]:
    """As a notebook keeps them (nbformat 4.5)."""
    kept: list[Cell] = []
    if text:
        kept.append({"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)})
    for one in drawn:
        data = {"image/png": one, "text/plain": ["<Figure>"]}
        kept.append({"data": data, "metadata": {}, "output_type": "display_data"})
    return kept


def ran(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with the outputs of this run."""
    names: dict[str, Any] = {"__name__": "__main__"}
    count = 0
    cells = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            cells.append(cell)
            continue
        count += 1
        text = printed("".join(cell["source"]), names, f"cell {count}")
        cells.append(cell | {"execution_count": count, "outputs": outputs(text, figures())})
    return notebook | {"cells": cells}


def main() -> None:
    """Run a notebook where it lies."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("notebook", type=Path)
    path: Path = parser.parse_args().notebook.resolve()
    os.environ["MPLBACKEND"] = "Agg"
    os.chdir(path.parent)
    json.dump(ran(json.loads(path.read_text())), sys.stdout, indent=1, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
