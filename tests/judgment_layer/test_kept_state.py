"""Is only what is new of a person sent, and everything where the verifier's sums are not the journal's?"""

from __future__ import annotations

import asyncio
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, Request, answering, status, then
from layers import NEVER_OPEN, PROVER
from people import forks, safe_times
from summing_server import Evidence, Summing, evidence_of

from bayesian_verifier import Journal, JudgmentLayer, MetaJudgmentController, VerifierClient, aio
from bayesian_verifier.errors import CallerError
from bayesian_verifier.journal import marks_of
from bayesian_verifier.judgment_layer import BreakerPolicy, Outcome, Posterior
from bayesian_verifier.posterior import Belief

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence
    from pathlib import Path

    from bayesian_verifier.judgment import Judgment

PEOPLE = [one.model_copy(update={"wealth": float(index)}) for index, one in enumerate(safe_times(4) * 52)]


def evidence(judgments: Sequence[Judgment]) -> list[Evidence]:
    return [evidence_of(one.model_dump()) for one in judgments]


def ask(url: str, calls: Sequence[Sequence[Judgment]], *, in_a_loop: bool, **settings: Any) -> list[Outcome]:  # noqa: ANN401
    """One call after the other with one client that keeps ada's state."""
    settings = {"timeout": 5.0, "keep_state": True} | settings
    if not in_a_loop:
        with VerifierClient(url, **settings) as client:
            return [client.posterior(judgments, subject="ada") for judgments in calls]

    async def run() -> list[Outcome]:
        async with aio.VerifierClient(url, **settings) as client:
            return [await client.posterior(judgments, subject="ada") for judgments in calls]

    return asyncio.run(run())


both = pytest.mark.parametrize("in_a_loop", [False, True], ids=["blocking", "asyncio"])


@both
def test_a_stream_sends_each_judgment_once(in_a_loop: bool) -> None:
    """At a size that does not depend on what was before; the sums and counts are of all."""
    service = Summing()
    with FaultyServer(service) as server:
        outcomes = ask(server.url, [PEOPLE[:count] for count in range(1, 513)], in_a_loop=in_a_loop)
    assert [outcome.reason for outcome in outcomes] == [None] * 512
    assert [outcome.posterior.informative for outcome in outcomes if outcome.posterior] == list(range(1, 513))
    assert service.sums == [evidence(PEOPLE[:count]) for count in range(1, 513)]
    assert service.sent == [1] * 512
    assert max(service.bytes[1:]) - min(service.bytes[1:]) < 50


def test_by_default_nothing_is_kept() -> None:
    """Nor without a subject."""
    service = Summing()
    with FaultyServer(service) as server:
        for settings, subject in (({}, "ada"), ({"keep_state": True}, None)):
            with VerifierClient(server.url, 5.0, **settings) as client:
                for count in (1, 2, 3):
                    client.posterior(PEOPLE[:count], subject=subject)
    assert service.sent == [1, 2, 3] * 2


@both
def test_a_changed_past_is_sent_again(in_a_loop: bool) -> None:
    """Another feedback, reward, verdict, order, or one left out: whole once, then what is new."""
    past = PEOPLE[:5]
    changes: list[list[Judgment]] = [
        [past[0].model_copy(update={"feedback": "reject"}), *past[1:]],
        [*past[:4], past[4].model_copy(update={"reward": 0.1})],
        [*past[:2], past[2].model_copy(update={"verdict": "refuted"}), *past[3:]],
        [past[1], past[0], *past[2:]],
        past[1:],
        past[:4],
    ]
    for changed in changes:
        service = Summing()
        with FaultyServer(service) as server:
            ask(server.url, [past, changed, [*changed, PEOPLE[9]]], in_a_loop=in_a_loop)
        assert service.sums == [evidence(past), evidence(changed), evidence([*changed, PEOPLE[9]])]
        assert service.sent == [5, len(changed), 1]


def test_who_it_is_about_does_not_change_what_they_said() -> None:
    """Id, time and subject are not evidence: the state still holds."""
    service = Summing()
    with FaultyServer(service) as server:
        renamed = [one.model_copy(update={"id": "x", "subject": "y", "ts": "z"}) for one in PEOPLE[:5]]
        ask(server.url, [PEOPLE[:5], renamed], in_a_loop=False)
    assert service.sent == [5, 0]


def test_judgments_without_an_answer_are_sent_until_they_have_one() -> None:
    """They are counted, and never in the state."""
    still_open = PEOPLE[6].model_copy(update={"feedback": None})
    service = Summing()
    with FaultyServer(service) as server:
        calls = [[still_open, *PEOPLE[:2]], [still_open, *PEOPLE[:3]], [*PEOPLE[:3], PEOPLE[6]], [still_open]]
        outcomes = ask(server.url, calls, in_a_loop=False)
    assert [outcome.reason for outcome in outcomes] == [None] * 4
    assert service.sent == [3, 2, 1, 1]
    assert service.sums[2] == evidence([*PEOPLE[:3], PEOPLE[6]])


@both
@pytest.mark.parametrize("change", [{"version": "m2"}, {"form": "s2"}])
def test_a_refused_state_is_rebuilt_in_the_same_call(in_a_loop: bool, change: dict[str, str]) -> None:
    """After a 409, and after a 422 about the state; then the stream goes on. The breaker hears of no fault."""
    service = Summing()

    def behave(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        if len(service.bytes) == 2:  # the third request
            vars(service).update(change)
        return service(client, request, stop)

    with FaultyServer(behave) as server:
        outcomes = ask(
            server.url,
            [PEOPLE[:count] for count in range(1, 6)],
            in_a_loop=in_a_loop,
            breaker=BreakerPolicy(minimum_calls=1, failure_rate=0.01),
        )
    assert [(outcome.reason, outcome.breaker) for outcome in outcomes] == [(None, "closed")] * 5
    assert service.sums == [evidence(PEOPLE[:count]) for count in range(1, 6)]
    assert service.sent == [1, 1, 3, 1, 1]
    assert len(service.bytes) == 6
    ids = [request.headers["x-request-id"] for request in server.requests]
    assert ids[2] != ids[3]
    assert {name.partition("-")[0] for name in ids[2:4]} == {outcomes[2].trace_id}


@both
def test_a_posterior_of_another_model_than_the_states_is_not_believed(in_a_loop: bool) -> None:
    """A service that takes any state: all is sent again, and its answer to that is used."""
    service = Summing()

    def careless(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        if len(service.bytes) == 1:
            service.version = "m2"
            service._states = {text: ("m2", *rest) for text, (_, *rest) in service._states.items()}
        return service(client, request, stop)

    with FaultyServer(careless) as server:
        _, second = ask(server.url, [PEOPLE[:1], PEOPLE[:2]], in_a_loop=in_a_loop)
    assert second.posterior is not None
    assert second.posterior.model_version == "m2"
    assert service.sent == [1, 1, 2]


def test_it_is_sent_once_more_and_never_again() -> None:
    """A service that refuses everything with 409 has two questions a call with a state, one without."""
    with FaultyServer(then(Summing(), status("409 Conflict"))) as server:
        outcomes = ask(server.url, [PEOPLE[:1], PEOPLE[:2], PEOPLE[:3]], in_a_loop=False, breaker=NEVER_OPEN)
        assert [outcome.reason for outcome in outcomes] == [None, "server_error", "server_error"]
        assert [b"state" in request.body for request in server.requests] == [False, True, False, False]


@both
def test_without_time_to_send_all_again_it_is_a_timeout_of_nobodys_fault(in_a_loop: bool) -> None:
    """The clock jumps before the 409: no second question, the breaker stays closed, the next call is whole."""
    now = 0.0
    service = Summing()

    def late(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        nonlocal now
        if len(service.bytes) == 1:
            stop.wait(0.05)  # until the client waits for the reply
            service.version, now = "m2", now + 100.0
        return service(client, request, stop)

    policy = BreakerPolicy(minimum_calls=1, failure_rate=0.01, window=1e6)
    with FaultyServer(late) as server:
        outcomes = ask(
            server.url,
            [PEOPLE[:1], PEOPLE[:2], PEOPLE[:3]],
            in_a_loop=in_a_loop,
            breaker=policy,
            clock=lambda: now,
        )
    assert [(outcome.reason, outcome.breaker) for outcome in outcomes] == [
        (None, "closed"),
        ("timeout", "closed"),
        (None, "closed"),
    ]
    assert service.sent == [1, 3]


@pytest.mark.parametrize(
    ("fault", "then_sent"),
    [("503 Service Unavailable", 1), ("504 Gateway Timeout", 1), ("500 X", 3), ("422 X", 3)],
)
def test_the_state_survives_what_says_nothing_about_it(fault: str, then_sent: int) -> None:
    """Too busy is not wrong; anything else and the next call sends everything."""
    service = Summing()
    with (
        FaultyServer(service) as server,
        VerifierClient(server.url, 5.0, keep_state=True, breaker=NEVER_OPEN) as client,
    ):
        client.posterior(PEOPLE[:2], subject="ada")
        server.behaviour = status(fault)
        assert client.posterior(PEOPLE[:2], subject="ada").posterior is None
        server.behaviour = service
        client.posterior(PEOPLE[:3], subject="ada")
    assert service.sent == [2, then_sent]


def test_counts_that_are_not_those_of_the_stream_are_refused() -> None:
    """A service that forgets the state it was given, or adds it twice."""
    for wrong in (1, 3):
        service = Summing()
        forgetful = answering(
            lambda request, wrong=wrong, service=service: service._posterior(
                request.headers["x-request-id"], [], wrong
            )
        )
        with FaultyServer(then(service, forgetful, service)) as server:
            outcomes = ask(server.url, [PEOPLE[:1], PEOPLE[:2], PEOPLE[:2]], in_a_loop=False)
        assert [outcome.reason for outcome in outcomes] == [None, "invalid_reply", None]
        assert service.sent == [1, 2]


def test_beyond_512_the_newest_are_sent_whole() -> None:
    """A window that moves on is no longer what was summed; and a state of more is not trusted."""
    service = Summing()
    with FaultyServer(service) as server:
        ask(server.url, [PEOPLE[:511], PEOPLE[:512], PEOPLE[:513], PEOPLE[:514]], in_a_loop=False)
    assert service.sent == [511, 1, 512, 512]
    assert service.sums[-1] == evidence(PEOPLE[2:514])


def test_those_longest_not_asked_about_are_dropped_and_anyone_when_told() -> None:
    """And nothing but what was asked for is kept."""
    service = Summing()
    with (
        FaultyServer(service) as server,
        VerifierClient(server.url, 5.0, keep_state=True, most_states=2) as client,
    ):
        for subject in ("ada", "ben", "ada", "cyd", "ada", "ben"):
            client.posterior(PEOPLE[:3], subject=subject)
        client.forget("ada")
        client.forget("nobody")
        client.posterior(PEOPLE[:3], subject="ada")
    assert service.sent == [3, 3, 0, 3, 0, 3, 3]
    with pytest.raises(CallerError):
        VerifierClient(keep_state=True, most_states=0)


def test_threads_go_on_from_whatever_was_kept_last() -> None:
    """Eight at once about one person, each with a history of its own length: every sum is one of them."""
    service = Summing()
    with FaultyServer(service) as server, VerifierClient(server.url, 10.0, keep_state=True) as client:
        reasons: list[object] = []

        def work(first: int) -> None:
            for count in range(first, first + 40):
                reasons.append(client.posterior(PEOPLE[:count], subject="ada").reason)  # noqa: PERF401 by threads

        threads = [threading.Thread(target=work, args=(first,)) for first in range(1, 9)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert reasons == [None] * 320
    assert all(summed == evidence(PEOPLE[: len(summed)]) for summed in service.sums)
    lengths = sorted(len(summed) for summed in service.sums)
    assert lengths == sorted(count for first in range(1, 9) for count in range(first, first + 40))


@forks
def test_a_forked_child_starts_without_its_parents_states() -> None:
    """What the parent keeps stays the parent's."""
    service = Summing()
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0, keep_state=True) as client:
        client.posterior(PEOPLE[:3], subject="ada")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                good = all(client.posterior(PEOPLE[:4], subject="ada").reason is None for _ in range(2))
                code = 0 if good else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        client.posterior(PEOPLE[:4], subject="ada")
    assert service.sent == [3, 4, 0, 1]


class Ready:
    """Somebody else's client: it knows nothing of subjects or states."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def posterior(self, judgments: Sequence[Judgment], *, trace_id: str | None = None) -> Outcome:
        self.asked.append(len(judgments))
        known = Posterior(Belief(0.6, 0.2), len(judgments), trustworthy=True, doubts=(), model_version="m")
        return Outcome(known, None, "", "closed", 0.0, trace_id or "0" * 32)


def test_the_layer_needs_no_client_that_keeps_states(tmp_path: Path) -> None:
    """One with the single method of `Asks` will do."""
    client = Ready()
    layer = JudgmentLayer(
        client, MetaJudgmentController(), Journal(tmp_path / "j.jsonl"), prover=PROVER, history_timeout=10.0
    )
    case = {"options": [option.model_dump() for option in PEOPLE[0].options]}
    layer.feedback(layer.judge(case, "ada").id, "approve")
    assert layer.assess("ada").source == "verifier"
    assert client.asked == [0, 1]


def test_the_layer_streams_the_journal_and_only_the_journal(tmp_path: Path) -> None:
    """Judgments given by the caller are sent whole and do not disturb what is kept; nor does another process."""
    service = Summing()
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0, keep_state=True) as client:
        journal = Journal(tmp_path / "j.jsonl", fsync="never")
        layer = JudgmentLayer(client, MetaJudgmentController(), journal, prover=PROVER, history_timeout=10.0)
        case = {"options": [option.model_dump() for option in PEOPLE[0].options]}
        for _ in range(4):
            layer.feedback(layer.judge(case, "ada").id, "approve")
        layer.assess("ada", PEOPLE[:7])
        layer.assess("ada")
        other = Journal(tmp_path / "j.jsonl", fsync="never")
        made = [one.id for one in other.history("ada").judgments]
        other.append_feedback(made[3] or "", "reject")
        layer.assess("ada")
        layer.assess("ada")
    assert service.sent == [0, 1, 1, 1, 7, 1, 4, 0]
    assert [one[2] for one in service.sums[-1]] == ["approve"] * 3 + ["reject"]


def test_marks_that_are_not_of_all_judgments_are_not_relied_on() -> None:
    """Fewer or more of them: everything is sent, and what was kept is dropped."""
    service = Summing()
    with FaultyServer(service) as server, VerifierClient(server.url, 5.0, keep_state=True) as client:
        marks = marks_of(PEOPLE[:3])
        for given in (marks, marks, (), marks[:2], marks, marks):
            assert client.posterior(PEOPLE[:3], subject="ada", marks=given).reason is None
        client.posterior(PEOPLE[:2], subject="ada", marks=marks)
    assert service.sent == [3, 0, 3, 3, 3, 0, 2]
