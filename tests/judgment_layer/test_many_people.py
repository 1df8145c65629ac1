"""Does everyone in a list have an outcome of their own, in order and in time?"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, Request, answering, black_hole, http, silent, status
from summing_server import Summing
from test_kept_state import PEOPLE, both, evidence

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.errors import CallerError
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable, Sequence

    from bayesian_verifier.judgment import Judgment
    from bayesian_verifier.judgment_layer import Outcome
    from stalls import Stalls


def ask_many(
    url: str,
    many: Sequence[Sequence[Judgment]],
    *,
    in_a_loop: bool = False,
    timeout: float = 5.0,
    again: int = 1,
    subjects: Sequence[str | None] | None = None,
    **settings: Any,  # noqa: ANN401
) -> list[Outcome]:
    """The outcomes of the last of so many equal calls."""
    if not in_a_loop:
        with VerifierClient(url, timeout, **settings) as client:
            return [client.posteriors(many, subjects=subjects) for _ in range(again)][-1]

    async def run() -> list[Outcome]:
        async with aio.VerifierClient(url, timeout, **settings) as client:
            return [await client.posteriors(many, subjects=subjects) for _ in range(again)][-1]

    return asyncio.run(run())


def changed(change: Callable[[int, dict[str, Any]], object]) -> Callable[..., bool]:
    """An honest service whose answers are changed by number on their way."""
    service = Summing()

    def behave(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        name = request.headers["x-request-id"]
        honest = [service.answer(one, f"{name}.{i}") for i, one in enumerate(json.loads(request.body))]
        client.sendall(http(json.dumps([change(i, one) for i, one in enumerate(honest)]).encode()))
        return True

    return behave


@both
def test_a_list_is_answered_in_order_64_at_a_time(in_a_loop: bool) -> None:
    """Of 150 people with different histories each has theirs, under one trace and three request ids."""
    many = [PEOPLE[: index % 7] for index in range(150)]
    service = Summing()
    with FaultyServer(service) as server:
        outcomes = ask_many(server.url, many, in_a_loop=in_a_loop)
        assert [len(json.loads(request.body)) for request in server.requests] == [64, 64, 22]
        assert len({request.headers["x-request-id"] for request in server.requests}) == 3
        assert {request.headers["traceparent"][3:35] for request in server.requests} == {outcomes[0].trace_id}
    assert [outcome.posterior.informative for outcome in outcomes if outcome.posterior] == [
        index % 7 for index in range(150)
    ]
    assert service.sums == [evidence(one) for one in many]


def test_nobody_is_asked_about_for_nothing() -> None:
    """An empty list needs no service."""
    with FaultyServer(silent) as server:
        assert ask_many(server.url, []) == []
        assert server.requests == []


def test_there_are_as_many_subjects_and_marks_as_lists() -> None:
    """Or the caller has mixed something up."""
    client = VerifierClient()
    with pytest.raises(CallerError, match="2, 1 and 2"):
        client.posteriors([PEOPLE[:1]] * 2, subjects=["ada"])
    with pytest.raises(CallerError, match="1, 1 and 0"):
        client.posteriors([PEOPLE[:1]], marks=[])


@both
def test_a_problem_is_one_persons(in_a_loop: bool) -> None:
    """Each element by its own status or fault; the others are as good as without it."""
    problems: dict[int, object] = {
        1: {"status": 422, "title": "no", "detail": "bad evidence"},
        2: {"status": 504, "title": "late"},
        3: {"status": 429, "title": "full"},
        4: {"status": 500, "title": "oh"},
        5: "nonsense",
        6: {"status": True},
        7: None,
    }

    def change(index: int, honest: dict[str, Any]) -> object:
        return problems.get(index, honest) if index != 8 else honest | {"request_id": "another.8"}

    with FaultyServer(changed(change)) as server:
        outcomes = ask_many(server.url, [PEOPLE[:2]] * 20, in_a_loop=in_a_loop)
    reasons = ["server_error", "timeout", "overloaded", "server_error"] + ["invalid_reply"] * 4
    assert [outcome.reason for outcome in outcomes] == [None, *reasons] + [None] * 11
    assert outcomes[1].detail == "HTTP 422: bad evidence"
    assert all((outcome.posterior is None) == (outcome.reason is not None) for outcome in outcomes)


@pytest.mark.parametrize("failing", [9, 10])
def test_the_breaker_opens_when_half_of_a_list_fails(failing: int) -> None:
    """One person's trouble is not everyone's."""

    def change(index: int, honest: dict[str, Any]) -> object:
        return {"status": 500} if index < failing else honest

    with FaultyServer(changed(change)) as server:
        outcomes = ask_many(server.url, [[]] * 20, breaker=BreakerPolicy(minimum_calls=1))
    assert {outcome.breaker for outcome in outcomes} == {"open" if failing == 10 else "closed"}


@both
@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (status("500 X"), "server_error"),
        (status("404 Not Found"), "server_error"),
        (status("429 X"), "overloaded"),
        (answering(lambda _: b"{}"), "invalid_reply"),
        (answering(lambda _: b"[]"), "invalid_reply"),
        (answering(lambda _: b"[NaN, 1, 2]"), "invalid_reply"),
        (answering(lambda _: b"<html>"), "invalid_reply"),
        (changed(lambda _, honest: honest | {"request_id": "x"}), "invalid_reply"),
    ],
)
def test_a_fault_of_the_whole_is_everyones(in_a_loop: bool, behaviour: Any, reason: str) -> None:  # noqa: ANN401
    """Whatever the service does instead of answering."""
    with FaultyServer(behaviour) as server:
        outcomes = ask_many(server.url, [PEOPLE[:2]] * 3, in_a_loop=in_a_loop)
        assert [outcome.reason for outcome in outcomes] == [reason] * 3
        assert len(server.requests) == 1


@both
def test_one_deadline_is_for_all(in_a_loop: bool, stalls: Stalls) -> None:
    """The first 64 are answered, the next in vain, the last not asked: in time, and each has an outcome."""
    service = Summing()

    def slower(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        return service(client, request, stop) if not service.sums else silent(client, request, stop)

    with FaultyServer(slower) as server:
        start = time.monotonic()
        outcomes = ask_many(server.url, [PEOPLE[:2]] * 150, in_a_loop=in_a_loop, timeout=1.0)
        assert time.monotonic() - start < 1.0 + 0.3 + stalls.lost(start)
        assert len(server.requests) == 2
    assert [outcome.reason for outcome in outcomes] == [None] * 64 + ["timeout"] * 86
    assert [outcome.detail for outcome in outcomes[-23:]] == ["no complete reply in time"] + [
        "no time was left to ask"
    ] * 22
    with black_hole() as url:
        assert [outcome.reason for outcome in ask_many(url, [[]] * 2, timeout=0.2)] == ["timeout"] * 2


def test_no_request_is_above_8_mib() -> None:
    """64 people whose evidence is as long as can be take more than one."""
    long = PEOPLE[0].model_copy(update={"options": PEOPLE[0].options * 4})
    many = [[long.model_copy(update={"wealth": index + 0.123456789}) for index in range(512)]] * 30
    service = Summing()
    with FaultyServer(service) as server:
        outcomes = ask_many(server.url, many, timeout=60.0)
    assert [outcome.reason for outcome in outcomes] == [None] * 30
    assert len(service.bytes) == 2
    assert max(service.bytes) <= 8 * 1024 * 1024


def test_a_reply_may_be_as_long_as_its_people() -> None:
    """64 states of 32 KiB are more than one reply may have; a byte more for each is not."""
    for most, reason in ((34_000, None), (33_000, "invalid_reply")):
        with FaultyServer(Summing(32_768)) as server:
            outcomes = ask_many(server.url, [PEOPLE[:1]] * 64, max_reply_bytes=most)
        assert {outcome.reason for outcome in outcomes} == {reason}


@both
def test_everyone_in_a_list_has_a_stream(in_a_loop: bool) -> None:
    """What is known is not sent again, and whose state is refused is asked about once more, alone."""
    service = Summing()
    subjects = ["ada", "ben", "cyd", None]
    with FaultyServer(service) as server:
        outcomes = ask_many(
            server.url,
            [PEOPLE[:2], PEOPLE[2:5], [], PEOPLE[:1]],
            in_a_loop=in_a_loop,
            subjects=subjects,
            again=2,
            keep_state=True,
        )
        assert [outcome.reason for outcome in outcomes] == [None] * 4
        assert service.sent == [2, 3, 0, 1, 0, 0, 0, 1]
        with VerifierClient(server.url, 5.0, keep_state=True) as client:
            client.posterior(PEOPLE[:2], subject="ada")
            service.version = "m2"
            client.posterior(PEOPLE[:2], subject="ben")
            del service.sent[:]
            many = [PEOPLE[:3], PEOPLE[:3], PEOPLE[:3]]
            outcomes = client.posteriors(many, subjects=["ada", "ben", "cyd"])
        assert [outcome.reason for outcome in outcomes] == [None] * 3
        assert service.sent == [1, 3, 3]
        assert service.sums[-1] == evidence(PEOPLE[:3])
        assert len(json.loads(server.requests[-1].body)) == 1
