"""Is another model asked beside the one that is served, for the record, and at nobody's cost?"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from click.testing import CliRunner
from faulty_server import (
    Behaviour,
    FaultyServer,
    Request,
    answering,
    hang_up,
    http,
    risk_aversion,
    silent,
    status,
    unused_port,
)
from layers import CASE, NEVER_OPEN, Make, judgments_in
from people import holt_laury_case, safe_times

from bayesian_verifier import Journal, VerifierClient, aio
from bayesian_verifier.cli import root
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import CandidateLine, forget
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Sequence

    from bayesian_verifier.judgment import Judgment

SPREAD = {"0.05": -0.3, "0.25": -0.12, "0.5": 0.0, "0.75": 0.12, "0.95": 0.3}
TIMES = {level: -2.0 + by for level, by in SPREAD.items()}
RISK_SEEKING = risk_aversion(mean=-2.0, sd=0.18, quantiles=TIMES)


def lines_of_candidates(journal: Journal) -> list[CandidateLine]:
    assert journal.verify().whole
    return [entry.event for entry in journal.read() if isinstance(entry.event, CandidateLine)]  # type: ignore[union-attr]


@contextmanager
def beside(
    behaviour: Behaviour,
    timeout: float = 5.0,
    **settings: Any,  # noqa: ANN401
) -> Iterator[tuple[FaultyServer, FaultyServer, VerifierClient]]:
    """The service that is served, which answers; another that behaves so; and a client of that one."""
    with (
        FaultyServer(answering()) as served,
        FaultyServer(behaviour) as other,
        VerifierClient(other.url, timeout, **settings) as client,
    ):
        yield served, other, client


def waited(layer: Any) -> bool:  # noqa: ANN401 either layer
    return bool(layer.layer._core.candidate.wait(20.0))


def test_what_both_said_is_journalled(make: Make, journal: Journal) -> None:
    """Someone of r = -2 takes the risky option of row 6 of Holt and Laury's list, of r = 0.61 the safe one."""
    with beside(RISK_SEEKING) as (served, other, client):
        layer = make(served.url, journal, candidate=client, clock=lambda: 10**18)
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        decision = layer.judge(CASE, "ada")
        assert waited(layer)
        first, second = lines_of_candidates(journal)
        assert [one.headers["x-request-id"][:32] for one in other.requests] == [
            first.trace_id,
            second.trace_id,
        ]
    assert (first.served.reason, first.candidate.reason, first.candidate.chosen) == (
        "no_evidence",
        "no_evidence",
        None,
    )
    assert (second.judgment, second.subject, second.evidence) == (decision.id, "ada", 1)
    assert second.trace_id == decision.assessment.trace_id
    assert (second.served.reason, second.candidate.reason, second.dropped) == (None, None, 0)
    assert (second.served.chosen, second.candidate.chosen) == (decision.chosen, 1) == (0, 1)
    assert second.served.model_version == decision.assessment.model_version
    assert second.served.posterior is not None
    assert second.candidate.posterior is not None
    assert second.served.posterior["risk_aversion"].mean == 0.61
    assert second.served.posterior["choice_noise"].mean == 0.1
    assert second.candidate.posterior["risk_aversion"].quantiles == pytest.approx(TIMES)
    assert second.ts == "2001-09-09T01:46:40.000000Z"
    health = layer.layer.health().candidate
    assert health is not None
    assert (health.asked, health.dropped, health.failed, health.unrecorded) == (2, 0, 0, 0)


def test_show_says_what_the_candidate_would_have_proposed(make: Make, journal: Journal) -> None:
    """Of the person asked for alone; where it has no posterior to go by, why not."""
    with beside(RISK_SEEKING) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        decision = layer.judge(CASE, "ada")
        layer.judge(CASE, "bob")
        assert waited(layer)
    asked = ["journal", "show", str(journal.path), "--kind", "candidate", "--subject", "ada"]
    first, second = [line for line in CliRunner().invoke(root, asked).stdout.splitlines() if "ada" in line]
    assert "no option on" in first
    assert "candidate (no_evidence)" in first
    assert f"option 1 on {decision.id[:8]}" in second


def test_the_decision_is_the_one_without_a_candidate(make: Make, journal: Journal) -> None:
    """And so are history, trust and what the controller goes by: nothing that reads posteriors sees the candidate's."""
    with beside(RISK_SEEKING) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        for row in range(1, 6):
            layer.feedback(layer.judge(holt_laury_case(row), "ada").id, "approve")
        served.behaviour = hang_up
        alone = layer.judge(CASE, "ada")
        assert waited(layer)
    assert alone.assessment.source == "controller"
    assert alone.assessment.mean == pytest.approx(0.61, abs=0.05)
    assert {one.posterior.mean for one in judgments_in(journal)[1:5] if one.posterior} == {0.61}
    assert len(lines_of_candidates(journal)) == 6
    plain = Journal(journal.path.with_name("plain.jsonl"))
    lines = [entry.text for entry in journal.read() if entry.event.kind != "candidate"]  # type: ignore[union-attr]
    plain.path.write_text("".join(f"{line}\n" for line in lines))
    assert Journal(journal.path).history("ada") == plain.history("ada")


def test_an_assessment_has_no_choice_and_a_failed_call_no_posterior(make: Make, journal: Journal) -> None:
    """Both are said of either side."""
    with beside(answering()) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        layer.assess(None, safe_times(4))
        served.behaviour = hang_up
        layer.assess("ada", safe_times(4))
        assert waited(layer)
    first, second = lines_of_candidates(journal)
    assert (first.judgment, first.subject, first.served.chosen, first.candidate.chosen) == (None,) * 4
    assert (second.served.reason, second.served.posterior) == ("unreachable", None)
    assert (second.candidate.reason, second.evidence) == (None, 10)


def test_what_the_layer_would_not_use_is_said(make: Make, journal: Journal) -> None:
    """By the same policy as for the served model."""
    wide = {level: 0.61 + 8 * by for level, by in SPREAD.items()}
    with beside(risk_aversion(sd=1.4, quantiles=wide)) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        layer.feedback(layer.judge(CASE, "ada").id, "approve")
        layer.judge(CASE, "ada")
        assert waited(layer)
    line = lines_of_candidates(journal)[1]
    assert (line.served.reason, line.candidate.reason) == (None, "wide_posterior")
    assert (line.served.chosen, line.candidate.chosen) == (0, None)


def nonsense(client: socket.socket, _request: Request, _stop: threading.Event) -> bool:
    client.sendall(http(b'{"request_id": "of another"}'))
    return True


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (silent, "timeout"),
        (nonsense, "invalid_reply"),
        (hang_up, "unreachable"),
        (status("500 No"), "server_error"),
        (status("429 No"), "overloaded"),
    ],
    ids=["slow", "lying", "broken", "faulty", "busy"],
)
def test_the_journal_says_what_ails_the_candidate(
    make: Make,
    journal: Journal,
    behaviour: Behaviour,
    reason: str,
) -> None:
    """And the decision is the verifier's as ever."""
    # near where the deadline is to be what ails it; elsewhere a machine that stalls would make it so
    seconds = 0.3 if reason == "timeout" else 10.0
    with beside(behaviour, seconds, breaker=NEVER_OPEN) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        assert layer.assess("ada", safe_times(4)).source == "verifier"
        assert waited(layer)
    (line,) = lines_of_candidates(journal)
    assert (line.served.reason, line.candidate.reason, line.candidate.posterior) == (None, reason, None)
    health = layer.layer.health().candidate
    assert health is not None
    assert (health.asked, health.failed) == (1, 1)


def test_a_dead_candidate_is_soon_not_asked_any_more(make: Make, journal: Journal) -> None:
    """Its breaker is its own: the served model's stays closed."""
    policy = BreakerPolicy(minimum_calls=3, failures_in_row=3, open_for=600.0)
    with (
        FaultyServer(answering()) as served,
        VerifierClient(f"http://127.0.0.1:{unused_port()}", 5.0, breaker=policy) as client,
    ):
        layer = make(served.url, journal, candidate=client)
        phases = {layer.assess("ada", safe_times(4)).breaker for _ in range(5)}
        assert waited(layer)
        assert phases == {"closed"}
    reasons = [one.candidate.reason for one in lines_of_candidates(journal)]
    assert reasons == ["unreachable"] * 3 + ["circuit_open"] * 2


def test_nobody_waits_for_a_candidate(make: Make, journal: Journal) -> None:
    """One that would take a minute for each answer: many calls, and closing, take no such time."""
    with beside(silent, 60.0) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        start = time.monotonic()
        for _ in range(5):
            assert layer.assess("ada", safe_times(4)).source == "verifier"
        layer.end()
        assert time.monotonic() - start < 30.0


class Gate:
    """Answers when it is opened."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self._answers: Callable[..., bool] = answering()

    def __call__(self, client: socket.socket, request: Request, stop: threading.Event) -> bool:
        """Once it is open, or the server closes."""
        while not (self.opened.is_set() or stop.is_set()):
            self.opened.wait(0.01)
        return self._answers(client, request, stop)


def test_a_candidate_that_is_behind_is_asked_less_and_the_journal_says_so(
    make: Make, journal: Journal
) -> None:
    """A hundred wait while one is asked; what is beyond is left out, and counted in the next line."""
    gate = Gate()
    with beside(gate, 60.0) as (served, other, client):
        layer = make(served.url, journal, candidate=client)
        layer.assess()
        while not other.requests:
            time.sleep(0.01)
        for _ in range(103):
            layer.assess()
        health = layer.layer.health().candidate
        assert health is not None
        assert (health.waiting, health.dropped) == (100, 3)
        gate.opened.set()
        assert waited(layer)
        layer.assess()
        assert waited(layer)
    lines = lines_of_candidates(journal)
    assert len(lines) == 102
    assert [one.dropped for one in lines] == [3] + [0] * 101


def test_a_candidate_goes_on_from_its_own_state(make: Make, journal: Journal) -> None:
    """Where its client keeps states it is sent only what is new."""
    with beside(answering(), keep_state=True) as (served, other, client):
        layer = make(served.url, journal, candidate=client)
        for _ in range(3):
            layer.feedback(layer.judge(CASE, "ada").id, "approve")
            assert waited(layer)
        assert [b'"state"' in one.body for one in other.requests] == [False, False, True]
        assert not any(b'"state"' in one.body for one in served.requests)


def test_a_person_is_forgotten_with_what_the_candidate_said(make: Make, journal: Journal) -> None:
    """Of a decision and of an assessment alone."""
    with beside(answering()) as (served, _other, client):
        layer = make(served.url, journal, candidate=client)
        for name in ("ada", "ben"):
            layer.judge(CASE, name)
            layer.assess(name)
        assert waited(layer)
        layer.end()
    forget(journal.path, "ada")
    assert [one.subject for one in lines_of_candidates(journal)] == ["ben", "ben"]
    assert b'"ada"' not in journal.path.read_bytes()


class Broken:
    """A client of another make."""

    def posterior(self, _judgments: Sequence[Judgment], **_: object) -> NoReturn:
        raise ZeroDivisionError


def test_a_client_that_raises_is_a_candidate_that_did_not_answer(make: Make, journal: Journal) -> None:
    """It is logged, counted and journalled."""
    with FaultyServer(answering()) as served:
        layer = make(served.url, journal, candidate=Broken())
        assert layer.assess("ada", safe_times(4)).source == "verifier"
        assert waited(layer)
    (line,) = lines_of_candidates(journal)
    assert (line.candidate.reason, line.candidate.posterior) == ("unreachable", None)
    assert layer.layer.health().candidate.failed == 1  # type: ignore[union-attr]


def test_a_candidate_that_must_be_awaited_is_refused(make: Make, journal: Journal) -> None:
    """It would never be asked."""
    with pytest.raises(CallerError, match="may block"):
        make("http://127.0.0.1", journal, candidate=aio.VerifierClient("http://127.0.0.1"))
