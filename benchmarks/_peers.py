"""How do other people's servers and samplers get a virtual environment of their own?

Each peer is a folder of `peers/` with its `requirements.txt`; its environment is `peers/<name>/.venv`, made once and
made again when the requirements change. A peer that cannot be installed is skipped, and the reason is said.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from _record import say

ROOT = Path(__file__).resolve().parents[1]
PEERS = Path(__file__).resolve().parent / "peers"


class SkippedError(RuntimeError):
    """This peer is not measured here; the message says why."""


def environment(name: str, *, with_ours: bool = False) -> Path:
    """The Python of a peer's environment, installed if need be. with_ours: and this project, without its needs.

    Raises SkippedError.
    """
    folder = PEERS / name
    wanted = (folder / "requirements.txt").read_text(encoding="utf-8") + f"# {sys.version} {with_ours}\n"
    python, stamp = folder / ".venv" / "bin" / "python", folder / ".venv" / ".installed"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted and python.exists():
        return python
    say(f"{name}: making its environment (minutes, once)")
    shutil.rmtree(folder / ".venv", ignore_errors=True)
    venv.create(folder / ".venv", with_pip=True)
    _pip(name, python, ["--requirement", str(folder / "requirements.txt")])
    if with_ours:
        _pip(name, python, ["--no-deps", "--editable", str(ROOT)])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def installed_version(python: Path, package: str) -> str:
    """The version of a package in a peer's environment."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _pip(name: str, python: Path, arguments: list[str]) -> None:
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SkippedError(f"{name} cannot be installed: {error}") from error
    if done.returncode:
        raise SkippedError(f"{name} cannot be installed: {last_line(done.stderr)}")


def last_line(printed: str) -> str:
    """What a program said last, which is mostly why it failed."""
    lines = printed.strip().splitlines() or ["it said nothing"]
    return lines[-1][-300:]
