"""An environment that holds a wheel and what one of its extras asks for, and nothing else; made without a network.

What is asked for is linked from the environment that runs the tests, so that nothing needs to be fetched.
"""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement

PROJECT = "bayesian-verifier"


class Environment(NamedTuple):
    """A virtual environment. needed: the distributions that the wheel asks for, by name."""

    python: Path
    program: Path
    packages: Path
    needed: dict[str, Distribution]

    def ran(self, *command: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
        """A command that has ended, without settings or paths of whoever runs the tests."""
        return subprocess.run(
            command, cwd=cwd, env=clean(environ), capture_output=True, text=True, timeout=120, check=False
        )


def clean(environ: dict[str, str]) -> dict[str, str]:
    """The environment of this process without what would lead Python elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BV_", "PYTHON"))}
    return kept | environ


def environment(where: Path, wheel: Path, *extras: str) -> Environment:
    """A new environment with the wheel and one of its extras."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", where], check=True)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(where), "platbase": str(where)}))
    python = where / "bin" / "python"
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ]
    subprocess.run([*install, wheel], check=True)
    needed: dict[str, Distribution] = {}
    wanted = (Requirement(f"{PROJECT}[{','.join(extras)}]") if extras else Requirement(PROJECT),)
    own = next(Distribution.discover(name=PROJECT, path=[str(packages)]))
    _gather(own, wanted[0].extras, needed)
    for found in needed.values():
        _link(found, packages)
    return Environment(python, where / "bin" / PROJECT, packages, needed)


def extra_beside(base: Environment, extra: str, folder: Path) -> Path:
    """A folder for PYTHONPATH with what an extra brings beyond the base install that is already there."""
    own = next(Distribution.discover(name=PROJECT, path=[str(base.packages)]))
    needed: dict[str, Distribution] = {}
    _gather(own, {extra}, needed)
    folder.mkdir()
    for name in needed.keys() - base.needed.keys():
        _link(needed[name], folder)
    return folder


def size_on_disk(found: Distribution) -> int:
    """Bytes of all files of a distribution, without what Python compiled."""
    files = (Path(str(found.locate_file(file))) for file in found.files or () if file.suffix != ".pyc")
    return sum(path.stat().st_size for path in files if path.is_file())


def _gather(asking: Distribution, extras: set[str], needed: dict[str, Distribution]) -> None:
    for requirement in map(Requirement, asking.requires or ()):
        marker = requirement.marker
        if marker and not any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        if requirement.name == PROJECT:
            _gather(asking, requirement.extras, needed)
        elif requirement.name not in needed:
            needed[requirement.name] = distribution(requirement.name)
            _gather(needed[requirement.name], requirement.extras, needed)


def _link(found: Distribution, packages: Path) -> None:
    tops = {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}
    for top in tops:
        if not (packages / top).exists():
            (packages / top).symlink_to(Path(str(found.locate_file(top))))
