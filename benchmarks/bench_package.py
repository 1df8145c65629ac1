"""What does the base install weigh, and how long does a program wait that imports it?

    python benchmarks/bench_package.py            30 starts of each
    python benchmarks/bench_package.py --quick    5

A wheel is built and installed from an index into empty environments: base, and serve. Times are of the processor, of a
whole process, in turn, less that of a process that does nothing. Beside it: what NumPy and pydantic take by themselves,
which any program with both pays. Writes results/package.json.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _record import about, say, write

ROOT = Path(__file__).resolve().parents[1]
NAMES = "from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient"
PEERS = "import numpy; from pydantic import BaseModel, TypeAdapter\nclass A(BaseModel): x: int"
STARTS = {
    "import bayesian_verifier": "import bayesian_verifier",
    "its four names": NAMES,
    "NumPy and one model of pydantic": PEERS,
    "bayesian-verifier --help": "from bayesian_verifier.cli import run; run(['--help'])",
}
LARGEST = 8


def installed(where: Path, wheel: Path, extra: str) -> Path:
    """An environment with the wheel and one of its extras, or none; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", where], check=True)
    python = where / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run([*install, "--constraint", ROOT / "constraints.txt", f"{wheel}{extra}"], check=True)
    return python


def megabytes(folder: Path) -> float:
    """Of all files below a folder, each counted once, as they lie on the disk."""
    return round(sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 1e6, 1)


def sizes(python: Path) -> dict[str, Any]:
    """Of an environment's packages, and of the largest of them."""
    [packages] = (python.parents[1] / "lib").glob("python3.*/site-packages")
    each = {path.name: megabytes(path) for path in packages.iterdir() if path.is_dir()}
    largest = dict(sorted(each.items(), key=lambda one: -one[1])[:LARGEST])
    return {"all_mb": megabytes(packages), "largest_mb": largest}


def processor_seconds(python: Path, script: str) -> float:
    """Of a process that runs a script, with compiled modules kept as they usually are."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-c", script], env=environ, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def starts(python: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Processor time of each start in ms, median and least, in turn."""
    scripts = {"": "pass"} | STARTS
    for script in scripts.values():
        processor_seconds(python, script)
    spent: dict[str, list[float]] = {name: [] for name in STARTS}
    for _ in range(rounds):
        nothing = processor_seconds(python, scripts[""])
        for name, script in STARTS.items():
            spent[name].append(1e3 * (processor_seconds(python, script) - nothing))
    return {
        name: {"median_ms": round(statistics.median(times), 1), "least_ms": round(min(times), 1)}
        for name, times in spent.items()
    }


def main() -> None:
    """Build, install, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="five starts of each")
    quick: bool = parser.parse_args().quick
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        say("building the wheel")
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", scratch, ROOT]
        subprocess.run(
            build, check=True, env=os.environ | {"PIP_BUILD_CONSTRAINT": str(ROOT / "constraints.txt")}
        )
        [wheel] = scratch.glob("*.whl")
        figures: dict[str, Any] = {"about": about("none", quick=quick)}
        figures["wheel_mb"] = round(wheel.stat().st_size / 1e6, 2)
        for name, extra in (("base", ""), ("serve", "[serve]")):
            say(f"installing {name}")
            python = installed(scratch / name, wheel, extra)
            figures[name] = sizes(python)
            if name == "base":
                say("starting it")
                figures["starts"] = starts(python, 5 if quick else 30)
    write("package", figures)


if __name__ == "__main__":
    main()
