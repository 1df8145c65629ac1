"""A model with further parameters: what the client passes on, and what it sends to whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import QUANTILES, FaultyServer, Request, answering, document, http, with_parts
from layers import CASE, NEVER_OPEN
from people import safe_times

from bayesian_verifier import Journal, VerifierClient
from bayesian_verifier.errors import CallerError
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    import socket
    import threading
    from pathlib import Path

    from bayesian_verifier.judgment import Judgment

MARGINAL = {"mean": 0.61, "sd": 0.18, "quantiles": QUANTILES}
NARROW = {"mean": 0.05, "sd": 0.03, "quantiles": dict.fromkeys(QUANTILES, 0.05)}
EXPLORES = {"risk_aversion": MARGINAL, "exploration": NARROW}


def counted() -> list[Judgment]:
    """Judgments that say how often each option was tried."""
    return [one.model_copy(update={"times_tried": (3, 0)}) for one in safe_times(4)]


def test_further_parameters_are_passed_on_and_nonsense_among_them_is_not() -> None:
    """An sd of 0 is no belief; the answer on risk aversion stands."""
    posterior = EXPLORES | {"weather": {"mean": 1.0, "sd": 0.0, "quantiles": QUANTILES}, "odd": [1]}
    with FaultyServer(with_parts(posterior=posterior)) as server, VerifierClient(server.url, 5.0) as client:
        found = client.posterior(safe_times(4)).posterior
    assert found is not None
    assert found.belief.mean == 0.61
    assert found.others == {"exploration": Belief(0.05, 0.03, (0.05,) * 5)}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("exploration", {"mean": 50.0, "sd": 0.1, "quantiles": dict.fromkeys(QUANTILES, 50.0)}),
        ("exploration", {"mean": 0.1, "sd": 0.0, "quantiles": dict.fromkeys(QUANTILES, 0.1)}),
        ("probability_weighting", {"mean": 0.5, "sd": 0.4, "quantiles": dict.fromkeys(QUANTILES, 0.0)}),
        ("probability_weighting", 0.8),
    ],
)
def test_nonsense_about_a_trait_that_is_acted_on_is_an_invalid_reply(name: str, wrong: object) -> None:
    """Nobody is chosen for by half of a reply."""
    posterior = {"risk_aversion": MARGINAL, name: wrong}
    with FaultyServer(with_parts(posterior=posterior)) as server, VerifierClient(server.url, 5.0) as client:
        outcome = client.posterior(safe_times(4))
    assert outcome.reason == "invalid_reply"
    assert name in outcome.detail


class Release:
    """A service of a release that reads `times_tried`, or of one that refuses what it does not know."""

    def __init__(self, *, reads: bool) -> None:
        self.reads = reads
        self.asked: list[dict[str, Any]] = []

    def __call__(self, client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        """Answer, or refuse with 422 as the first release does."""
        body = json.loads(request.body)
        self.asked.append(body)
        if not self.reads and any("times_tried" in one for one in body["judgments"]):
            client.sendall(http(b'{"title":"no","status":422,"errors":[]}', "422 No"))
            return True
        posterior = EXPLORES if self.reads else {"risk_aversion": MARGINAL}
        evidence = {"judgments": 10, "informative": 10, "refuted": 0}
        client.sendall(http(json.dumps(document(request, posterior=posterior, evidence=evidence)).encode()))
        return True

    @property
    def counts_sent(self) -> list[bool]:
        """Whether each question had counts of tries."""
        return [any("times_tried" in one for one in body["judgments"]) for body in self.asked]


def test_an_old_release_is_never_sent_counts_of_tries() -> None:
    """It would refuse the question; without them it answers as ever."""
    service = Release(reads=False)
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0) as client:
        assert [client.posterior(counted()).reason for _ in range(3)] == [None] * 3
    assert service.counts_sent == [False] * 3


def test_a_service_that_answers_with_exploration_is_sent_counts_of_tries() -> None:
    """From the second question on; and no longer once it was replaced by an old release, after one refusal."""
    service = Release(reads=True)
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0, breaker=NEVER_OPEN) as client:
        assert [client.posterior(counted()).reason for _ in range(2)] == [None] * 2
        service.reads = False
        assert [client.posterior(counted()).reason for _ in range(2)] == ["server_error", None]
    assert service.counts_sent == [False, True, True, False]


def test_a_state_without_counts_that_the_service_could_have_read_is_not_kept() -> None:
    """The second question is the whole history again, with them; the third goes on from its state."""
    service = Release(reads=True)
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0, keep_state=True) as client:
        for _ in range(3):
            client.posterior(counted(), subject="ada")
    assert [len(body["judgments"]) for body in service.asked] == [10, 10, 0]
    assert ["state" in body for body in service.asked] == [False, False, True]


@pytest.mark.parametrize(("limit", "reason"), [(0.03, None), (0.029, "wide_posterior")])
def test_a_further_parameter_may_be_too_wide(make: Any, journal: Journal, limit: float, reason: str) -> None:  # noqa: ANN401
    """A limit of its own, said in words; a model without the parameter has nothing too wide."""
    with FaultyServer(with_parts(posterior=EXPLORES)) as server:
        layer = make(server.url, journal, max_sds={"exploration": limit})
        assessment = layer.assess(None, safe_times(4))
        assert assessment.reason == reason
        assert ("exploration: sd 0.03, more than" in assessment.explanation) == (reason is not None)
        server.behaviour = answering()
        assert layer.assess(None, safe_times(4)).reason is None


def test_a_limit_that_is_none_is_refused(make: Any, journal: Journal) -> None:  # noqa: ANN401
    """By its name."""
    with pytest.raises(CallerError, match="exploration"):
        make("http://127.0.0.1", journal, max_sds={"exploration": 0.0})


def test_counts_of_tries_go_through_the_journal_beside_the_case(tmp_path: Path, make: Any) -> None:  # noqa: ANN401
    """From the case a caller gave to the evidence of the next question; older readers find the case as they know it."""
    with Journal(tmp_path / "judgments.jsonl") as journal:
        layer = make("http://127.0.0.1:1", journal)
        decision = layer.judge(CASE | {"times_tried": [4, 0]}, "ada")
        layer.feedback(decision.id, "approve")
        [evidence] = journal.history("ada").judgments
        assert evidence.times_tried == (4, 0)
        assert journal.verify().findings == ()
        plain = layer.judge(CASE, "ben")
        layer.feedback(plain.id, "approve")
        assert journal.history("ben").judgments[0].times_tried is None
    lines = [json.loads(line) for line in (tmp_path / "judgments.jsonl").read_text().splitlines()]
    judged = [line for line in lines if line["kind"] == "judgment"]
    assert [line.get("times_tried") for line in judged] == [[4, 0], None]
    assert all("times_tried" not in line["case"] for line in judged)
