"""One holder at a time, whoever dies; real processes and files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.retraining import (
    Asker,
    Lease,
    LeaseBusyError,
    LeaseFile,
    Wish,
    is_held,
    may_take,
    wished,
)

CLI = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()"]

CONTENDER = """
import sys, time
from pathlib import Path
from bayesian_verifier.retraining import Asker, LeaseBusyError, LeaseFile
lease_file, log, name, rounds = LeaseFile(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
while rounds:
    try:
        lease = lease_file.take(Asker(name, seconds=60))
    except LeaseBusyError:
        time.sleep(0.002)
        continue
    with open(log, "a") as out:
        out.write(f"in {name}\\n"); out.flush()
        time.sleep(0.005)
        out.write(f"out {name}\\n"); out.flush()
    lease_file.release(lease)
    rounds -= 1
"""

DOOMED = """
import sys, time
from bayesian_verifier.retraining import Asker, LeaseFile
LeaseFile(sys.argv[1]).take(Asker("doomed"))
print("taken", flush=True)
time.sleep(60)
"""


def lease(*, until=100.0, heartbeat=0.0, priority=0, wish=None):
    return Lease(
        id="1",
        owner="a",
        host="h",
        pid=1,
        started=0,
        until=until,
        heartbeat=heartbeat,
        priority=priority,
        wish=wish,
    )


def test_of_eight_processes_one_has_it_at_a_time(tmp_path):
    log = tmp_path / "log"
    words = [
        [sys.executable, "-c", CONTENDER, str(tmp_path / "lease.json"), str(log), f"p{n}", "6"]
        for n in range(8)
    ]
    running = [subprocess.Popen(one) for one in words]
    assert [one.wait(240) for one in running] == [0] * 8
    lines = log.read_text().split("\n")[:-1]
    assert len(lines) == 2 * 8 * 6
    for entered, left in zip(lines[::2], lines[1::2], strict=True):
        assert entered.startswith("in ")
        assert left == f"out {entered[3:]}"


def test_a_killed_holder_frees_it_at_once(tmp_path):
    file = tmp_path / "lease.json"
    holder = subprocess.Popen([sys.executable, "-c", DOOMED, str(file)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"taken\n"
    with pytest.raises(LeaseBusyError, match="doomed has the machine"):
        LeaseFile(file).take(Asker("next"))
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdout.close()
    assert LeaseFile(file).take(Asker("next")).owner == "next"


def test_a_command_runs_under_a_lease_and_gives_its_exit_code(tmp_path):
    words = ["lease", "--file", "l.json", "run", "--owner", "r3mem", "--max", "30s", "--"]
    script = "import json,sys; sys.exit(3 if json.load(open('l.json'))['owner'] == 'r3mem' else 1)"
    said = subprocess.run([*CLI, *words, sys.executable, "-c", script], cwd=tmp_path, check=False)
    assert said.returncode == 3
    assert not (tmp_path / "l.json").exists()


def test_a_command_is_ended_when_its_time_is_up(tmp_path, stalls):
    words = ["lease", "run", "--owner", "slow", "--max", "1s", "--", "sleep", "60"]
    began = time.monotonic()
    said = subprocess.run([*CLI, *words], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert said.returncode == 128 + signal.SIGTERM
    assert "the lease of slow ended" in said.stderr
    assert time.monotonic() - began < 50 + stalls.lost(began)


def test_a_second_command_is_told_who_has_it_and_exits_with_4(tmp_path):
    held = LeaseFile(tmp_path / "lease.json").take(Asker("night", "retraining"))
    words = ["lease", "run", "--owner", "other", "--", "true"]
    said = subprocess.run([*CLI, *words], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert said.returncode == 4
    assert "night has the machine for retraining" in said.stderr
    shown = subprocess.run([*CLI, "lease", "show", "--json"], cwd=tmp_path, check=True, capture_output=True)
    assert json.loads(shown.stdout)["id"] == held.id


def test_who_is_more_urgent_makes_the_holder_yield_and_is_next(tmp_path):
    now = [1000.0]
    leases = LeaseFile(tmp_path / "lease.json", wall=lambda: now[0])
    held = leases.take(Asker("night", priority=0))
    assert leases.beat(held)
    with pytest.raises(LeaseBusyError):
        leases.take(Asker("urgent", priority=5))
    assert not leases.beat(held)
    leases.release(held)
    with pytest.raises(LeaseBusyError, match="kept for urgent"):
        leases.take(Asker("late", priority=1))
    assert leases.take(Asker("urgent", priority=5)).owner == "urgent"


def test_a_wish_that_nobody_renews_is_forgotten(tmp_path):
    now = [1000.0]
    leases = LeaseFile(tmp_path / "lease.json", wall=lambda: now[0])
    held = leases.take(Asker("night", seconds=1e6))
    with pytest.raises(LeaseBusyError):
        leases.take(Asker("urgent", priority=5))
    now[0] += 29.0
    assert not leases.beat(held)
    now[0] += 2.0
    assert leases.beat(held)


@given(st.floats(0, 200), st.floats(0, 200))
def test_it_is_held_while_its_time_lasts_and_its_holder_beats(now, heartbeat):
    found = is_held(lease(heartbeat=heartbeat, until=100), now, alive=True)
    assert found == (now < 100 and now < heartbeat + 30)
    assert not is_held(lease(heartbeat=heartbeat), now, alive=False)


@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3))
def test_the_most_urgent_wish_is_kept(holder, first, second):
    noted = lease(priority=holder)
    for place, priority in enumerate((first, second)):
        noted = wished(noted, Wish(owner=f"w{place}", priority=priority, at=1.0))
    urgent = [p for p in (first, second) if p > holder]
    assert (noted.wish.priority if noted.wish else None) == (max(urgent) if urgent else None)


def test_nobody_jumps_the_queue():
    waiting = lease(wish=Wish(owner="w", priority=2, at=10.0))
    assert not may_take(waiting, Wish(owner="x", priority=1, at=11.0), held=False)
    assert may_take(waiting, Wish(owner="x", priority=2, at=11.0), held=False)
    assert may_take(waiting, Wish(owner="w", priority=0, at=11.0), held=False)
    assert not may_take(None, Wish(owner="x", at=0.0), held=True)


def test_a_file_that_is_no_lease_is_nobodys(tmp_path):
    file = tmp_path / "lease.json"
    file.write_text('{"v": 1, "owner"')
    assert LeaseFile(file).holder() is None
    assert LeaseFile(file).take(Asker("a")).pid == os.getpid()
