"""What runs the nights: the script under a real cron, the units, and that both mean the hours of the settings."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from retraining.test_retrain_command import Home

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "train_bayesflow.sh"
CRONTAB = ROOT / "deploy" / "cron" / "bayesian-verifier"
UNITS = ROOT / "deploy" / "systemd"
# cron reads the system's own directories: a mount namespace gives it others, and its process id file with them
CRON = """
set -e
mount -t tmpfs none /run
mkdir -p /var/spool/cron
mount -t tmpfs none /var/spool
mkdir -p /var/spool/cron/crontabs
mount -t tmpfs none /etc/cron.d
cp "$1" /etc/cron.d/bayesian-verifier
if [ -e /etc/crontab ]; then mount --bind /dev/null /etc/crontab; fi
exec cron -f
"""


def why_no_cron() -> str | None:
    """What stands against a cron of our own on this machine."""
    if shutil.which("cron") is None:
        return "no cron (on Debian: apt-get install cron)"
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return "cron with a spool of its own needs root and unshare"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        return "this machine gives no mount namespace, and the system's own spool is not touched"
    return None


def script(home: Home, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script, as somebody calls it."""
    return subprocess.run(
        [str(SCRIPT), *arguments],
        env=os.environ | variables(home),
        capture_output=True,
        text=True,
        check=False,
    )


def variables(home: Home) -> dict[str, str]:
    place = home.place
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "BV_TRAIN_JOURNAL": str(place / "judgments.jsonl"),
        "BV_TRAIN_STORE": str(place / "models"),
        "BV_TRAIN_SETTINGS": str(place / "retraining.toml"),
        "BV_TRAIN_WORK": str(place / "work"),
    }


def hands(home: Home) -> list[str]:
    return [
        "--train-with",
        f"{sys.executable} {home.place}/train.py",
        "--judge-with",
        f"{sys.executable} {home.place}/judge.py",
    ]


def log(home: Home) -> str:
    file = home.place / "work" / "training.log"
    return file.read_text() if file.exists() else ""


def test_without_a_reason_it_is_silent_writes_no_ledger_and_exits_with_0(tmp_path):
    home = Home(tmp_path, approval=False)
    said = script(home)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")
    assert not (tmp_path / "ledger.jsonl").exists()
    assert re.search(r"Z start: retrain .*\nnothing: .*\n.*Z end: exit code 0\n$", log(home))


def test_forced_it_trains_and_what_fails_is_said_on_stderr_and_in_the_log(tmp_path):
    home = Home(tmp_path, approval=False)
    assert script(home, "--force", "--any-time", *hands(home)).returncode == 0
    assert home.current() != home.first
    (tmp_path / "train.py").write_text("import sys; print('no room'); sys.exit(1)")
    said = script(home, "--force", "--any-time", *hands(home))
    assert said.returncode == 3
    assert "no room" in said.stderr
    assert "no room" in log(home)
    assert "exit code 3" in log(home)
    assert script(home, "--nothing").returncode == 2


def test_a_real_cron_runs_it_with_what_cron_gives_a_job(tmp_path):
    reason = why_no_cron()
    if reason:
        pytest.skip(reason)
    home = Home(tmp_path, approval=False)
    text = CRONTAB.read_text()
    for name, value in variables(home).items():
        text, count = re.subn(rf"^{name}=.*", f"{name}={value}", text, flags=re.MULTILINE)
        text = text if count else f"{name}={value}\n{text}"
    if "PYTHONPATH" in os.environ:
        text = f"PYTHONPATH={os.environ['PYTHONPATH']}\n{text}"
    (job,) = (line for line in text.splitlines() if line.endswith("train_bayesflow.sh"))
    arguments = " ".join(f"'{one}'" for one in hands(home))
    # at once instead of at the next quarter of an hour; all else is the shipped line
    mine = f"@reboot root {SCRIPT} --force --any-time {arguments}"
    crontab = tmp_path / "crontab"
    crontab.write_text(text.replace(job, mine) + "\n")
    crontab.chmod(0o644)
    daemon = subprocess.Popen(
        ["unshare", "--mount", "sh", "-c", CRON, "sh", str(crontab)],
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        last = time.monotonic() + 180
        while "end: exit code" not in log(home) and time.monotonic() < last and daemon.poll() is None:
            time.sleep(0.1)
    finally:
        if daemon.poll() is None:
            os.killpg(daemon.pid, signal.SIGTERM)
        said = daemon.communicate(timeout=60)[1]
    assert "end: exit code 0" in log(home), said + log(home)
    kinds = [one["kind"] for one in home.ledger()]
    assert kinds == ["training_started", "training_ended", "gate", "promotion"]
    assert json.loads((home.place / "ledger.jsonl").read_text().splitlines()[0])["by"] == "root"
    assert home.current() != home.first


def test_cron_and_timer_begin_within_the_slot_of_the_settings():
    slot = tomllib.loads((ROOT / "configs" / "retraining.toml").read_text())["slot"]
    hours = range(int(slot["begins"][:2]), int(slot["ends"][:2]))
    (line,) = (one for one in CRONTAB.read_text().splitlines() if one.endswith("train_bayesflow.sh"))
    minutes, hour = line.split()[:2]
    assert hour == f"{hours[0]}-{hours[-1]}"
    timer = (UNITS / "bayesian-verifier-retrain.timer").read_text()
    assert f"OnCalendar=*-*-* {hours[0]:02}..{hours[-1]:02}:{minutes.replace('2,', '02,', 1)}:00" in timer


def test_the_units_are_units(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("/opt/bayesian-verifier", str(ROOT))
        (tmp_path / unit.name).write_text(text)
    names = [str(tmp_path / unit.name) for unit in UNITS.iterdir()]
    said = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False, timeout=120
    )
    assert said.returncode == 0, said.stderr
    ours = [line for line in said.stderr.splitlines() if str(tmp_path) in line]
    assert not ours
