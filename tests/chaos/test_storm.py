"""Do the promises hold in a storm? A short one; `make soak` makes a long one.

A real service, callers in threads and in event loops, writers that die, and a proxy that does to replies what
networks and broken services do; on the way the service is stopped, killed, told to leave, and a caller killed.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.checker import check
from chaos.evidence import Evidence, evidence_in, of
from chaos.plans import short_plan
from chaos.storm import Storm

if TYPE_CHECKING:
    from chaos.verdicts import Verdict

SEED = 7
CACHE = Path(__file__).parents[2] / ".jax_cache"
PROMISES = ("P1", "P2", "P3", "P4", "P5", "P7", "P10", "P11")


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What one storm left."""
    directory = tmp_path_factory.mktemp("storm")
    Storm(short_plan(SEED), directory, CACHE).run()
    return evidence_in(directory)


@pytest.fixture(scope="module")
def verdicts(evidence: Evidence) -> dict[str, Verdict]:
    """The checker's, by promise."""
    return {verdict.promise: verdict for verdict in check(evidence)}


@pytest.mark.parametrize("promise", PROMISES)
def test_the_promise_holds_in_a_storm(verdicts: dict[str, Verdict], promise: str) -> None:
    """With enough to examine for that to mean something."""
    verdict = verdicts[promise]
    assert verdict.broken == ()
    assert verdict.examined >= 10


def test_the_storm_was_one(evidence: Evidence) -> None:
    """Answers by the service and by the controller, faults of many kinds, and all that was done to processes."""
    reasons = Counter(event["reason"] for event in of(evidence.callers, "answered"))
    assert {None, "timeout", "unreachable", "circuit_open"} <= reasons.keys()
    faults = {event["fault"] for event in of(evidence.proxy, "done")}
    assert len(faults) >= 6
    done = {event["what"] for event in of(evidence.storm, "server")}
    assert done == {"started", "ready", "stopped", "continued", "killed", "terminated", "exited"}
    assert next(of(evidence.storm, "caller killed"))
    assert sum(1 for _ in of(evidence.writers, "killed")) >= 5
    assert any(event["state"] == "full" for event in of(evidence.callers, "disk"))


def test_every_process_left_in_order(evidence: Evidence) -> None:
    """Those that were not killed."""
    assert [event for event in of(evidence.storm, "ended") if event["code"] != 0] == []
