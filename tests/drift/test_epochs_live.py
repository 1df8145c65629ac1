"""Somebody changes: alarm, epoch, answers by what they said since, and back. The real service, commands and layer."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pytest
from test_live import CLI, answer, service

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.journal import News

TAU = np.log(0.08)


def run(home, *words: str):
    return subprocess.run(
        [*CLI, "drift", *words], cwd=home, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What was assessed of ada, who went from −0.6 to 1.8: unwatched, with her epoch, and with it undone."""
    home = tmp_path_factory.mktemp("epochs")
    with Journal(home / "judgments.jsonl", fsync="never") as journal:
        answer(journal, "ada", (-0.6, TAU), 96, seed=1)
        answer(journal, "ada", (1.8, TAU), 64, seed=3)
        with service() as url:
            client = VerifierClient(url, 30.0, keep_state=True)
            layer = JudgmentLayer(
                client, MetaJudgmentController(), journal, max_sd=5.0, shadow=0.0, history_timeout=30.0
            )
            with client, layer:
                unwatched = layer.assess("ada")
                run(home, "watch", "judgments.jsonl", "--url", url, "--once")
                (listed,) = json.loads(run(home, "epochs", "judgments.jsonl", "--json"))
                since = layer.assess("ada")
                awaited = assess_awaited(url, journal)
                run(home, "undo", listed["id"], "--by", "grace", "--why", "she was joking")
                undone = layer.assess("ada")
                run(home, "watch", "judgments.jsonl", "--url", url, "--once")
                yield home, listed, unwatched, since, awaited, undone


def assess_awaited(url, journal):
    """By another process's layer, as it were: nothing is kept from before."""
    import asyncio

    async def ask():
        async with (
            aio.VerifierClient(url, 30.0) as client,
            aio.JudgmentLayer(
                client, MetaJudgmentController(), journal, max_sd=5.0, shadow=0.0, history_timeout=30.0
            ) as layer,
        ):
            return await layer.assess("ada")

    return asyncio.run(ask())


def test_the_next_assessment_is_of_who_they_are_now(told):
    """Within three of its sd of where they went; without the epoch it is of somebody in between, by whoever answers.

    The service's own checks doubt one posterior for two people.
    """
    _, listed, unwatched, since, awaited, _ = told
    assert (since.source, awaited.source) == ("verifier", "verifier")
    assert (unwatched.evidence, unwatched.epoch) == (160, None)
    assert -0.6 < unwatched.mean < since.mean
    assert abs(since.mean - 1.8) < 3 * since.sd
    assert since.epoch == awaited.epoch == listed["id"]
    assert (awaited.mean, awaited.evidence) == (pytest.approx(since.mean, abs=1e-3), since.evidence)


def test_the_evidence_is_what_was_answered_since_the_change_began(told):
    """Counted in the file."""
    home, listed, _, since, _, _ = told
    answers = [one for one in News(home / "judgments.jsonl").read().events if one.kind == "feedback"]
    assert since.evidence == sum(one.ts >= listed["from"] for one in answers) < 160


def test_undone_all_is_as_it_was_and_stays_so(told):
    """The very same assessment; and the next look of the watcher opens nothing."""
    home, listed, unwatched, _, _, undone = told
    assert (undone.mean, undone.evidence, undone.epoch) == (
        pytest.approx(unwatched.mean, abs=1e-3),
        160,
        None,
    )
    (again,) = json.loads(run(home, "epochs", "judgments.jsonl", "--json"))
    assert (again["id"], again["state"], again["undone_by"]) == (listed["id"], "undone", "grace")


def test_the_alarm_is_why(told):
    home, listed, *_ = told
    (alarm,) = [one.model_extra for one in News(home / "ledger.jsonl").read().events if one.kind == "alarm"]
    assert (listed["state"], listed["window"], listed["from"]) == (
        "holds",
        alarm["window"],
        alarm["change_began"],
    )
    assert listed["moved"] == alarm["moved"] > 0.5
