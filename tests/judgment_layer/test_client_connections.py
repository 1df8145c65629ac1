"""What does the client send, which connection does it use, and when does it ask again?"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import re
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import (
    FaultyServer,
    answering,
    document,
    hang_up,
    hang_up_in_the_middle,
    http,
    reset,
    silent,
    status,
    then,
)
from people import forks, safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment import parse_judgments
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faulty_server import Behaviour, Request

    from bayesian_verifier.judgment_layer import Outcome

PEOPLE = safe_times(4)


def ask_twice(
    url: str,
    *,
    in_a_loop: bool,
    between: Callable[[], object] = lambda: None,
    **settings: Any,  # noqa: ANN401
) -> tuple[Outcome, Outcome]:
    """Two calls of one client."""
    if not in_a_loop:
        with VerifierClient(url, timeout=10.0, **settings) as client:
            first = client.posterior(PEOPLE)
            between()
            return first, client.posterior(PEOPLE)

    async def ask() -> tuple[Outcome, Outcome]:
        async with aio.VerifierClient(url, timeout=10.0, **settings) as client:
            first = await client.posterior(PEOPLE)
            between()
            return first, await client.posterior(PEOPLE)

    return asyncio.run(ask())


both = pytest.mark.parametrize("in_a_loop", [False, True], ids=["blocking", "asyncio"])


def test_a_request_says_who_asks_and_how_long_it_may_take() -> None:
    """Its id, the trace it belongs to, what is left of the time, the token; and of the person only evidence."""
    judgments = parse_judgments(
        [
            PEOPLE[0].model_dump(exclude_none=True)
            | {"subject": "ada", "id": "j1", "ts": "now", "stake": 1.0},
            PEOPLE[1].model_dump(exclude_none=True) | {"feedback": None, "reward": 0.5, "verdict": "unknown"},
        ]
    )
    with FaultyServer(answering()) as server, VerifierClient(server.url + "/base/", 2.0, "s3cret") as client:
        outcome = client.posterior(judgments, trace_id="0123456789abcdef" * 2)
        (request,) = server.requests
    assert outcome.reason is None
    assert request.target == "/base/v1/posterior"
    assert outcome.trace_id == "0123456789abcdef" * 2
    span = re.fullmatch(rf"00-{outcome.trace_id}-([0-9a-f]{{16}})-01", request.headers["traceparent"])
    assert span is not None
    assert request.headers["x-request-id"] == f"{outcome.trace_id}-{span[1]}"
    assert 1000 < float(request.headers["x-request-timeout-ms"]) <= 2000
    assert request.headers["authorization"] == "Bearer s3cret"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    sent = json.loads(request.body)["judgments"]
    keys = {"wealth", "options", "chosen"}
    assert [set(one) for one in sent] == [keys | {"feedback"}, keys | {"reward", "verdict"}]
    assert parse_judgments(sent)[0].options == PEOPLE[0].options


def test_the_newest_512_judgments_are_sent() -> None:
    """Of a longer list, given oldest first."""
    many = [one.model_copy(update={"reward": index / 1000}) for index, one in enumerate(PEOPLE * 60)]
    with FaultyServer(answering()) as server, VerifierClient(server.url, 5.0) as client:
        assert client.posterior(many).reason is None
        sent = json.loads(server.requests[0].body)["judgments"]
    assert [one["reward"] for one in sent] == [one.reward for one in many[-512:]]


@both
def test_a_connection_is_kept(in_a_loop: bool) -> None:
    """Two calls, one connection; errors that are whole replies do not cost it either."""
    for behaviour in (answering(), status("422 Unprocessable Content"), status("503 Service Unavailable")):
        with FaultyServer(behaviour) as server:
            ask_twice(server.url, in_a_loop=in_a_loop)
            assert [request.connection for request in server.requests] == [1, 1]


@both
def test_a_stale_connection_is_replaced_and_the_request_sent_once_more(in_a_loop: bool) -> None:
    """The server closes or resets it just when the second request comes: the caller does not notice."""
    for fault in (hang_up, reset):
        with FaultyServer(then(answering(), fault, answering())) as server:
            first, second = ask_twice(server.url, in_a_loop=in_a_loop)
            assert (first.reason, second.reason) == (None, None)
            assert [request.connection for request in server.requests] == [1, 1, 2]
            assert server.requests[1].headers["x-request-id"] == server.requests[2].headers["x-request-id"]


@both
def test_it_is_sent_once_more_and_never_again(in_a_loop: bool) -> None:
    """If the new connection fails too, that is the outcome."""
    with FaultyServer(then(answering(), hang_up)) as server:
        _, second = ask_twice(server.url, in_a_loop=in_a_loop)
        assert second.reason == "unreachable"
        assert [request.connection for request in server.requests] == [1, 1, 2]


@both
def test_what_was_begun_to_be_answered_is_not_asked_again(in_a_loop: bool) -> None:
    """A reply that breaks off, even on an old connection, is an outcome; so is a slow one."""
    with FaultyServer(then(answering(), hang_up_in_the_middle)) as server:
        _, second = ask_twice(server.url, in_a_loop=in_a_loop)
        assert (second.reason, len(server.requests)) == ("unreachable", 2)


@both
def test_a_connection_closed_meanwhile_is_not_used(in_a_loop: bool) -> None:
    """The server closed it after its reply: seen before anything is sent."""

    def answer_and_close(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        client.sendall(http(json.dumps(document(request)).encode()))
        return False

    with FaultyServer(answer_and_close) as server:
        outcomes = ask_twice(server.url, in_a_loop=in_a_loop, between=lambda: time.sleep(0.1))
        assert [outcome.reason for outcome in outcomes] == [None, None]
        assert [request.connection for request in server.requests] == [1, 2]


@both
@pytest.mark.parametrize("extra", [b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b"rubbish"])
def test_what_was_not_asked_for_is_not_taken_for_an_answer(in_a_loop: bool, extra: bytes) -> None:
    """A server that sends more than its reply cannot answer the next request with it: the connection is dropped."""

    def answer_twice(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        client.sendall(http(json.dumps(document(request)).encode()) + extra)
        return True

    with FaultyServer(answer_twice) as server:
        outcomes = ask_twice(server.url, in_a_loop=in_a_loop)
        assert [outcome.reason for outcome in outcomes] == [None, None]
        assert [request.connection for request in server.requests] == [1, 2]


@both
def test_what_comes_while_a_connection_is_idle_is_not_taken_for_an_answer(in_a_loop: bool) -> None:
    """A late second reply to the first request: the next request goes out on another connection."""
    has_read, said_again = threading.Event(), threading.Event()

    def answer_again_later(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        client.sendall(http(json.dumps(document(request)).encode()))
        has_read.wait(30)
        client.sendall(http(json.dumps(document(request)).encode()))
        said_again.set()
        return True

    def between() -> None:
        has_read.set()
        assert said_again.wait(30)

    with FaultyServer(answer_again_later) as server:
        outcomes = ask_twice(server.url, in_a_loop=in_a_loop, between=between)
        assert [outcome.reason for outcome in outcomes] == [None, None]
        assert [request.connection for request in server.requests] == [1, 2]


@both
def test_connections_are_closed_when_told_and_when_too_old(in_a_loop: bool) -> None:
    """`connection: close`, and an idle time beyond the limit."""
    with FaultyServer(answering(headers="connection: close\r\n")) as server:
        ask_twice(server.url, in_a_loop=in_a_loop)
        assert [request.connection for request in server.requests] == [1, 2]
    with FaultyServer(answering()) as server:
        ask_twice(server.url, in_a_loop=in_a_loop, between=lambda: time.sleep(0.1), keep_alive=0.05)
        assert [request.connection for request in server.requests] == [1, 2]


def test_a_late_answer_of_the_name_service_serves_the_next_call() -> None:
    """It is asked once, in the background, and its answer kept until connecting fails."""
    asked, answers = [], threading.Event()
    with FaultyServer(answering()) as server:

        def slow(*_: object, **__: object) -> list[Any]:
            asked.append(1)
            answers.wait(60)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))]

        with VerifierClient("http://verifier.internal", 0.05, lookup=slow) as client:
            assert client.posterior(PEOPLE).reason == "timeout"
            assert client.posterior(PEOPLE).reason == "timeout"
            answers.set()
            client._core.timeout = 30.0  # a busy machine may need more than 50 ms to connect
            for _ in range(3):
                client.close()
                assert client.posterior(PEOPLE).reason is None
            assert len(asked) == 1
    with VerifierClient("http://verifier.internal", 10.0, lookup=slow) as client:
        assert [client.posterior(PEOPLE).reason for _ in range(2)] == ["unreachable"] * 2
        assert len(asked) == 3


def test_threads_get_their_own_answers() -> None:
    """Eight threads, one client: each reply belongs to its call, and connections are shared out."""
    with FaultyServer(answering()) as server, VerifierClient(server.url, 5.0) as client:
        reasons: list[object] = []

        def work() -> None:
            for count in range(30):
                outcome = client.posterior(PEOPLE[: count % 10])
                reasons.append(outcome.reason)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reasons == [None] * 240
        assert len({request.headers["x-request-id"] for request in server.requests}) == 240
        assert max(request.connection for request in server.requests) <= 8


def test_a_crowd_of_tasks_is_served() -> None:
    """Forty calls at once in one event loop, then again in another loop with the same client."""
    with FaultyServer(answering()) as server:
        client = aio.VerifierClient(server.url, 5.0)

        async def crowd() -> list[Outcome]:
            return await asyncio.gather(*(client.posterior(PEOPLE) for _ in range(40)))

        for _ in range(2):
            assert [outcome.reason for outcome in asyncio.run(crowd())] == [None] * 40
        asyncio.run(client.aclose())


def test_a_silent_server_does_not_block_the_event_loop() -> None:
    """Something else goes on ticking while a call waits, which would have given up by the second tick otherwise."""

    async def main(url: str) -> None:
        async with aio.VerifierClient(url, 20.0) as client:
            call = asyncio.create_task(client.posterior(PEOPLE))
            for _ in range(10):
                await asyncio.sleep(0.005)
                assert not call.done()
            call.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await call

    with FaultyServer(silent) as server:
        asyncio.run(main(server.url))


def test_a_cancelled_call_leaves_nothing_behind() -> None:
    """No open socket, no failure counted against the service, and no probe held."""
    policy = BreakerPolicy(minimum_calls=1, open_for=0.01)

    async def main(server: FaultyServer) -> None:
        client = aio.VerifierClient(server.url, 60.0, breaker=policy)
        task = asyncio.create_task(client.posterior(PEOPLE))
        await asyncio.to_thread(server.wait_asked, 1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
        assert client.breaker == "closed"
        server.behaviour = answering()
        assert (await client.posterior(PEOPLE)).reason is None
        await client.aclose()

    with FaultyServer(silent) as server:
        asyncio.run(main(server))
    gc.collect()  # a socket left open would warn here, which is an error


@forks
def test_a_forked_child_does_not_touch_its_parents_connections(tmp_path: Path) -> None:
    """Parent and child ask at once with the same object: each on connections of its own, none mixed up."""
    with FaultyServer(answering()) as server, VerifierClient(server.url, 5.0) as client:
        assert client.posterior(PEOPLE).reason is None
        child = os.fork()
        if child == 0:
            code = 1
            try:
                good = all(client.posterior(PEOPLE).reason is None for _ in range(30))
                code = 0 if good else 2
            finally:
                os._exit(code)
        for _ in range(30):
            assert client.posterior(PEOPLE).reason is None
        assert os.waitpid(child, 0)[1] == 0
        assert client.posterior(PEOPLE).reason is None
        connections = [request.connection for request in server.requests]
        assert len(connections) == 62
        assert set(connections) == {1, 2}
        assert connections.count(1) == 32


def test_the_breaker_stops_asking_and_starts_again() -> None:
    """A dead service costs a few calls, then none, then one probe; a good one closes it. By a clock of its own."""
    policy, now = BreakerPolicy(minimum_calls=4, open_for=0.2), [0.0]
    with FaultyServer(status("500 Internal Server Error")) as server:
        client = VerifierClient(server.url, 10.0, breaker=policy, clock=lambda: now[0])
        outcomes = [client.posterior(PEOPLE) for _ in range(10)]
        assert [outcome.reason for outcome in outcomes] == ["server_error"] * 4 + ["circuit_open"] * 6
        assert [outcome.breaker for outcome in outcomes] == ["closed"] * 3 + ["open"] * 7
        assert len(server.requests) == 4
        now[0] = 0.25
        assert [client.posterior(PEOPLE).reason for _ in range(2)] == ["server_error", "circuit_open"]
        server.behaviour = answering()
        now[0] = 0.5
        outcomes = [client.posterior(PEOPLE) for _ in range(3)]
        assert [outcome.reason for outcome in outcomes] == [None] * 3
        assert [outcome.breaker for outcome in outcomes] == ["closed"] * 3
        client.close()


@pytest.mark.parametrize(
    "line", ["400 Bad Request", "401 Unauthorized", "404 Not Found", "409 Conflict", "422 X"]
)
def test_a_service_that_refuses_this_request_is_not_at_fault(line: str) -> None:
    """Its breaker stays closed: another person's request may be fine."""
    behaviour: Behaviour = status(line)
    with FaultyServer(behaviour) as server, VerifierClient(server.url, 2.0) as client:
        assert [client.posterior(PEOPLE).reason for _ in range(12)] == ["server_error"] * 12
        assert client.breaker == "closed"
