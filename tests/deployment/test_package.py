"""Is what is published whole? A wheel is built once and used where nothing but what it asks for is installed."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from deployment.empty_environment import (
    PROJECT,
    Environment,
    clean,
    environment,
    extra_beside,
    size_on_disk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "NOTICE", "configs", "src")
[FIVE_LINES] = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL
)
NAMES = "from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient"
LARGEST_BASE = 260e6  # bytes


def built(kind: str, source: Path, out: Path) -> Path:
    """A wheel or an sdist of a tree."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", out]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [made] = out.iterdir()
    return made


def copied(to: Path) -> Path:
    """The tree as somebody else checked it out: elsewhere, and at another time."""
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        to.mkdir(exist_ok=True)
        copy(
            source,
            to / name,
            **({"ignore": shutil.ignore_patterns("__pycache__")} if source.is_dir() else {}),
        )
    return to


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What `pip install bayesian-verifier` leaves."""
    return environment(tmp_path_factory.mktemp("base") / "venv", wheel)


@pytest.fixture(scope="module")
def serving(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """What `pip install 'bayesian-verifier[serve]'` leaves."""
    return environment(tmp_path_factory.mktemp("serve") / "venv", wheel, "serve")


def test_a_wheel_holds_all_that_it_needs(wheel: Path) -> None:
    """Every module, type and setting, and models whose files have the sha256 that their manifests state."""
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        assert {"bayesian_verifier/py.typed", "bayesian_verifier/configs/service.toml"} <= held
        code = {path.relative_to(ROOT / "src").as_posix() for path in (ROOT / "src").rglob("*.py")}
        assert {name for name in held if name.endswith(".py")} == code
        for model in ("bayesian-verifier", "executor", "explorer", "traits"):
            store = f"bayesian_verifier/shipped_models/{model}"
            version = archive.read(f"{store}/current").decode().strip()
            manifest = json.loads(archive.read(f"{store}/{version}/manifest.json"))
            for name, digest in manifest["files"].items():
                assert hashlib.sha256(archive.read(f"{store}/{version}/{name}")).hexdigest() == digest


def test_two_builds_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """Of the same sources, at different places and times; and so does the wheel that an sdist gives."""
    assert sha256(built("wheel", copied(tmp_path / "copy"), tmp_path / "again")) == sha256(wheel)
    sdist = built("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [unpacked] = (tmp_path / "unpacked").iterdir()
    assert sha256(built("wheel", unpacked, tmp_path / "from-sdist")) == sha256(wheel)


def test_importing_the_package_waits_for_nothing(base: Environment, tmp_path: Path) -> None:
    """150 ms of processor time at most; its names bring no JAX, no prover, no terminal and no event loop."""
    look = "import sys, time; began = time.process_time(); import bayesian_verifier; "
    times = [
        float(base.ran(base.python, "-c", look + "print(time.process_time() - began)", cwd=tmp_path).stdout)
        for _ in range(5)
    ]
    assert min(times) < 0.150
    said = base.ran(base.python, "-c", f"{NAMES}\nimport sys; print(*sys.modules)", cwd=tmp_path)
    idle = {"jax", "z3", "rich", "click", "fastapi", "asyncio", "subprocess", "http.client"}
    idle |= {"bayesian_verifier.journal._audit", "bayesian_verifier.policy._policy"}
    assert idle.isdisjoint(said.stdout.split()), said.stderr
    assert "bayesian_verifier.judgment_layer._layer" in said.stdout.split()


def test_the_base_install_is_small_and_holds_no_jax(base: Environment) -> None:
    """What a Judgment Layer embeds."""
    assert {"jax", "jaxlib", "fastapi", "uvicorn", "keras"}.isdisjoint(base.needed)
    assert sum(map(size_on_disk, base.needed.values())) < LARGEST_BASE


#: Rooms that an extra is for, and what they only import where another extra is installed.
EXTRAS = {
    "serve": (("serving", "artifact", "simulators", "posterior"), {"opentelemetry", "gymnasium"}),
    "otel": (("serving", "judgment_layer"), set()),
    "train": (("training",), set()),
    "rl": (("rl", "simulators"), set()),
    "scale": (("journal",), set()),
    "dashboard": (("dashboard",), set()),
}


def imported(room: str) -> set[str]:
    """The packages of others that a room imports when it runs, wherever in its code."""
    found: set[str] = set()
    for path in (ROOT / "src" / "bayesian_verifier" / room).rglob("*.py"):
        tree = ast.parse(path.read_text())
        for block in ast.walk(tree):
            if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
                block.body = []
        for part in ast.walk(tree):
            if isinstance(part, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in part.names}
            elif isinstance(part, ast.ImportFrom) and part.module and not part.level:
                found.add(part.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"bayesian_verifier"}


@pytest.mark.parametrize("extra", EXTRAS)
def test_an_extra_brings_what_its_rooms_import(base: Environment, extra: str, tmp_path: Path) -> None:
    """Each package can be found where nothing but the wheel with that extra is installed."""
    rooms, optional = EXTRAS[extra]
    wanted = sorted(set().union(*map(imported, rooms)) - optional)
    assert wanted
    beside = extra_beside(base, extra, tmp_path / extra)
    look = f"import importlib.util; print(*[n for n in {wanted} if importlib.util.find_spec(n) is None])"
    said = base.ran(base.python, "-c", look, cwd=tmp_path, PYTHONPATH=str(beside))
    assert (said.stdout.split(), said.stderr) == ([], "")


def test_without_an_extra_the_program_says_which(base: Environment, tmp_path: Path) -> None:
    """Exit code 3, and the line to type."""
    said = base.ran(base.program, "serve", cwd=tmp_path)
    assert said.returncode == 3
    assert said.stderr.strip().endswith("is missing: pip install 'bayesian-verifier[serve]'")


@contextmanager
def served(by: Environment, cwd: Path) -> Iterator[str]:
    """A service on a free port, ready."""
    settings = clean({"BV_PORT": "0", "BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")})
    log = (cwd / "serve.log").open("w")
    process = subprocess.Popen(
        [by.program, "serve"], cwd=cwd, env=settings, stdout=subprocess.PIPE, stderr=log, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip().removeprefix("listening on ")
        deadline = time.monotonic() + 120
        while httpx.get(f"{url}/health/ready", timeout=30).status_code != 200:
            assert time.monotonic() < deadline, (cwd / "serve.log").read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.kill()
        process.communicate()
        log.close()


def test_the_readme_s_five_lines_are_answered(
    base: Environment, serving: Environment, tmp_path: Path
) -> None:
    """By the service of one wheel to the Judgment Layer of the other, once there is something to go by."""
    more = """
for _ in range(8):
    layer.feedback(judgment.id, "approve")
    judgment = layer.judge({"options": [sure, coin]}, subject="ada")
print("model:", judgment.assessment.model_version)
"""
    with served(serving, tmp_path) as url:
        script = FIVE_LINES.replace("http://127.0.0.1:8080", url)
        patient = script.replace(f'"{url}"', f'"{url}", timeout=10.0')
        said = base.ran(base.python, "-c", patient + more, cwd=tmp_path)
    assert said.stderr == ""
    assert re.search(r"^model: \d{4}-\d\d-\d\dT", said.stdout, re.MULTILINE), said.stdout
    verified = base.ran(base.program, "journal", "verify", cwd=tmp_path)
    assert ": whole;" in verified.stdout
    assert "9 judgment" in verified.stdout


def test_the_version_is_told_the_same_everywhere(base: Environment, wheel: Path, tmp_path: Path) -> None:
    """By the program, the file's name and the container's label."""
    version = wheel.name.split("-")[1]
    assert base.ran(base.program, "--version", cwd=tmp_path).stdout == f"{PROJECT}, version {version}\n"
    assert f"ARG VERSION={version}\n" in (ROOT / "Dockerfile").read_text()
