"""Where do figures go, and what is said beside them, so that they can be read years later?"""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESULTS = Path(__file__).resolve().parent / "results"
OURS = (
    "bayesian-verifier", "jax", "jaxlib", "numpy", "fastapi", "starlette", "uvicorn", "uvloop", "httptools",
    "pydantic", "orjson", "bayesflow", "keras",
)  # fmt: skip


def about(model: str, *, quick: bool) -> dict[str, Any]:
    """Machine, versions, model and date of a run."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "quick": quick,
        "model": model,
        "machine": machine(),
        "versions": {"python": platform.python_version()} | versions(OURS),
    }


def machine() -> dict[str, Any]:
    """What it ran on, and how many cores others kept busy just before."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "busy_cores_before": busy_cores(1.0),
    }


def busy_cores(seconds: float) -> float | None:
    """Cores at work over the next so many seconds; None where the system does not tell.

    The load average would do, were it not still full of the part of this benchmark that ended just now.
    """
    try:
        idle, total = _ticks()
        time.sleep(seconds)
        later_idle, later = _ticks()
    except OSError:
        return None
    share = 1 - (later_idle - idle) / max(1, later - total)
    return round(share * (os.cpu_count() or 1), 2)


def _ticks() -> tuple[int, int]:
    """Ticks all cores were idle, and all ticks."""
    with Path("/proc/stat").open(encoding="ascii") as file:
        spent = [int(field) for field in file.readline().split()[1:9]]
    return spent[3] + spent[4], sum(spent)


def versions(names: Iterable[str]) -> dict[str, str]:
    """Installed versions, of those that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def write(name: str, figures: dict[str, Any]) -> None:
    """Write results/<name>.json whole, by a rename, so that an interrupted run leaves the former one."""
    RESULTS.mkdir(exist_ok=True)
    scratch = RESULTS / f".{name}.json"
    scratch.write_text(json.dumps(figures, indent=1) + "\n")
    scratch.replace(RESULTS / f"{name}.json")


def read(name: str) -> dict[str, Any] | None:
    """What results/<name>.json holds, if it is there."""
    file = RESULTS / f"{name}.json"
    return json.loads(file.read_text()) if file.is_file() else None


def say(text: str) -> None:
    """A line of progress."""
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


def spread(seconds: Sequence[float]) -> dict[str, float]:
    """Quantiles of times, in ms. No time at all is no measure: ValueError."""
    if not seconds:
        raise ValueError("nothing was measured")
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return {
        "p50_ms": round(1e3 * statistics.median(ordered), 4),
        "p99_ms": round(1e3 * ordered[round(0.99 * last)], 4),
        "count": len(ordered),
    }


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else "unknown"
