"""`bayesian-verifier doctor`: what is wrong around a journal. Each fault here is a real one."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.commands.doctor import examine
from bayesian_verifier.retraining import Asker, LeaseFile
from serving.doctor_place import Place, doctor, well

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return well(tmp_path)


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
