"""Does the shadow cost nobody anything, whatever the controller does?"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faulty_server import FaultyServer, answering
from layers import Blocking, Make
from people import safe_times
from shadowed import Own, shadows_in

from bayesian_verifier import Journal
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from stalls import Stalls


def test_a_controller_that_raises_is_counted_and_costs_nothing(make: Make, journal: Journal) -> None:
    """The answer is the verifier's; the line says what went wrong."""

    def fail() -> None:
        raise ZeroDivisionError

    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=Own(Belief(0.5, 0.5), fail), shadow=1.0)
        assessment = layer.assess("ada", safe_times(4))
        layer.rest()
    assert assessment.source == "verifier"
    (event,) = shadows_in(journal)
    assert (event["failure"], event["controller"], event["difference"]) == ("ZeroDivisionError", None, None)
    health = layer.layer.health()
    assert (health.controller_failures, health.shadow.failed, health.shadow.runs) == (1, 1, 1)


def test_a_controller_that_hangs_holds_up_nobody(make: Make, journal: Journal, stalls: Stalls) -> None:
    """One run hangs; later calls are answered as fast as ever, and skipped by the shadow."""
    began, hangs = threading.Event(), threading.Event()

    def hang() -> None:
        began.set()
        hangs.wait()

    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=Own(Belief(0.5, 0.5), hang), shadow=1.0)
        start = time.monotonic()
        for _ in range(5):
            assert layer.assess("ada", safe_times(4)).source == "verifier"
        assert time.monotonic() - start < 1.0 + stalls.lost(start)
        assert began.wait(10.0)
        health = layer.layer.health().shadow
        assert (health.runs, health.skipped) == (1, 4)
        assert health.running_ms is not None
        assert not journal.path.exists()
        hangs.set()
        layer.rest()
        assert len(shadows_in(journal)) == 1
        assert layer.layer.health().shadow.running_ms is None


def test_a_slow_controller_keeps_to_its_share_of_the_time(journal: Journal) -> None:
    """A run of 2 s with a share of a quarter is followed by a rest of 6 s: a quarter of the time in all."""
    clock = [100.0]

    def work() -> None:
        clock[0] += 2.0

    with FaultyServer(answering()) as server:
        own = Own(Belief(0.5, 0.5), work)
        layer = Blocking(
            server.url, journal, controller=own, shadow=0.25, chance=lambda: 0.0, monotonic=lambda: clock[0]
        )
        for at, runs in ((100.0, 1), (102.0, 1), (107.99, 1), (108.0, 2)):
            clock[0] = at
            layer.assess("ada", safe_times(4))
            layer.rest()
            assert layer.layer.health().shadow.runs == runs
        assert layer.layer.health().shadow.slowest_ms == pytest.approx(2000.0)
        assert own.heard.count("remember ada 0.61") == 4
        layer.close()


def test_a_shadow_takes_no_place_of_a_line_that_waits(make: Make, tmp_path: Path) -> None:
    """While the journal cannot be written it is given up and counted."""
    journal = Journal(tmp_path / "absent" / "judgments.jsonl")
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, shadow=1.0)
        layer.assess("ada", safe_times(4))
        layer.rest()
        assert layer.layer.waiting == 0
        assert layer.layer.health().shadow.unrecorded == 1


def test_closing_waits_for_a_run_under_way(make: Make, journal: Journal) -> None:
    """A process that ends right after its last call has its line."""
    own = Own(Belief(0.5, 0.5), lambda: time.sleep(0.2))
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, shadow=1.0)
        layer.assess("ada", safe_times(4))
        layer.end()
        assert len(shadows_in(journal)) == 1


def test_a_process_ends_though_its_controller_hangs(tmp_path: Path) -> None:
    """Nothing at its end waits for the thread."""
    script = f"""
import sys, threading
sys.path.insert(0, {str(Path(__file__).parent)!r})
from faulty_server import FaultyServer, answering
from layers import EXACT
from people import safe_times
from bayesian_verifier.posterior import Belief
from shadowed import Own
from bayesian_verifier import Journal, JudgmentLayer, VerifierClient

began = threading.Event()
own = Own(Belief(0.5, 0.5), lambda: (began.set(), threading.Event().wait()))
with FaultyServer(answering()) as server, VerifierClient(server.url, 5.0) as client:
    layer = JudgmentLayer(client, own, Journal("judgments.jsonl"), **(EXACT | {{"shadow": 1.0}}))
    print(layer.assess("ada", safe_times(4)).source, began.wait(10.0))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.stdout == "verifier True\n"
    assert done.stderr == ""
