"""P2: does every call have exactly one outcome, whatever bytes come, in whatever pieces, and however they end?"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
import time
from typing import TYPE_CHECKING, get_args

import pytest
from faulty_server import FaultyServer, Request, document, http, silent
from hypothesis import given, settings
from hypothesis import strategies as st
from people import safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy, Failure
from bayesian_verifier.judgment_layer._outcome import OUT_OF_TIME

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator

    from faulty_server import Behaviour

    from bayesian_verifier.judgment_layer import Outcome
    from stalls import Stalls

PEOPLE = safe_times(1, rows=2)
TIMEOUT = 0.04
MARGIN = 0.3
PATIENT = BreakerPolicy(minimum_calls=10**9, failures_in_row=10**9, window=1e6)
ENDS = ("close", "reset", "wait", "go on")

_WHOLE, _HALF, _REST = "a whole reply", "the first half of one", "the rest of it"
_PIECES = st.sampled_from(
    [
        _WHOLE,
        _HALF,
        _REST,
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"HTTP/1.1 429 No\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        b"HTTP/9.9 999 ?\r\n",
        b"content-length: 2\r\n",
        b"content-length: -1\r\n",
        b"content-length: 18446744073709551616\r\n",
        b"transfer-encoding: chunked\r\n",
        b"transfer-encoding: gzip, chunked\r\n",
        b"content-encoding: gzip\r\n",
        b"connection: close\r\n",
        b"x-request-id: else\r\n",
        b"\r\n",
        b"{}",
        b"2\r\n{}\r\n",
        b"0\r\n\r\n",
        b"ffffffffffffffff\r\n",
    ]
) | st.binary(max_size=12)


def script(pieces: list[bytes | str], end: str) -> Behaviour:
    """Send these, one after the other, then end like that."""

    def behave(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        reply = http(json.dumps(document(request)).encode())
        middle = len(reply) // 2
        named = {_WHOLE: reply, _HALF: reply[:middle], _REST: reply[middle:]}
        for piece in pieces:
            client.sendall(named[piece] if isinstance(piece, str) else piece)
        if end == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if end == "wait":
            stop.wait(TIMEOUT * 1.5)
        return end == "go on"

    return behave


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyServer]:
    with FaultyServer(silent) as running:
        yield running


SCRIPTS = given(pieces=st.lists(_PIECES, max_size=7), end=st.sampled_from(ENDS))


def check(outcome: Outcome, begun: float, stalls: Stalls) -> None:
    """One outcome: a posterior or a reason of the list, in time but for what the machine slept."""
    assert time.monotonic() - begun < TIMEOUT + MARGIN + stalls.lost(begun)
    assert (outcome.posterior is None) == (outcome.reason in get_args(Failure))
    assert (outcome.posterior is None) == bool(outcome.detail)


def was_asked(outcome: Outcome) -> bool:
    """Not where this process was kept from its work so long that nothing was sent: that is no call to count."""
    return outcome.detail != OUT_OF_TIME.detail


def ended(client: VerifierClient | aio.VerifierClient) -> int:
    """Calls that the breaker has heard of."""
    return sum(slot.calls for slot in client._core._service.part().breaker._state.slots)


@settings(max_examples=250, deadline=None)
@SCRIPTS
def test_p2_a_blocking_call_has_one_outcome(
    server: FaultyServer, stalls: Stalls, pieces: list[bytes | str], end: str
) -> None:
    """Two calls of one client, so that the second meets what the first left of a connection."""
    server.behaviour = script(pieces, end)
    with VerifierClient(server.url, TIMEOUT, breaker=PATIENT) as client:
        count = 0
        for _ in range(2):
            begun = time.monotonic()
            outcome = client.posterior(PEOPLE)
            check(outcome, begun, stalls)
            count += was_asked(outcome)
            assert ended(client) == count


@settings(max_examples=150, deadline=None)
@SCRIPTS
def test_p2_an_awaited_call_has_one_outcome(
    server: FaultyServer, stalls: Stalls, pieces: list[bytes | str], end: str
) -> None:
    """The same in an event loop."""
    server.behaviour = script(pieces, end)

    async def ask() -> None:
        async with aio.VerifierClient(server.url, TIMEOUT, breaker=PATIENT) as client:
            count = 0
            for _ in range(2):
                begun = time.monotonic()
                outcome = await client.posterior(PEOPLE)
                check(outcome, begun, stalls)
                count += was_asked(outcome)
                assert ended(client) == count

    asyncio.run(ask())


def test_p2_calls_that_are_cancelled_at_any_moment_have_no_outcome_and_spoil_none() -> None:
    """Forty calls, each cancelled a little later than the one before; those that went on have theirs."""

    async def ask(url: str) -> list[Outcome]:
        kept: list[Outcome] = []
        async with aio.VerifierClient(url, 20.0, breaker=PATIENT) as client:
            for number in range(40):
                task = asyncio.create_task(client.posterior(PEOPLE))
                await asyncio.sleep(number * 5e-5)
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    kept.append(await task)
                kept.append(await client.posterior(PEOPLE))
        return kept

    with FaultyServer(script([_WHOLE], "go on")) as server:
        outcomes = asyncio.run(ask(server.url))
    assert len(outcomes) >= 40
    assert {outcome.reason for outcome in outcomes} == {None}
