"""Is the controller exercised on calls that do not need it, for the record?"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from faulty_server import FaultyServer, answering, hang_up, risk_aversion
from layers import CASE, PROVER, Make, judgments_in
from people import holt_laury_case, safe_times
from shadowed import Own, shadows_in

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment import Case
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from pathlib import Path


def test_the_disagreement_is_journalled(make: Make, journal: Journal) -> None:
    """Both beliefs, how far apart in combined sd, and what the other would have proposed: worked out by hand.

    Someone of r = -2 takes the risky option in row 6 of Holt and Laury's list, someone of r = 0.61 the safe one:
    the row turns at 0.41.
    """
    own = Own(Belief(-2.0, 0.24))
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, shadow=1.0, clock=lambda: 10**18)
        first = layer.judge(
            CASE, "ada"
        )  # nobody has answered yet: no_evidence, the controller is asked anyway
        assert first.assessment.source == "controller"
        layer.feedback(first.id, "approve")
        decision = layer.judge(CASE, "ada")
        layer.rest()
    (event,) = shadows_in(journal)
    assert (event["judgment"], event["subject"], event["evidence"]) == (decision.id, "ada", 1)
    assert event["trace_id"] == decision.assessment.trace_id
    model = decision.assessment.model_version
    assert event["verifier"] == {"mean": 0.61, "sd": 0.18, "model_version": model}
    assert event["controller"] == {"mean": -2.0, "sd": 0.24, "basis": "own"}
    assert event["difference"] == pytest.approx((-2.0 - 0.61) / 0.3)
    assert (event["chosen"], event["would_choose"], event["other_choice"]) == (0, 1, True)
    assert event["failure"] is None
    assert event["controller_ms"] >= 0
    assert event["ts"] == "2001-09-09T01:46:40.000000Z"


def test_an_assessment_has_no_choice_to_compare(make: Make, journal: Journal) -> None:
    """Its request is named by the trace; the person may be nobody in particular."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=Own(Belief(0.61, 0.24)), shadow=1.0)
        assessment = layer.assess(None, safe_times(4))
        layer.rest()
    (event,) = shadows_in(journal)
    assert (event["judgment"], event["subject"], event["trace_id"]) == (None, None, assessment.trace_id)
    assert (event["chosen"], event["would_choose"], event["other_choice"]) == (None, None, None)
    assert event["difference"] == 0.0


def test_the_controller_is_asked_as_if_the_verifier_had_not_answered(make: Make, journal: Journal) -> None:
    """It hears of the posterior that answered this call only afterwards; of an earlier one before."""
    own = Own(Belief(0.5, 0.5))
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, shadow=1.0)
        layer.assess("ada", safe_times(4))
        layer.rest()
        assert own.heard == ["assess ada 10", "remember ada 0.61"]
        journal.append_judgment(
            subject="ben",
            case=Case.model_validate(CASE),
            chosen=0,
            verdict="proved",
            posterior=Belief(0.2, 0.1),
            source="verifier",
            reason=None,
            model_version="m",
            meta_comment="",
        )
        layer.assess("ben", safe_times(4))
        layer.rest()
    assert own.heard[2:] == ["remember ben 0.2", "assess ben 10", "remember ben 0.61"]


@pytest.mark.parametrize("share", [0.0, 0.1, 1.0])
def test_the_share_of_calls_is_drawn_from_the_source_given(
    make: Make, journal: Journal, share: float
) -> None:
    """Call for call those whose number is below the share; other calls draw no number."""
    own, time_stands = Own(Belief(0.5, 0.5)), 5.0
    with FaultyServer(answering()) as server:
        layer = make(
            server.url,
            journal,
            controller=own,
            shadow=share,
            chance=random.Random(3).random,
            monotonic=lambda: time_stands,
        )
        taken = []
        for _ in range(40):
            server.behaviour = hang_up
            layer.assess("ada", safe_times(4))
            server.behaviour = answering()
            own.heard.clear()
            layer.assess("ada", safe_times(4))
            layer.rest()
            taken.append("assess ada 10" in own.heard)
    numbers = random.Random(3)
    assert taken == [numbers.random() < share for _ in range(40)]
    health = layer.layer.health().shadow
    assert (health.runs, health.skipped, health.failed) == (sum(taken), 0, 0)


def test_histories_pass_over_shadows(make: Make, journal: Journal) -> None:
    """What was answered and what was last trusted are the same with a shadow between any two lines."""
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, shadow=1.0, clock=lambda: 10**18)
        for row in range(1, 6):
            layer.feedback(layer.judge(holt_laury_case(row), "ada").id, "approve")
            layer.rest()
        server.behaviour = risk_aversion(mean=0.5)
        layer.judge(CASE, "ada")
        layer.rest()
    assert len(shadows_in(journal)) == 5
    plain = Journal(journal.path.with_name("plain.jsonl"))
    lines = [entry.text for entry in journal.read() if entry.event.kind != "shadow"]  # type: ignore[union-attr]
    plain.path.write_text("".join(f"{line}\n" for line in lines))
    known = Journal(journal.path).history("ada")
    assert known == plain.history("ada")
    assert len(known.judgments) == 5
    assert known.trusted is not None
    assert known.trusted.belief.mean == 0.5
    assert len(judgments_in(journal)) == 6


@pytest.mark.parametrize("share", [-0.01, 1.01, math.nan, math.inf])
def test_a_share_is_a_share(make: Make, journal: Journal, share: float) -> None:
    """From 0 to 1."""
    with pytest.raises(CallerError, match="shadow"):
        make("http://127.0.0.1", journal, shadow=share)


def test_one_call_in_a_hundred_by_default(tmp_path: Path) -> None:
    """Of a thousand numbers even on [0, 1) exactly ten are below 0.01."""
    numbers = iter([number / 1000 for number in range(1000)])
    layer = JudgmentLayer(
        VerifierClient("http://127.0.0.1"),
        MetaJudgmentController(),
        Journal(tmp_path / "journal.jsonl"),
        prover=PROVER,
        chance=lambda: next(numbers),
    )
    assert sum(layer._core.shadow.takes() for _ in range(1000)) == 10
