"""Does everything work that the pages tell people to type? What takes too long is run elsewhere, and it is said where.

A new command on a page is run here unless a line of ELSEWHERE begins it, so that none is left out by forgetting.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import httpx
import pytest
from desk import PORT, PROGRAM, kept, laid, served
from documentation import PAGES, ROOT, blocks, name_of, page, table_under

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How a command begins that is not run here, and the file that runs it: a job of CI, a script, another test.
ELSEWHERE = {
    "make run": "tests/serving/test_process.py",
    "make check": ".github/workflows/ci.yml",
    "make test": ".github/workflows/ci.yml",
    "make demo": ".github/workflows/ci.yml",
    "make venv": ".github/workflows/nightly.yml",
    "make soak": ".github/workflows/nightly.yml",
    "make image": "scripts/container_smoke.sh",
    "make PYTHON": "tests/deployment/test_installation.py",
    "docker ": "scripts/container_smoke.sh",
    "pip install": ".github/workflows/ci.yml",
    "python -m venv": ".github/workflows/ci.yml",
    ". .venv/bin/activate": ".ci/run",
    "bayesian-verifier simulate --people 1000": "tests/engine/test_ray_engine.py",
    "serve run": "tests/serving/test_ray_serve.py",
    "bayesian-verifier serve": "tests/serving/test_process.py",
    "bayesian-verifier train": ".github/workflows/nightly.yml",
    "BV_MODEL_STORE=models bayesian-verifier evaluate": "tests/test_model_commands.py",
    "bayesian-verifier evaluate": "tests/test_model_commands.py",
    "bayesian-verifier drift evaluate": "tests/drift",
    "bayesian-verifier dashboard": "tests/dashboard",
    "bayesian-verifier retrain": "tests/retraining",
    "BV_MODEL_STORE=models BV_MODEL_NAME=executor": "tests/serving/test_reload_process.py",
    "bayesian-verifier models adopt executor": "tests/serving/test_reload_process.py",
    "bayesian-verifier experiment": "tests/rl",
    "bayesian-verifier simulators check": "tests/simulators/test_conformance.py",
    "bayesian-verifier simulators gap": "tests/simulators/test_executor_jobs.py",
    "bayesian-verifier simulators record runs": "tests/simulators/test_executor_jobs.py",
    "bayesian-verifier policy": "tests/policy",
    "bayesian-verifier journal metrics": "tests/journal/test_journal_metrics.py",
    "make site": ".github/workflows/ci.yml",
    "kind load": ".github/workflows/ci.yml",
    "kubectl": ".github/workflows/ci.yml",
    "make night": ".github/workflows/retrain.yml",
    "mkdir -p /var/lib": "tests/deployment/test_schedules.py",
    "cp -r SHIPPED": "tests/deployment/test_schedules.py",
    "cp deploy/cron": "tests/deployment/test_schedules.py",
    "cp deploy/systemd": "tests/deployment/test_schedules.py",
    "systemctl": "tests/deployment/test_schedules.py",
    "prometheus --config": "tests/deployment/test_monitoring.py",
    "cp deploy/grafana": "tests/deployment/test_monitoring.py",
    "cp -r deploy/grafana": "tests/deployment/test_monitoring.py",
    "gh attestation": ".github/workflows/release.yml",
}
#: Exit codes other than 0, which the pages speak of.
CODES = {
    "bayesian-verifier verify cases.jsonl": 1,
    "bayesian-verifier journal verify bad.jsonl": 1,
}
#: What stands on a page for something that only a reader knows.
STANDS_FOR = {"[ … the new ones … ]": "[]", "VERSION": "{version}", "QlZTM…": "{state}"}


class Typed(NamedTuple):
    """A command on a page."""

    page: str
    line: str

    def __str__(self) -> str:
        return f"{self.page}: {self.line[:60]}"


def typed(path: Path) -> list[Typed]:
    """The commands of a page's console blocks, each with the lines that go on from it."""
    found: list[str] = []
    for block in blocks(path.read_text(), "console"):
        open_quote = False
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(line.removeprefix("$ "))
            elif found and (open_quote or found[-1].endswith("\\")):
                found[-1] += "\n" + line
            else:
                continue
            open_quote = found[-1].count("'") % 2 == 1
    return [Typed(name_of(path), line) for line in found]


ALL = [command for path in PAGES for command in typed(path)]
HERE = [command for command in ALL if not command.line.startswith(tuple(ELSEWHERE))]


def test_what_runs_elsewhere_runs_there() -> None:
    """The file is there; of a script or a job, it calls the command."""
    for command in ALL:
        for beginning, where in ELSEWHERE.items():
            if command.line.startswith(beginning):
                path = ROOT / where
                assert path.exists(), command
                if path.suffix in (".sh", ".yml"):
                    assert calls(path.read_text(), beginning), (command, where)


def calls(script: str, beginning: str) -> bool:
    """Whether a script does what such a command does, under whatever names its variables have."""
    words = {
        "make image": "build --network=host",
        "docker ": "$COMPOSE",
        "make venv": "make venv",
        "gh attestation": "attest-build-provenance",
        "pip install": "/bin/pip install",
        "python -m venv": "python -m venv",
        "bayesian-verifier train": "bin/bayesian-verifier train",
    }
    return words.get(beginning, beginning) in script


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(tmp_path_factory.mktemp("service") / "log") as place:
        yield place


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, service: str) -> dict[str, str]:
    return laid(tmp_path_factory.mktemp("desk"), service)


def meant(line: str, desk: dict[str, str]) -> str:
    """A command as a reader would type it."""
    for told, stands_for in STANDS_FOR.items():
        line = line.replace(told, stands_for.format(**desk) if "{" in stands_for else stands_for)
    return line.replace(PORT, desk[PORT]) + (" --once" if " drift watch " in f" {line} " else "")


@pytest.mark.parametrize("command", HERE, ids=str)
def test_a_command_on_a_page_works(command: Typed, desk: dict[str, str]) -> None:
    """It ends with 0, or with what the page says; what is asked of the service is answered in JSON."""
    if "jq " in command.line and shutil.which("jq") is None:
        pytest.skip("NO jq")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    store = {"BV_MODEL_STORE": "models"} if " models " in command.line else {}
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run(
        ["bash", "-o", "pipefail", "-c", meant(command.line, desk)],
        cwd=desk["folder"],
        env=clean
        | {"PATH": path, "BV_COMPILATION_CACHE": str(ROOT / ".jax_cache"), "COLUMNS": "120"}
        | store,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert said.returncode == CODES.get(command.line, 0), said.stdout + said.stderr
    if command.line.startswith("curl"):
        assert isinstance(json.loads(said.stdout), dict | list)
    assert "Traceback" not in said.stderr


def test_the_query_in_sql_reads_a_journal(tmp_path: Path) -> None:
    """As it stands on the page: three judgments of the controller's."""
    kept(tmp_path / "judgments.jsonl", "ada")
    [query] = blocks(page("docs/operations.md"), "sql")
    [(source, judgments, mean)] = duckdb.sql(query.replace("judgments*", f"{tmp_path}/judgments*")).fetchall()
    assert (source, judgments) == ("controller", 3)
    assert -3 < mean < 3


def test_the_map_of_columns_imports_a_line(tmp_path: Path) -> None:
    """The second map on the page, with a line of the shape it is for."""
    (tmp_path / "map.toml").write_text(blocks(page("docs/operations.md"), "toml")[0])
    line = {"choice": "B", "sure": 5, "high": 10, "low": 1, "p": 0.5}
    (tmp_path / "lines.jsonl").write_text(json.dumps(line) + "\n")
    command = [PROGRAM, "journal", "import", "lines.jsonl", "--map", "map.toml", "--out", "judgments.jsonl"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = [json.loads(line)["kind"] for line in (tmp_path / "judgments.jsonl").read_text().splitlines()]
    assert kinds.count("judgment") == 1


PYTHON = [(name_of(path), block) for path in PAGES for block in blocks(path.read_text(), "python")]


@pytest.mark.parametrize(("name", "script"), PYTHON, ids=[name for name, _ in PYTHON])
def test_python_on_a_page_runs(name: str, script: str, service: str, tmp_path: Path) -> None:
    """With the names that the text around it has made, against the service."""
    before = (
        "from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient\n"
        "journal = Journal('judgments.jsonl')\njudgments = []\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", before + script.replace(PORT, service)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert said.returncode == 0, (name, said.stderr)


def paths(value: object, before: str = "") -> set[str]:
    """Every member of a document, as a dotted path."""
    if not isinstance(value, dict):
        return set()
    here = {f"{before}{name}" for name in value}
    return here.union(*(paths(inside, f"{before}{name}.") for name, inside in value.items()))


def test_every_member_that_is_promised_is_there(service: str) -> None:
    """Of a posterior, of each of its parameters, and of a problem."""
    promised = {
        row[0]: set(row[1].split(", ")) for row in table_under(page("docs/compatibility.md"), "## HTTP v1")
    }
    body = json.loads((ROOT / "examples" / "holt_laury_six_safe.json").read_text())
    found = httpx.post(f"http://{service}/v1/posterior", json=body, timeout=30).json()
    assert promised["POST /v1/posterior"] <= paths(found)
    levels = {name.replace("quantiles.", "") for name in promised["a parameter of posterior"]} - {
        "mean",
        "sd",
    }
    for marginal in found["posterior"].values():
        assert set(marginal) >= {"mean", "sd", "quantiles"}
        assert set(marginal["quantiles"]) >= levels
    told = next(
        block
        for block in re.findall(r"```json\n(.*?)```", page("docs/http.md"), re.DOTALL)
        if "urn:" in block
    )
    assert promised["a problem"] <= set(json.loads(told))


def test_every_block_is_of_a_kind_that_some_test_reads() -> None:
    """Console, Python and SQL here, JSON and TOML beside it, YAML where kustomize builds it; text is printed."""
    kinds = {kind for path in PAGES for kind in re.findall(r"^```(\w+)$", path.read_text(), re.MULTILINE)}
    assert kinds <= {"console", "python", "sql", "json", "toml", "yaml", "text"}
