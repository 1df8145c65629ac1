"""Does the deadline hold in odd surroundings: signals, several event loops, full queues, no time at all?"""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from faulty_server import FaultyServer, answering, silent, trickling
from people import safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment import Judgment
from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._stream import Stream
from bayesian_verifier.judgment_layer._understood import Understood

if TYPE_CHECKING:
    from pathlib import Path

    from faulty_server import Request

    from bayesian_verifier.judgment_layer import Outcome
    from stalls import Stalls

PEOPLE = safe_times(4)
PATIENT = BreakerPolicy(minimum_calls=10**9, failures_in_row=10**9)
MARGIN = 0.3  # what a machine that stalls for no longer may add


def test_signals_do_not_stretch_a_call(stalls: Stalls) -> None:
    """A handler that runs every millisecond; each wait goes on with what was left, not anew."""
    ran = 0

    def handler(*_: object) -> None:
        nonlocal ran
        ran += 1

    before = signal.signal(signal.SIGALRM, handler)
    try:
        for fault in (silent, trickling):
            with FaultyServer(fault) as server, VerifierClient(server.url, 0.2) as client:
                signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
                begun = time.monotonic()
                outcome = client.posterior(PEOPLE)
                took = time.monotonic() - begun
                signal.setitimer(signal.ITIMER_REAL, 0.0)
            assert outcome.reason == "timeout"
            assert took < 0.2 + MARGIN + stalls.lost(begun)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert ran > 4


def test_a_handler_that_raises_ends_the_call_and_leaves_nothing() -> None:
    """As Ctrl-C does: the exception is the caller's, no probe is held, no socket left open."""

    class Interruption(Exception):  # noqa: N818 it is no error
        pass

    def handler(*_: object) -> None:
        raise Interruption

    def interrupting(client: socket.socket, request: Request, stop: threading.Event) -> bool:
        signal.pthread_kill(asker, signal.SIGALRM)
        return silent(client, request, stop)

    asker = threading.get_ident()
    before = signal.signal(signal.SIGALRM, handler)
    try:
        with FaultyServer(interrupting) as server, VerifierClient(server.url, 30.0) as client:
            with pytest.raises(Interruption):
                client.posterior(PEOPLE)
            assert client.breaker == "closed"
            server.behaviour = answering()
            assert client.posterior(PEOPLE).reason is None
            assert [request.connection for request in server.requests] == [1, 2]
    finally:
        signal.signal(signal.SIGALRM, before)


def test_one_client_serves_loops_in_several_threads_at_once() -> None:
    """Connections go from one loop to another; every call has its own answer."""
    reasons: list[str | None] = []

    def work(client: aio.VerifierClient) -> None:
        async def ask() -> None:
            for count in range(8):
                outcomes = await asyncio.gather(*(client.posterior(PEOPLE[:count]) for _ in range(5)))
                reasons.extend(outcome.reason for outcome in outcomes)

        asyncio.run(ask())

    with FaultyServer(answering()) as server:
        client = aio.VerifierClient(server.url, 5.0)
        threads = [threading.Thread(target=work, args=(client,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert reasons == [None] * 160
        assert len({request.headers["x-request-id"] for request in server.requests}) == 160
        asyncio.run(client.aclose())


@pytest.mark.parametrize("name", ["asyncio", "uvloop"])
def test_a_unix_socket_whose_queue_is_full_is_overloaded_in_a_loop_too(tmp_path: Path, name: str) -> None:
    """An event loop that takes "full" for "not yet" would call it connected."""
    path = tmp_path / "bv.sock"

    async def ask() -> Outcome:
        async with aio.VerifierClient(f"http+unix://{path}", 10.0) as client:
            return await client.posterior(PEOPLE)

    with socket.socket(socket.AF_UNIX) as full, socket.socket(socket.AF_UNIX) as queued:
        full.bind(str(path))
        full.listen(0)
        queued.connect(str(path))
        with asyncio.Runner(loop_factory=pytest.importorskip(name).new_event_loop) as runner:
            assert runner.run(ask()).reason == "overloaded"


def test_uvloop_keeps_the_deadline_as_well(stalls: Stalls) -> None:
    """A good reply, none at all, and one that trickles."""
    uvloop = pytest.importorskip("uvloop")

    async def ask(url: str, seconds: float) -> Outcome:
        async with aio.VerifierClient(url, seconds) as client:
            return await client.posterior(PEOPLE)

    for fault, timeout, reason in (
        (answering(), 5.0, None),
        (silent, 0.2, "timeout"),
        (trickling, 0.2, "timeout"),
    ):
        with FaultyServer(fault) as server, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            begun = time.monotonic()
            assert runner.run(ask(server.url, timeout)).reason == reason
            assert time.monotonic() - begun < timeout + MARGIN + stalls.lost(begun)


@pytest.mark.parametrize("timeout", [5e-324, 1e-9, 1e-6, 1e-4])
def test_next_to_no_time_is_a_timeout(timeout: float, stalls: Stalls) -> None:
    """Or an answer, where the machine is that fast; never anything else, and nothing that waits for ever."""
    with FaultyServer(answering()) as server, VerifierClient(server.url, timeout, breaker=PATIENT) as client:
        begun = time.monotonic()
        outcomes = [client.posterior(PEOPLE) for _ in range(20)]
        assert time.monotonic() - begun < 20 * timeout + MARGIN + stalls.lost(begun)
    assert {outcome.reason for outcome in outcomes} <= {"timeout", None}


def test_p1_more_people_than_can_be_written_in_time_are_given_up_in_time(stalls: Stalls) -> None:
    """3,000 people with 512 judgments each are 300 MB of JSON: the writing stops with the deadline."""
    many = [PEOPLE * 51 + PEOPLE[:2]] * 3000
    with (
        FaultyServer(silent) as server,
        VerifierClient(server.url, 0.2, breaker=PATIENT, keep_state=True) as client,
    ):
        begun = time.monotonic()
        outcomes = client.posteriors(many, subjects=[str(number) for number in range(3000)])
        assert time.monotonic() - begun < 0.2 + MARGIN + stalls.lost(begun)
    assert [outcome.reason for outcome in outcomes] == ["timeout"] * 3000


def test_p1_the_clock_is_looked_at_while_a_question_is_written() -> None:
    """Before every 32 judgments: the longest there can be take some 15 ms to write."""
    looks = 0

    def in_time() -> None:
        nonlocal looks
        looks += 1
        if looks > 3:
            raise TimeoutError

    history = PEOPLE * 51 + PEOPLE[:2]
    with pytest.raises(TimeoutError):
        Stream(history, None, None, None, Understood()).body(in_time)
    assert looks == 4  # once before anything is done, and before the third batch
    with pytest.raises(TimeoutError):
        Stream([], None, None, None, Understood()).body(in_time)
    body = Stream(history, None, None, None, Understood()).body(lambda: None)
    assert [Judgment.model_validate(one) for one in json.loads(body)["judgments"]] == history


def test_an_open_breaker_costs_the_same_whatever_there_is_to_ask() -> None:
    """Nothing is written, sorted or looked up before it is asked: 50 µs are plenty, for 512 judgments as for none."""
    policy = BreakerPolicy(failures_in_row=1, open_for=1e6)
    client = VerifierClient("http://127.0.0.1:9", 0.5, breaker=policy, keep_state=True)
    client.posterior([])
    history = PEOPLE * 51 + PEOPLE[:2]
    seconds = []
    for _ in range(300):
        begun = time.perf_counter()
        outcome = client.posterior(history, subject="ada")
        seconds.append(time.perf_counter() - begun)
        assert outcome.reason == "circuit_open"
    assert sorted(seconds)[150] < 50e-6
