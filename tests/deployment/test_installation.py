"""Is what gets installed pinned, and is a Python that cannot run it refused in one clear line?"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PIN = re.compile(r"([a-z0-9]+(?:-[a-z0-9]+)*)==([0-9][0-9a-z.]*)")


def pins() -> dict[str, str]:
    """Name and version of each line of constraints.txt that is no comment."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    matches = [PIN.fullmatch(line) for line in lines if not line.startswith("#")]
    assert all(matches), "a line is no name==version"
    return {match[1]: match[2] for match in matches if match}


def canonical(requirement: str) -> str:
    """The normalised name in a requirement such as `uvloop>=0.21; sys_platform != 'win32'`."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_every_direct_dependency_is_pinned() -> None:
    """Base, extras and build backend: each name of pyproject.toml has its version in constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        asked += extra
    assert {canonical(requirement) for requirement in asked} - {"bayesian-verifier"} <= pins().keys()


def test_what_the_pinned_packages_need_is_pinned_too() -> None:
    """Wherever a pinned package is installed here, so is everything it needs on this machine."""
    from packaging.requirements import Requirement

    pinned = pins()
    for name in pinned:
        try:
            needed = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        for requirement in map(Requirement, needed):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonical(requirement.name) in pinned, f"{name} needs {requirement.name}"


def program(path: Path, text: str) -> str:
    """An executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def pretending(path: Path, version: tuple[int, int, int]) -> None:
    """A python that says it is of another version."""
    said = ".".join(map(str, version))
    code = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
    program(
        path,
        f"""case "$1" in -V) echo "Python {said}" ;; *) exec "{sys.executable}" -c '{code}' "$2" ;; esac""",
    )


def find_python(*arguments: str, path: str) -> subprocess.CompletedProcess[str]:
    """Run the search with these candidates and nothing but `path` to look into."""
    command = ["/bin/sh", ROOT / "scripts" / "find_python.sh", *arguments]
    return subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, check=False)


def test_a_suitable_python_is_taken(tmp_path: Path) -> None:
    """The one that is named, if it will do."""
    found = find_python(sys.executable, path=str(tmp_path))
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, sys.executable, "")


def test_an_unsuitable_python_is_passed_over(tmp_path: Path) -> None:
    """A python3 that is too old, and a python3.13 that does not start, leave python3.12."""
    pretending(tmp_path / "python3", (3, 9, 2))
    program(tmp_path / "python3.13", "exit 127")
    program(tmp_path / "python3.12", f'exec "{sys.executable}" "$@"')
    assert find_python("python3", path=str(tmp_path)).stdout == "python3.12\n"


@pytest.mark.parametrize("version", [(3, 9, 2), (3, 10, 13), (3, 14, 0)])
def test_where_no_python_will_do_one_line_says_so(tmp_path: Path, version: tuple[int, int, int]) -> None:
    """It names what was found, what is needed and how to say where that is."""
    pretending(tmp_path / "python3", version)
    refused = find_python("python3", path=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.count("\n") == 1
    said = "Python " + ".".join(map(str, version))
    assert f"Python 3.11, 3.12 or 3.13 is needed and was not found ({said})" in refused.stderr
    assert "make PYTHON=" in refused.stderr


def test_a_python_without_venv_is_named(tmp_path: Path) -> None:
    """Debian's python3 without python3-venv: said at once, not by a traceback of ensurepip."""
    program(tmp_path / "python3", 'case "$2" in *ensurepip*) exit 1 ;; *) exit 0 ;; esac')
    refused = find_python("python3", path=str(tmp_path))
    assert refused.returncode == 1
    assert "install its venv package" in refused.stderr
