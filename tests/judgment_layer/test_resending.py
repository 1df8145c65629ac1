"""When is a question sent twice? Only where a kept connection turns out to be closed before a byte of the reply."""

from __future__ import annotations

import json
import socket
import struct
import threading
from typing import TYPE_CHECKING

import pytest
from faulty_server import FaultyServer, Request, answering, document, http, silent, status, then
from people import safe_times

from bayesian_verifier import VerifierClient

if TYPE_CHECKING:
    from faulty_server import Behaviour

PEOPLE = safe_times(4)
LENGTH = len(
    http(json.dumps(document(Request(1, "/", {"x-request-id": "0" * 49}, b'{"judgments":[]}'))).encode())
)


def breaking_off(after: int, *, rudely: bool) -> Behaviour:
    """Send so many bytes of the reply, then close, or reset."""

    def behave(client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        client.sendall(http(json.dumps(document(request)).encode())[:after])
        if rudely:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return behave


@pytest.mark.parametrize("after", [0, 1, 2, 9, 17, 60, LENGTH // 2, LENGTH - 1])
def test_a_kept_connection_that_breaks_off_after_some_bytes(after: int) -> None:
    """After none the question is sent once more, on another connection; after one or more, never."""
    with (
        FaultyServer(then(answering(), breaking_off(after, rudely=False), answering())) as server,
        VerifierClient(server.url, 2.0) as client,
    ):
        assert client.posterior(PEOPLE).reason is None
        second = client.posterior(PEOPLE)
        assert second.reason == (None if after == 0 else "unreachable")
        assert [request.connection for request in server.requests] == ([1, 1, 2] if after == 0 else [1, 1])
        assert len({(request.body, request.headers["x-request-id"]) for request in server.requests[1:]}) == 1


@pytest.mark.parametrize("after", [0, 1, 40, LENGTH - 1])
@pytest.mark.parametrize("rudely", [False, True])
def test_a_new_connection_that_breaks_off_is_the_outcome(after: int, rudely: bool) -> None:
    """Nothing is sent again, whether it says nothing or something."""
    with (
        FaultyServer(breaking_off(after, rudely=rudely)) as server,
        VerifierClient(server.url, 2.0) as client,
    ):
        assert client.posterior(PEOPLE).reason == "unreachable"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "line", ["429 Too Many Requests", "503 Service Unavailable", "500 Internal Server Error"]
)
def test_a_refusal_is_not_asked_again(line: str) -> None:
    """On a kept connection as on a new one: backing off is the breaker's business."""
    with FaultyServer(then(answering(), status(line))) as server, VerifierClient(server.url, 2.0) as client:
        client.posterior(PEOPLE)
        assert client.posterior(PEOPLE).reason in ("overloaded", "server_error")
        assert len(server.requests) == 2


def test_a_slow_reply_is_waited_for_and_never_raced() -> None:
    """No second request beside the first, however long it takes."""
    with FaultyServer(then(answering(), silent)) as server, VerifierClient(server.url, 0.3) as client:
        client.posterior(PEOPLE)
        assert client.posterior(PEOPLE).reason == "timeout"
        assert len(server.requests) == 2


def test_a_question_refused_before_it_was_read_is_answered_with_the_refusal() -> None:
    """Who sheds load answers and closes while more is being sent than the system holds: that is no lost connection."""

    def shed(listener: socket.socket) -> None:
        with listener.accept()[0] as client:
            client.recv(1000)
            client.sendall(http(b"{}", "429 Too Many Requests", "connection: close\r\n"))

    outcomes = [{"payoff": 1.0 + k / 7, "probability": 1 / 16} for k in range(16)]
    case = PEOPLE[0].model_dump() | {"options": [{"outcomes": outcomes}] * 8}
    long = [type(PEOPLE[0]).model_validate(case)] * 512
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=shed, args=(listener,))
        thread.start()
        with VerifierClient(f"http://127.0.0.1:{listener.getsockname()[1]}", 60.0) as client:
            assert [outcome.reason for outcome in client.posteriors([long, long])] == ["overloaded"] * 2
        thread.join()
