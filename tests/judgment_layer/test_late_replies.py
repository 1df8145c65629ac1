"""P4: can what was said to one call ever be taken for the answer to another?"""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import FaultyServer, Request, answering, document, http
from people import safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy

if TYPE_CHECKING:
    import socket
    import threading
    from collections.abc import Callable

    from bayesian_verifier.judgment_layer import Outcome

PEOPLE = safe_times(4)
PATIENT = BreakerPolicy(minimum_calls=10**9, failures_in_row=10**9)
TRACE = "0123456789abcdef" * 2

both = pytest.mark.parametrize("in_a_loop", [False, True], ids=["blocking", "asyncio"])


def ask(
    url: str,
    counts: list[int],
    timeout: float,
    *,
    in_a_loop: bool,
    clock: Callable[[], float] = time.monotonic,
    **more: Any,  # noqa: ANN401
) -> list[Outcome]:
    """One call after the other about so many judgments each, by one client."""
    if not in_a_loop:
        with VerifierClient(url, timeout, breaker=PATIENT, clock=clock) as client:
            return [client.posterior(PEOPLE[:count], **more) for count in counts]

    async def run() -> list[Outcome]:
        async with aio.VerifierClient(url, timeout, breaker=PATIENT, clock=clock) as client:
            return [await client.posterior(PEOPLE[:count], **more) for count in counts]

    return asyncio.run(run())


def mean_of(count: int) -> float:
    """What the service says of somebody with so many judgments."""
    return 0.6 + count / 1000


class Late:
    """Answers every third request only after its caller has given up: the clock leaps, and a byte wakes the caller."""

    def __init__(self) -> None:
        self.now = 0.0
        self._asked = 0

    def __call__(self, client: socket.socket, request: Request, stop: threading.Event) -> bool:
        """Say whose answer it is by its mean."""
        self._asked += 1
        count = len(json.loads(request.body)["judgments"])
        said = document(request)
        said["posterior"]["risk_aversion"] |= {"mean": mean_of(count)}
        reply = http(json.dumps(said).encode())
        if self._asked % 3 == 0:
            self.now += 1000.0
            client.sendall(reply[:1])
            stop.wait(0.05)
            reply = reply[1:]
        client.sendall(reply)
        return True


@both
def test_p4_a_late_reply_is_never_taken_for_the_next_calls(in_a_loop: bool) -> None:
    """A connection that a call gave up on serves no other; every answer is of who was asked about."""
    counts = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    late = Late()
    with FaultyServer(late) as server:
        outcomes = ask(server.url, counts, 60.0, in_a_loop=in_a_loop, clock=lambda: late.now)
        assert [outcome.reason for outcome in outcomes] == [None, None, "timeout"] * 3
        assert [request.connection for request in server.requests] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    for count, outcome in zip(counts, outcomes, strict=True):
        assert outcome.posterior is None or outcome.posterior.belief.mean == mean_of(count)


class Repeating:
    """Answers every request with what the first was answered."""

    def __init__(self) -> None:
        self._first: bytes | None = None

    def __call__(self, client: socket.socket, request: Request, _stop: threading.Event) -> bool:
        """A cache in front of the service would do so."""
        self._first = self._first or http(json.dumps(document(request)).encode())
        client.sendall(self._first)
        return True


@both
def test_p4_calls_of_one_trace_are_told_apart(in_a_loop: bool) -> None:
    """The same trace, the same judgments, and a cache that says again what it said: only the first is believed."""
    with FaultyServer(Repeating()) as server:
        outcomes = ask(server.url, [3, 3, 3], 2.0, in_a_loop=in_a_loop, trace_id=TRACE)
        names = {request.headers["x-request-id"] for request in server.requests}
    assert [outcome.reason for outcome in outcomes] == [None, "invalid_reply", "invalid_reply"]
    assert {outcome.trace_id for outcome in outcomes} == {TRACE}
    assert len(names) == 3


@both
def test_p4_header_and_body_name_the_same_request_and_version(in_a_loop: bool) -> None:
    """Both as the contract has them; and each in turn of somebody else."""
    version = "2026-11-23T10-00-00Z-1f3c"

    def echoing(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        names = f"x-request-id: {request.headers['x-request-id']}\r\nx-model-version: {version}\r\n"
        return answering(headers=names)(client, request, stop)

    with FaultyServer(echoing) as server:
        assert ask(server.url, [3], 2.0, in_a_loop=in_a_loop)[0].reason is None
        for names in ("x-request-id: else\r\n", "x-model-version: else\r\n"):
            server.behaviour = answering(headers=names)
            (outcome,) = ask(server.url, [3], 2.0, in_a_loop=in_a_loop)
            assert outcome.reason == "invalid_reply"
            assert "else" in outcome.detail
