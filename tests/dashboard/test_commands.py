"""The page as it is started: by itself, and beside the service."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from bayesian_verifier.cli import run
from dashboard.pages import PATIENCE, TOKEN

PROGRAM = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()"]


# the page does not need one, and a service says so and stays
NO_MODEL = {"BV_MODEL_STORE": "nowhere"}


class Started:
    """A process, and what it has said so far."""

    def __init__(self, arguments, directory, settings):
        environ = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
        self.process = subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=directory,
            env=environ | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = []

    def line(self, beginning):
        """The first line that begins so."""
        timer = threading.Timer(PATIENCE, self.process.kill)
        timer.start()
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith(beginning):
                timer.cancel()
                return line.removeprefix(beginning).strip()
        raise AssertionError(f"it said only {self.said}")

    def stop(self):
        """Ask it to leave; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.said.append(rest)
        return self.process.returncode


@pytest.fixture
def start():
    started = []

    def begin(arguments, directory, settings=()):
        started.append(Started(arguments, directory, dict(settings)))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.communicate()


def people_read(client, url, headers=None):
    """How many the page knows once it has read its files, for which the first who asks waits a second at most."""
    deadline = time.monotonic() + PATIENCE
    while (state := client.get(url, headers=headers).json())["reading"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state["people"]


def test_the_command_serves_the_page_and_leaves_with_open_streams(start, own_files):
    command = start(["dashboard", "--port", "0", "--models", str(own_files / "models")], own_files)
    url = command.line("the dashboard is at ")
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert "Bayesian Verifier" in client.get("").text
        assert client.get("api/state").json()["journal"]["name"] == "judgments.jsonl"
        with client.stream("GET", "api/stream") as stream:
            assert next(stream.iter_lines())
            assert command.stop() == 0
    assert "Ada" not in "".join(command.said)


def test_a_unix_socket_is_for_this_user_alone(start, own_files):
    place = own_files / "page.sock"
    command = start(["dashboard", "--uds", str(place)], own_files)
    command.line("the dashboard is at ")
    assert stat.S_IMODE(place.stat().st_mode) & 0o077 == 0
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(place)), timeout=PATIENCE) as client:
        assert people_read(client, "http://localhost/dashboard/api/state") == 40
    assert command.stop() == 0
    assert not place.exists()


def test_beyond_this_machine_it_does_not_start_without_a_token(own_files, capsys):
    assert run(["dashboard", "--host", "0.0.0.0", "--journal", str(own_files / "judgments.jsonl")]) == 3  # noqa: S104
    assert "token" in capsys.readouterr().err


def test_a_place_that_is_taken_is_said(start, own_files, capsys):
    command = start(["dashboard", "--port", "0"], own_files)
    port = command.line("the dashboard is at ").split(":")[2].partition("/")[0]
    assert run(["dashboard", "--port", port]) == 3
    assert f"127.0.0.1:{port}" in capsys.readouterr().err


def test_a_journal_that_is_not_there_yet_is_named(start, own_files):
    """Not an empty page without a word: a path may be mistyped."""
    command = start(["dashboard", "--port", "0", "--journal", "nope/judgments.jsonl"], own_files)
    command.line("there is no journal nope/judgments.jsonl yet")
    url = command.line("the dashboard is at ")
    with httpx.Client(timeout=PATIENCE) as client:
        assert people_read(client, url + "api/state") == 0
    assert command.stop() == 0


def test_the_service_has_the_page_beside_it(start, own_files):
    (own_files / "token").write_text(TOKEN)
    settings = {"BV_JOURNAL": str(own_files / "judgments.jsonl"), "BV_TOKEN_FILE": str(own_files / "token")}
    service = start(["serve", "--port", "0"], own_files, settings | NO_MODEL)
    url = service.line("watch it at ").removesuffix("dashboard/")
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert client.get("/dashboard/").status_code == 200
        assert client.get("/dashboard/api/state").status_code == 401
        allowed = {"Authorization": f"Bearer {TOKEN}"}
        assert people_read(client, "/dashboard/api/state", allowed) == 40
        assert client.get("/health/live").status_code == 200
        assert client.get("/v1/model").status_code == 401
        with client.stream("GET", "/dashboard/api/stream", headers=allowed) as stream:
            assert next(stream.iter_lines())
            assert service.stop() == 0


def test_the_service_without_the_page_loads_none_of_it(own_files):
    program = (
        "import sys\n"
        "from bayesian_verifier.commands.serve import service_of\n"
        "from bayesian_verifier.settings import read_settings\n"
        "service_of(read_settings({'BV_DASHBOARD': 'off'}), {})\n"
        "print([name for name in sys.modules if name.startswith(('duckdb', 'bayesian_verifier.dashboard'))])\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_a_page_whose_process_is_killed_is_started_again(start, own_files):
    service = start(["serve", "--port", "0"], own_files, NO_MODEL)
    url = service.line("watch it at ")
    with httpx.Client(base_url=url, timeout=PATIENCE) as client:
        assert client.get("api/state").status_code == 200
        (page,) = children(service.process.pid)
        with client.stream("GET", "api/stream") as stream:
            lines = stream.iter_lines()
            assert next(lines)
            os.kill(page, signal.SIGKILL)
            with pytest.raises(httpx.RemoteProtocolError):
                list(lines)
        deadline = time.monotonic() + PATIENCE
        while (again := client.get("api/state")).status_code != 200:
            assert again.status_code == 503, again.text
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert service.stop() == 0


def test_the_page_ends_with_a_service_that_is_killed(start, own_files):
    service = start(["serve", "--port", "0"], own_files, NO_MODEL)
    url = service.line("watch it at ")
    assert httpx.get(f"{url}api/state", timeout=PATIENCE).status_code == 200
    (page,) = children(service.process.pid)
    service.process.kill()
    deadline = time.monotonic() + PATIENCE
    while is_running(page):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid):
    """Processes that a process started and that have not ended."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = one.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(one.parent.name))
    return found


def is_running(pid):
    """Whether a process has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
