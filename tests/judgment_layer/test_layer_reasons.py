"""Does the layer say why the verifier's answer is not used, and go on with the controller's?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from faulty_server import (
    Behaviour,
    FaultyServer,
    answering,
    hang_up,
    risk_aversion,
    silent,
    status,
    trickling,
    unused_port,
    with_parts,
)
from layers import CASE, Make, judgments_in
from people import safe_times

from bayesian_verifier import MetaJudgmentController
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer import BreakerPolicy, Fallback
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bayesian_verifier import Journal
    from bayesian_verifier.judgment import Judgment
    from stalls import Stalls

REASONS: dict[str, Behaviour] = {
    "timeout": trickling,
    "unreachable": hang_up,
    "server_error": status("500 Internal Server Error"),
    "overloaded": status("429 Too Many Requests"),
    "invalid_reply": answering(lambda _: b"{"),
    "wide_posterior": risk_aversion(sd=0.7),
    "untrustworthy": with_parts(checks={"trustworthy": False, "reasons": ["atypical_evidence"]}),
    "no_evidence": with_parts(evidence={"judgments": 10, "informative": 0, "refuted": 10}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_said_and_recorded(make: Make, journal: Journal, reason: str, stalls: Stalls) -> None:
    """The controller answers, in time; the line in the journal says why.

    The deadline is near where it is to be the reason; elsewhere a machine that stalls would make it one.
    """
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, 0.3 if reason == "timeout" else 10.0)
        for safe in safe_times(6):
            decision = layer.judge({"options": [option.model_dump() for option in safe.options]}, "ada")
            layer.feedback(decision.id, "approve" if decision.chosen == safe.chosen else "reject")
        server.behaviour = REASONS[reason]
        start = time.monotonic()
        assessment = layer.assess("ada")
        assert time.monotonic() - start < 0.3 + 0.3 + stalls.lost(start)
        assert (assessment.source, assessment.reason) == ("controller", reason)
        unused_but_good = reason in {"wide_posterior", "untrustworthy", "no_evidence"}
        assert (assessment.model_version is not None) == unused_but_good
        assert assessment.sd > 0
        decision = layer.judge(CASE, "ada")
        line = judgments_in(journal)[-1]
        assert (line.id, line.source, line.reason) == (decision.id, "controller", reason)
        assert "Meta-Judgment Controller" in line.meta_comment
        server.behaviour = answering()
        last = layer.assess("ada")
        deadline = time.monotonic() + 60
        while reason == "timeout" and last.reason == "timeout":
            assert time.monotonic() < deadline
            last = layer.assess("ada")
        assert last.reason is None


def test_no_service_opens_the_breaker(make: Make, journal: Journal) -> None:
    """And then nobody is asked, which is said."""
    layer = make(f"http://127.0.0.1:{unused_port()}", journal, breaker=BreakerPolicy())
    reasons = [layer.judge(CASE, "ada").assessment.reason for _ in range(8)]
    assert reasons == ["unreachable"] * 5 + ["circuit_open"] * 3
    assert [line.reason for line in judgments_in(journal)] == reasons


@pytest.mark.parametrize("reason", ["wide_posterior", "untrustworthy", "no_evidence"])
def test_an_answer_that_is_not_used_is_a_good_call(make: Make, journal: Journal, reason: str) -> None:
    """It never trips the breaker."""
    with FaultyServer(REASONS[reason]) as server:
        layer = make(server.url, journal, breaker=BreakerPolicy(minimum_calls=1))
        for _ in range(10):
            assessment = layer.assess("ada", safe_times(4))
            assert (assessment.reason, assessment.breaker) == (reason, "closed")


def test_max_sd_is_a_setting(make: Make, journal: Journal) -> None:
    """0.18 is sure enough by default and for 0.18, not for less."""
    with FaultyServer(answering()) as server:
        for max_sd, reason in ((0.6, None), (0.18, None), (0.179, "wide_posterior")):
            layer = make(server.url, journal, max_sd=max_sd)
            assert layer.assess(None, safe_times(4)).reason == reason
    with pytest.raises(CallerError):
        make("http://127.0.0.1", journal, max_sd=0.0)


def test_the_last_trusted_posterior_outlives_the_service_and_the_process(
    make: Make, journal: Journal
) -> None:
    """Known from the call before; and to a layer that starts when the service is gone, from the journal."""
    day = 86_400 * 10**9
    with FaultyServer(answering()) as server:
        controller = MetaJudgmentController()
        before = make(server.url, journal, controller=controller, clock=lambda: 100 * day)
        before.feedback(before.judge(CASE, "ada").id, "approve")
        before.judge(CASE, "ada")
        server.behaviour = silent
        fallback = controller.assess("ada", [], 100 * 86_400.0)
        assert (fallback.basis, fallback.belief.sd) == ("last_trusted", 0.18)
    after = make(f"http://127.0.0.1:{unused_port()}", journal, clock=lambda: 104 * day)
    assessment = after.assess("ada")
    assert assessment.mean == 0.61
    assert assessment.sd == pytest.approx((0.18**2 + 4 * 0.01) ** 0.5)
    assert "last trusted posterior, 4.0 d old" in assessment.explanation


def test_another_controller_fits_in(make: Make, journal: Journal) -> None:
    """An agent framework's own, with nothing in common with ours but two methods."""

    class Own:
        def __init__(self) -> None:
            self.remembered: list[str] = []

        def remember(self, subject: str, belief: Belief, at: float) -> None:
            self.remembered.append(f"{subject} {belief.mean} {at:.0f}")

        def assess(self, subject: str | None, judgments: Sequence[Judgment], at: float) -> Fallback:
            return Fallback(
                Belief(2.0, 0.1), "own", f"own rule for {subject} with {len(judgments)} at {at:.0f}"
            )

    own = Own()
    with FaultyServer(answering()) as server:
        layer = make(server.url, journal, controller=own, clock=lambda: 5 * 10**9)
        layer.assess("ada", safe_times(4))
        server.behaviour = hang_up
        assessment = layer.assess("ada", safe_times(4))
    assert own.remembered == ["ada 0.61 5"]
    assert (assessment.mean, assessment.sd) == (2.0, 0.1)
    assert "own rule for ada with 10 at 5." in assessment.explanation
