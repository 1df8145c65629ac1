"""Does the example of an app answer whatever its side-car does? Over real HTTP, with a real service that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING

import httpx
import pytest

from bayesian_verifier.errors import BayesianVerifierError
from bayesian_verifier.serving import listen_tcp

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CASE = {
    "options": [
        {"outcomes": [{"payoff": 2.0, "probability": 0.6}, {"payoff": 1.6, "probability": 0.4}]},
        {"outcomes": [{"payoff": 3.85, "probability": 0.6}, {"payoff": 0.1, "probability": 0.4}]},
    ]
}


def free_port() -> int:
    """One below those that the system hands out, which nobody is given while nobody listens there."""
    while True:
        with (
            suppress(BayesianVerifierError),
            listen_tcp("127.0.0.1", SystemRandom().randrange(20_000, 32_000)) as free,
        ):
            port: int = free.getsockname()[1]
            return port


@contextmanager
def running(*command: str | Path, cwd: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A program that says where it listens; killed when the block ends."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    with (cwd / "log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=clean | environ, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip().removeprefix("listening on ")
    finally:
        process.kill()
        process.communicate()


@contextmanager
def app(cwd: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The example, with a side-car at a port."""
    script = ROOT / "examples" / "judgment_app.py"
    options = ("--url", f"http://127.0.0.1:{port}", "--port", "0", "--timeout", "10")
    with running(sys.executable, script, *options, cwd=cwd) as found:
        yield found


def asked(url: str, until: str) -> subprocess.CompletedProcess[str]:
    """What the script says that the smoke of the containers asks by."""
    command = [
        sys.executable,
        ROOT / "scripts" / "ask_app.py",
        "--url",
        url,
        "--until",
        until,
        "--patience",
        "30",
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_it_goes_on_when_its_side_car_is_killed_and_comes_back_with_it(tmp_path: Path) -> None:
    """Every answer on the way is a choice that was recorded; the journal is whole at the end."""
    port = free_port()
    program = "from bayesian_verifier.cli import main; main()"
    serve = (sys.executable, "-c", program, "serve", "--port", str(port))
    cache = {"BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")}
    with app(tmp_path, port) as (process, url):
        alone = asked(url, "controller")
        assert alone.returncode == 0, alone.stdout + alone.stderr
        with running(*serve, cwd=tmp_path, **cache):
            back = asked(url, "verifier")
            assert back.returncode == 0, back.stdout + back.stderr
        gone = asked(url, "controller")
        assert gone.returncode == 0, gone.stdout + gone.stderr
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    command = [sys.executable, "-c", program, "journal", "verify", "judgments.jsonl"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ": whole;" in said.stdout, said.stdout


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of an app without a side-car."""
    with (
        app(tmp_path_factory.mktemp("app"), free_port()) as (_, url),
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        yield client


def test_a_choice_says_who_made_it_and_takes_feedback(lonely: httpx.Client) -> None:
    """The same that stands in the journal."""
    made = lonely.post("/judge", json={"subject": "ada", **CASE}).json()
    assert (made["chosen"], made["verdict"], made["recorded"]) == (0, "proved", True)
    assert (made["source"], made["reason"]) == ("controller", "unreachable")
    assert (
        lonely.post("/feedback", json={"judgment": made["judgment"], "feedback": "approve"}).status_code
        == 200
    )
    assert lonely.get("/health").json() == {"waiting": 0, "lost": 0}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/judge", b"{", 422),
        ("/judge", b"[]", 422),
        ("/judge", json.dumps({"options": []}).encode(), 422),
        ("/judge", b"", 422),
        ("/feedback", b"{}", 422),
        ("/feedback", json.dumps({"judgment": "nobody's", "feedback": "approve"}).encode(), 422),
        ("/nowhere", b"{}", 400),
        ("/judge", b" " * (1 << 20 | 1), 400),
    ],
)
def test_what_is_no_question_is_refused_in_words(
    lonely: httpx.Client, path: str, body: bytes, status: int
) -> None:
    """And the app goes on."""
    refused = lonely.post(path, content=body)
    assert refused.status_code == status
    assert refused.json()["error"]
    assert lonely.get("/health").status_code == 200


def test_the_script_that_asks_says_when_it_waits_in_vain(lonely: httpx.Client) -> None:
    """Exit code 1, and what the last answer was."""
    began = time.monotonic()
    command = [sys.executable, ROOT / "scripts" / "ask_app.py", "--url", str(lonely.base_url).rstrip("/")]
    said = subprocess.run(
        [*command, "--until", "verifier", "--seconds", "1"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert said.returncode == 1
    assert "the verifier has not answered" in said.stdout
    assert time.monotonic() - began >= 1
