"""Does anything on this machine train models at its hour: a line of cron, or a timer of systemd?"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from bayesian_verifier.commands._finding import Finding, ok, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = ("bayesian-verifier", "bayesian_verifier", "train_bayesflow")


def looked_at_timer(etc: Path, home: Path, *, needed: bool) -> Finding:
    """A line or a unit that names this program. needed: whether models of its own are served here."""
    found = [*_in_cron(etc), *_in_crontab(), *_in_systemd(etc, home)]
    if found:
        return ok("timer", "; ".join(found))
    said = "neither cron nor systemd names this program: no model is trained by itself"
    if not needed:
        return ok("timer", said)
    return warning("timer", said, "add a line to crontab: docs/operations.md, Retraining by night")


def _naming(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and line[0] not in "#;" and any(word in line for word in WORDS)]


def _in_cron(etc: Path) -> Iterator[str]:
    for path in [etc / "crontab", *_sorted(etc / "cron.d", "*")]:
        yield from (f"{path}: {line}" for line in _naming(_text(path)))


def _in_crontab() -> Iterator[str]:
    try:
        said = subprocess.run(["crontab", "-l"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return
    yield from (f"crontab: {line}" for line in _naming(said.stdout))


def _in_systemd(etc: Path, home: Path) -> Iterator[str]:
    """A timer starts the service of its name."""
    for folder in (etc / "systemd" / "system", home / ".config" / "systemd" / "user"):
        for timer in _sorted(folder, "*.timer"):
            if _naming(_text(timer.with_suffix(".service")) + "\n" + timer.name):
                yield str(timer)


def _sorted(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern)) if folder.is_dir() else []


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
