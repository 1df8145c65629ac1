"""`bayesian-verifier doctor`: what is wrong, before the service is started. Each fault here is a real one."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from bayesian_verifier import Journal
from bayesian_verifier.commands.doctor import examine
from bayesian_verifier.retraining import Asker, LeaseFile
from bayesian_verifier.serving import listen_tcp, listen_unix
from serving.closed_form import publish

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bayesian_verifier.commands._finding import Finding

CHECKS = [
    "python", "packages", "settings", "token", "model", "port", "cache",
    "journal", "tail", "disk", "disk", "disk", "clock", "lease", "timer",
]  # fmt: skip


Done = subprocess.CompletedProcess[str]


class Place(NamedTuple):
    """A machine, as far as the doctor looks: a folder with a store, a cache, a journal and an /etc."""

    folder: Path
    environ: dict[str, str]

    @property
    def journal(self) -> Path:
        return self.folder / "judgments.jsonl"

    @property
    def lease(self) -> Path:
        return self.folder / "lease.json"

    def findings(self, *, quick: bool = True, **environ: str) -> list[Finding]:
        """All that the doctor says."""
        told = self.environ | environ
        return list(
            examine(told, journal=self.journal, lease=self.lease, quick=quick, etc=self.folder / "etc")
        )

    def ill(self, **environ: str) -> dict[str, Finding]:
        """What is not well; each has something to do about it."""
        found = {finding.check: finding for finding in self.findings(**environ) if not finding.well}
        assert all(finding.advice for finding in found.values())
        return found

    def said(self, check: str, **environ: str) -> str:
        """The detail of one check."""
        return next(finding.detail for finding in self.findings(**environ) if finding.check == check)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A machine on which nothing is wrong, with a journal of one line."""
    publish(tmp_path / "models", "v1")
    with listen_tcp("127.0.0.1", 0) as free:
        port = str(free.getsockname()[1])
    with Journal(tmp_path / "judgments.jsonl") as journal:
        journal.append("policy", {"says": "nothing"})
    cron = tmp_path / "etc" / "cron.d"
    cron.mkdir(parents=True)
    (cron / "training").write_text("0 3 * * 0 root /srv/scripts/train_bayesflow.sh\n")
    return Place(
        tmp_path,
        {
            "HOME": str(tmp_path),
            "BV_MODEL_STORE": str(tmp_path / "models"),
            "BV_MODEL_NAME": "closed-form",
            "BV_PORT": port,
            "BV_COMPILATION_CACHE": str(tmp_path / "cache"),
        },
    )


def test_nothing_is_wrong_where_nothing_is_wrong(place: Place) -> None:
    """And everything was looked at; the model's files by sha256."""
    assert place.ill() == {}
    assert [finding.check for finding in place.findings()] == CHECKS
    assert "posterior.jaxexport" in place.said("model")


def test_the_model_is_compiled_and_asked(place: Place) -> None:
    """Unless the look is to be quick: the shipped one, whose simulator is installed."""
    cache = Path(__file__).parents[2] / ".jax_cache"
    said = doctor(
        place, "--json", BV_MODEL_STORE="", BV_MODEL_NAME="bayesian-verifier", BV_COMPILATION_CACHE=str(cache)
    )
    assert said.returncode == 0, said.stdout
    [answer] = [one for one in json.loads(said.stdout) if one["check"] == "answer"]
    assert (answer["state"], answer["well"]) == ("ok", True)
    assert "every shape compiled and a question answered" in answer["detail"]


def doctor(place: Place, *options: str | Path, before: tuple[str | Path, ...] = (), **environ: str) -> Done:
    """The program itself, which has ended."""
    program = "from bayesian_verifier.cli import main; main()"
    command = [*before, sys.executable, "-c", program, "doctor", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    told = clean | place.environ | environ
    return subprocess.run(
        command, env=told, cwd=place.folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_each_fault_of_the_service_is_found_and_named(place: Place) -> None:
    """A damaged model, a port in use, a cache nobody can write, a token that is not there, a wrong setting."""
    (place.folder / "models" / "closed-form" / "v1" / "posterior.jaxexport").write_bytes(b"x")
    (place.folder / "file").write_text("")
    with listen_tcp("127.0.0.1", 0) as held:
        port = str(held.getsockname()[1])
        found = place.ill(
            BV_PORT=port,
            BV_COMPILATION_CACHE=str(place.folder / "file" / "below"),
            BV_TOKEN_FILE=str(place.folder / "no-token"),
        )
    assert {check: finding.state for check, finding in found.items()} == dict.fromkeys(
        ("token", "model", "port", "cache"), "bad"
    )
    assert "posterior.jaxexport" in found["model"].detail
    assert port in found["port"].detail
    assert "below" in found["cache"].detail
    assert "no-token" in found["token"].detail
    assert place.ill(BV_PROT="1")["settings"].detail == "BV_PROT is not a setting; did you mean BV_PORT?"


def test_a_port_served_by_one_of_ours_is_no_fault(place: Place, client: httpx.Client) -> None:
    """It says that the service runs there, and how it is."""
    said = place.said("port", BV_PORT=str(client.base_url.port))
    assert "a service runs here already, ready, model " in said


def test_a_unix_socket_is_looked_at_in_place_of_a_port(place: Place) -> None:
    """Free, left over by a dead process, or in use by somebody who is no service of ours."""
    path = place.folder / "bv.sock"
    assert place.said("port", BV_UDS=str(path)) == f"{path} is free"
    listen_unix(path).close()
    assert "a socket left over is gone" in place.said("port", BV_UDS=str(path))
    with listen_unix(path):
        held = place.ill(BV_UDS=str(path))
    assert held["port"].state == "bad"


def test_a_token_that_others_can_read_is_a_warning(place: Place) -> None:
    """With the command that mends it."""
    token = place.folder / "token"
    token.write_text("0123456789abcdef")
    token.chmod(0o644)
    found = place.ill(BV_TOKEN_FILE=str(token))
    assert found["token"].state == "warning"
    subprocess.run(found["token"].advice.split(), check=True)
    assert place.ill(BV_TOKEN_FILE=str(token)) == {}


def spoil(line: bytes) -> bytes:
    return line.replace(b"nothing", b"nothinG")


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        (spoil, "bad", "the checksum says"),
        (lambda line: line + line[:20], "warning", "torn after 20 bytes"),
        (lambda line: line + b"not a line\n", "bad", "line 1 from the end"),
    ],
    ids=["damaged", "torn", "foreign"],
)
def test_the_end_of_the_journal_is_verified(
    place: Place, change: Callable[[bytes], bytes], state: str, said: str
) -> None:
    """A torn line is a warning: the next append mends it."""
    place.journal.write_bytes(change(place.journal.read_bytes()))
    found = place.ill()
    assert set(found) == {"tail"}
    assert found["tail"].state == state
    assert said in found["tail"].detail


def test_a_journal_that_nobody_can_append_to_is_found(place: Place) -> None:
    """Its directory is not there, it is a directory itself, or another process holds its lock and does not go on."""
    with (place.folder / "judgments.jsonl.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "held by another process" in place.ill()["journal"].detail
    place.journal.unlink()
    place.journal.mkdir()
    assert place.ill()["journal"].state == "bad"
    nowhere = list(
        examine(place.environ, journal=place.folder / "no" / "j.jsonl", lease=place.lease, quick=True)
    )
    [found] = [finding for finding in nowhere if finding.check == "journal"]
    assert found.advice == f"mkdir -p {place.folder / 'no'}"


def test_files_of_the_future_mean_a_wrong_clock(place: Place) -> None:
    """A minute apart is none: a disk of another machine may be."""
    now = time.time()
    os.utime(place.journal, (now + 30, now + 30))
    assert place.ill() == {}
    os.utime(place.journal, (now + 7200, now + 7200))
    found = place.ill()
    assert set(found) == {"clock"}
    assert str(place.journal) in found["clock"].detail


def test_a_full_disk_is_found(place: Place) -> None:
    """One of a megabyte, mounted for this process alone."""
    if os.getuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("NOT ROOT: cannot mount a small disk to try this on")
    small = place.folder / "small"
    small.mkdir()
    script = 'mount -t tmpfs -o size=1m tmpfs "$1" && shift && exec "$@"'
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("CANNOT UNSHARE: cannot mount a small disk to try this on")
    confined = ("unshare", "--mount", "sh", "-c", script, "sh", small)
    said = doctor(place, "--quick", "--json", "--journal", small / "j.jsonl", before=confined)
    assert said.returncode == 1, said.stderr
    found = [one for one in json.loads(said.stdout) if one["state"] == "bad"]
    assert [(one["check"], one["well"]) for one in found] == [("disk", False)]
    assert found[0]["detail"].startswith("0.0 GiB free for")


def test_who_has_the_machine_is_said(place: Place) -> None:
    """Nobody, this process, a lease of a process that is gone, and what cannot be read."""
    assert place.said("lease") == "nobody has the machine"
    file = LeaseFile(place.lease)
    held = file.take(Asker("nightly", "training"))
    assert place.said("lease").startswith("nightly has the machine for ")
    gone = subprocess.Popen(["true"])
    gone.wait()
    place.lease.write_text(held.model_copy(update={"pid": gone.pid}).model_dump_json())
    assert "an old lease lies there" in place.said("lease")
    place.lease.write_text("{")
    assert place.ill()["lease"].state == "warning"


def test_a_store_that_nothing_trains_for_is_a_warning(place: Place) -> None:
    """A line of cron or a timer of systemd will do; a line that is a comment will not."""
    cron = place.folder / "etc" / "cron.d" / "training"
    cron.write_text("# 0 3 * * 0 root bayesian-verifier train\n")
    if "crontab: " not in place.said("timer"):
        assert place.ill()["timer"].state == "warning"
    units = place.folder / "etc" / "systemd" / "system"
    units.mkdir(parents=True)
    (units / "nightly.timer").write_text("[Timer]\nOnCalendar=daily\n")
    (units / "nightly.service").write_text(
        "[Service]\nExecStart=/opt/bayesian-verifier/bin/bayesian-verifier train\n"
    )
    assert str(units / "nightly.timer") in place.said("timer")


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--strict",), 1)])
def test_the_exit_code_tells_machines(place: Place, options: tuple[str, ...], code: int) -> None:
    """Of a warning only where they want to be strict."""
    with place.journal.open("ab") as file:
        file.write(b"torn")
    said = doctor(place, "--quick", *options)
    assert said.returncode == code, said.stderr
    assert "torn" in said.stdout
