"""A person who changes, watched live: real judgments, the real service, the real command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest

from bayesian_verifier.journal import Journal, News
from bayesian_verifier.judgment import Case, parse_judgments
from bayesian_verifier.posterior import Belief
from bayesian_verifier.simulators.lottery import CaseMixture, LotterySimulator, generate_cases, records

CLI = [sys.executable, "-c", "from bayesian_verifier.cli import main; main()"]
CACHE = Path(__file__).parents[2] / ".jax_cache"


@contextmanager
def service():
    """A service of the shipped model on a free port, ready."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BV_")}
    environ = clean | {"BV_PORT": "0", "BV_COMPILATION_CACHE": str(CACHE), "BV_DRAIN_SECONDS": "0.1"}
    process = subprocess.Popen(
        [*CLI, "serve"], env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        last = time.monotonic() + 120
        while httpx.get(f"{url}/health/ready", timeout=60).status_code != 200:
            assert time.monotonic() < last
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()


def answer(journal, subject, theta, count, seed):
    """A simulated person's feedback and rewards, as the layer would journal them."""
    rng = np.random.default_rng(seed)
    cases = parse_judgments(records(generate_cases(rng, count, CaseMixture())))
    said = LotterySimulator().simulate(rng, np.tile(theta, (count, 1)), cases)
    for one, approves, reward in zip(cases, said.approve, said.reward, strict=True):
        made = journal.append_judgment(
            subject=subject,
            case=Case(wealth=one.wealth, options=one.options),
            chosen=one.chosen,
            verdict=one.verdict or "proved",
            posterior=Belief(0.5, 1.0),
            source="verifier",
            reason=None,
            model_version="m",
            meta_comment="",
        )
        journal.append_feedback(made, "approve" if approves else "reject", float(np.clip(reward, -3, 3)))


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A journal of two people, one of whom goes from −0.6 to 1.8, after `drift watch --once`."""
    home = tmp_path_factory.mktemp("watched")
    with Journal(home / "judgments.jsonl", fsync="never") as journal:
        answer(journal, "ada", (-0.6, np.log(0.08)), 120, seed=1)
        answer(journal, "bob", (0.8, np.log(0.1)), 160, seed=2)
        answer(journal, "ada", (1.8, np.log(0.08)), 80, seed=3)
    with service() as url:
        words = ["drift", "watch", "judgments.jsonl", "--url", url, "--once"]
        first = subprocess.run([*CLI, *words], cwd=home, capture_output=True, text=True, check=True)
        again = subprocess.run([*CLI, *words, "--json"], cwd=home, capture_output=True, text=True, check=True)
    return home, first.stdout, [json.loads(line) for line in again.stdout.splitlines()]


def test_the_one_who_changed_is_named_with_when_and_how_far(watched):
    home, said, _ = watched
    alarms = [one for one in News(home / "ledger.jsonl").read().events if one.kind == "alarm"]
    whose = {
        one.id: one.subject for one in News(home / "judgments.jsonl").read().events if one.kind == "window"
    }
    assert {whose[one.model_extra["window"]] for one in alarms} == {"ada"}
    assert '"ada"' not in (home / "ledger.jsonl").read_text()
    assert "CHANGED by +" in said
    assert 0.5 < alarms[0].model_extra["moved"] < 3.0


def test_a_second_look_finds_the_same_and_writes_no_alarm_twice(watched):
    home, said, again = watched
    assert len(again) == len(said.splitlines())
    assert sum(one["alarm"] for one in again) == sum("CHANGED" in line for line in said.splitlines())
    alarms = [one for one in News(home / "ledger.jsonl").read().events if one.kind == "alarm"]
    assert len(alarms) == sum(one["alarm"] for one in again)


def test_the_report_needs_the_journal_alone(watched):
    home, _, again = watched
    words = ["drift", "report", "judgments.jsonl"]
    document = json.loads(
        subprocess.run([*CLI, *words, "--json"], cwd=home, capture_output=True, check=True).stdout
    )
    assert document["subjects"][0]["subject"] == "ada"
    assert len(document["subjects"][0]["alarms"]) == sum(one["alarm"] for one in again)
    assert document["windows"] == len(again)
    assert document["judgments"] == 360
    told = subprocess.run([*CLI, *words], cwd=home, capture_output=True, text=True, check=True).stdout
    assert "ada" in told
    assert "100.0% of 360 judgments by verifier" in told


def test_without_a_service_one_look_exits_with_4_and_loses_nothing(watched, tmp_path):
    home, _, _ = watched
    journal = tmp_path / "judgments.jsonl"
    lines = (home / "judgments.jsonl").read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:100]))
    words = ["drift", "watch", str(journal), "--url", "http://127.0.0.1:9", "--once"]
    said = subprocess.run([*CLI, *words], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == 4
    assert "http://127.0.0.1:9" in said.stderr
    assert journal.read_bytes() == b"".join(lines[:100])
