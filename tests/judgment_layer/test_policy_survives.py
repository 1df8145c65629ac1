"""Does a policy go on choosing when the service behind its posterior is killed in the middle of an episode?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from layers import EXACT, judgments_in, policies_in

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.judgment import Case, expected_utilities
from bayesian_verifier.policy import Policy, PolicyChooser

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = "from bayesian_verifier.cli import main; main()"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The real one over the shipped model, and where it is."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    own = {"BV_PORT": "0", "BV_COMPILATION_CACHE": str(ROOT / ".jax_cache")}
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "serve"],
            env=clean | own,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        deadline = time.monotonic() + 120
        while not is_ready(url):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield process, url
    finally:
        process.kill()
        process.communicate()


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=30) as reply:  # noqa: S310 ours
            return bool(reply.status == 200)
    except urllib.error.HTTPError:
        return False


def ladder(turn: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A sure amount, a lottery and a long shot; the surest is the slowest."""
    options = [
        {"outcomes": [{"payoff": 4.0 + turn % 3, "probability": 1.0}]},
        {"outcomes": [{"payoff": 9.0, "probability": 0.6}, {"payoff": 2.0, "probability": 0.4}]},
        {"outcomes": [{"payoff": 20.0, "probability": 0.35}, {"payoff": 1.0, "probability": 0.65}]},
    ]
    costs = [{"latency": 0.8, "energy": 0.2}, {"latency": 0.4}, {"latency": 0.1, "energy": 0.9}]
    return {"options": options}, {"options": costs, "time": turn / 12}


def test_choices_go_on_and_the_journal_shows_who_told_the_risk(
    service: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    """Twelve decisions of one person; the service is killed after the sixth. The policy ranks all of them."""
    process, url = service
    journal = Journal(tmp_path / "judgments.jsonl", fsync="never")
    chooser = PolicyChooser(Policy.shipped())
    with VerifierClient(url, 10.0) as client:
        layer = JudgmentLayer(
            client, MetaJudgmentController(), journal, chooser=chooser, max_sd=10.0, **EXACT
        )
        for turn in range(12):
            if turn == 6:
                process.kill()
                process.wait()
            case, around = ladder(turn)
            decision = layer.judge(case, "ada", around)
            assert decision.chosen is not None
            assert decision.policy == chooser.policy.version
            best = int(expected_utilities(Case.model_validate(case), 0.4).argmax())
            layer.feedback(decision.id, "approve" if decision.chosen == best else "reject")
        layer.close()
    lines, traces = judgments_in(journal), policies_in(journal)
    assert "verifier" in {one.source for one in lines[:6]}
    assert [one.source for one in lines[6:]] == ["controller"] * 6
    assert {one.reason for one in lines[6:]} <= {"unreachable", "circuit_open"}
    assert [(one.judgment, one.source) for one in traces] == [(one.id, one.source) for one in lines]
    for line, trace in zip(lines, traces, strict=True):
        assert line.posterior is not None
        assert (trace.belief.mean, trace.belief.sd) == (line.posterior.mean, line.posterior.sd)
        assert trace.choice == line.chosen
