"""The commands, as processes of their own: a real store, a trainer that copies the champion, a judge that is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.artifact import read_manifest
from retraining.nights import SHIPPED
from serving.second_model import NAME, shipped_store

if TYPE_CHECKING:
    from collections.abc import Iterator

CLI = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()"]
TRAINER = """
import json, os, shutil, sys, time
from pathlib import Path
told = dict(zip(sys.argv[1::2], sys.argv[2::2]))
home = Path(sys.argv[0]).parent
place = Path(told["--store"]) / told["--name"]
Path(home / "training").write_text(str(os.getpid()))
while (home / "wait").exists():
    time.sleep(0.05)
version = "2099-01-01T00-00-00Z-" + told["--run"][:12]
shutil.copytree(place / told["--champion"], place / version)
manifest = place / version / "manifest.json"
manifest.write_text(manifest.read_text().replace(told["--champion"], version))
print("a line of no meaning")
print(json.dumps({"version": version, "prior": {"mean": 0.7, "sd": 0.9}}))
"""
JUDGE = """
import json, sys
from pathlib import Path
told = dict(zip(sys.argv[1::2], sys.argv[2::2]))
verdict = Path(sys.argv[0]).with_name("verdict").read_text()
print(json.dumps({"verdict": verdict, "reasons": ["so it was told"], "number": int(told["--number"])}))
"""


class Home:
    """A directory with all that the commands need."""

    def __init__(self, place: Path, *, approval: bool) -> None:
        self.place = place
        self.store, self.first = shipped_store(place / "models")
        (place / "train.py").write_text(TRAINER)
        (place / "judge.py").write_text(JUDGE)
        (place / "verdict").write_text("PROMOTE")
        settings = tomllib.loads(SHIPPED.read_text())
        settings["trigger"] |= {"daily_cap": 9}
        settings["promotion"] |= {"approval": approval}
        lines = []
        for table, entries in settings.items():
            lines += [f"[{table}]", *(f"{name} = {json.dumps(value)}" for name, value in entries.items())]
        (place / "retraining.toml").write_text("\n".join(lines) + "\n")

    def words(self, *arguments: str) -> list[str]:
        places = ["--model-store", "models", "--settings", "retraining.toml"]
        return [*CLI, "retrain", *places, *arguments]

    def run_words(self) -> list[str]:
        hands = [f"{sys.executable} {name}.py" for name in ("train", "judge")]
        programs = ["--train-with", hands[0], "--judge-with", hands[1]]
        return self.words("run", "--force", "--any-time", "--by", "night", *programs)

    def do(self, *arguments: str, code: int = 0) -> str:
        said = subprocess.run(
            self.words(*arguments) if arguments else self.run_words(),
            cwd=self.place,
            env=clean(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert said.returncode == code, said.stderr
        return said.stdout + said.stderr if code else said.stdout

    def current(self) -> str | None:
        return self.store.current(NAME)

    def ledger(self) -> list[dict]:
        return [json.loads(line) for line in (self.place / "ledger.jsonl").read_text().splitlines()]


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BV_")}


@contextmanager
def a_run_that_trains(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """A run whose trainer does not end; ended with the block at the latest."""
    (home.place / "wait").touch()
    night = subprocess.Popen(home.run_words(), cwd=home.place, env=clean(), stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: (home.place / "training").exists() and (home.place / "training").read_text())
        yield night
    finally:
        (home.place / "wait").unlink(missing_ok=True)
        night.kill()
        night.wait()


def wait_for(what, seconds: float = 120.0) -> None:
    last = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < last
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:  # not there, or gone while it was read
        return False


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    """A run that was forced and asked people: its home, the request, what was said."""
    home = Home(tmp_path_factory.mktemp("asked"), approval=True)
    said = home.do()
    return home, json.loads(home.do("pending", "--json"))[0]["request"], said


def test_from_a_forced_run_to_an_approved_version_that_can_be_asked_for_by_time(asked):
    home, request, said = asked
    challenger = json.loads(home.do("pending", "--json"))[0]["challenger"]
    assert said.startswith(f"asked: {challenger} waits for an answer to {request}")
    assert home.current() == home.first
    before = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert home.do("approve", request[:10], "--by", "ann", "--why", "looked at it").startswith(
        f"{challenger} is current"
    )
    assert home.current() == challenger
    assert "by ann" in home.do("approve", request, code=2)
    history = home.do("history", "--json")
    kinds = [one["kind"] for one in json.loads(history)]
    assert kinds == ["training_started", "training_ended", "gate", "approval_asked", "approved", "promotion"]
    assert not json.loads(home.do("pending", "--json"))
    at = [*CLI, "models", "--model-store", "models", "at", "--json"]
    for moment, version in ((before, home.first), ("2099-01-01", challenger)):
        found = subprocess.run(
            [*at, moment], cwd=home.place, env=clean(), capture_output=True, text=True, check=True
        )
        assert json.loads(found.stdout)["current"]["version"] == version


def test_a_run_killed_while_it_trains_takes_the_trainer_along_and_the_next_run_goes_on(tmp_path):
    home = Home(tmp_path, approval=False)
    with a_run_that_trains(home) as night:
        trainer = int((tmp_path / "training").read_text() or 0)
        assert "another training is at work" in home.do(code=4)
        shown = subprocess.run(
            home.words("check", "--force", "--json"),
            cwd=tmp_path,
            env=clean(),
            capture_output=True,
            check=False,
        )
        assert shown.returncode == 1
        assert json.loads(shown.stdout)["trigger"]["running"]
        night.send_signal(signal.SIGKILL)
        night.wait()
        if sys.platform == "linux":
            wait_for(lambda: not is_running(trainer))
    found = json.loads(home.do("check", "--json"))
    assert found["left_to_do"]["do"] == "end"
    assert [one["kind"] for one in home.ledger()] == ["training_started"]
    assert home.do().startswith("promoted: ")
    ended = [one for one in home.ledger() if one["kind"] == "training_ended"]
    assert [one["outcome"] for one in ended] == ["failed", "challenger"]
    assert home.current() == ended[1]["challenger"]
    assert read_manifest(home.store.path(NAME, home.current())).version == home.current()


def test_a_run_that_is_told_to_stop_says_so_in_the_ledger_and_gives_the_machine_back(tmp_path):
    home = Home(tmp_path, approval=False)
    with a_run_that_trains(home) as night:
        night.send_signal(signal.SIGTERM)
        assert night.wait(60) == 128 + signal.SIGTERM
    assert [one.get("outcome") for one in home.ledger()] == [None, "stopped"]
    assert not (tmp_path / "lease.json").exists()


def test_a_training_yields_to_a_more_urgent_job_and_exits_with_4(tmp_path):
    home = Home(tmp_path, approval=False)
    with a_run_that_trains(home) as night:
        urgent = ["lease", "run", "--owner", "r3mem", "--priority", "5", "--wait", "2m", "--", "true"]
        said = subprocess.run([*CLI, *urgent], cwd=tmp_path, env=clean(), capture_output=True, check=False)
        assert said.returncode == 0
        assert night.wait(60) == 4
    assert home.ledger()[-1]["outcome"] == "stopped"
    assert home.current() == home.first


@pytest.mark.parametrize(
    ("program", "text", "expected"),
    [
        ("train", "import sys; print('no room'); sys.exit(3)", "exit code 3: no room"),
        ("judge", "print('{}')", "without a verdict"),
        ("judge", "print('nothing')", "expected a line of JSON"),
    ],
)
def test_a_program_that_fails_is_named_and_the_champion_stays(tmp_path, program, text, expected):
    home = Home(tmp_path, approval=False)
    (tmp_path / f"{program}.py").write_text(text)
    assert expected in home.do(code=3)
    ended = home.ledger()[1]
    assert ended["outcome"] == ("failed" if program == "train" else "challenger")
    assert home.current() == home.first
    assert "gate" not in [one["kind"] for one in home.ledger()]


def test_the_shipped_store_is_not_to_be_changed(tmp_path):
    said = subprocess.run(
        [*CLI, "retrain", "check"], cwd=tmp_path, env=clean(), capture_output=True, text=True, check=False
    )
    assert said.returncode == 3
    assert "BV_MODEL_STORE" in said.stderr
