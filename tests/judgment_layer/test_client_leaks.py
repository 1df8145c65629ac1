"""Does a client leave anything behind: files, threads, waiters, connections in a child?"""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import socket
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faulty_server import (
    FaultyServer,
    answering,
    hang_up,
    hang_up_in_the_middle,
    raw,
    reset,
    silent,
    status,
    unused_port,
)
from people import forks, safe_times

from bayesian_verifier import VerifierClient, aio
from bayesian_verifier.judgment_layer import BreakerPolicy
from bayesian_verifier.judgment_layer._connection import Connection
from bayesian_verifier.judgment_layer._endpoint import Endpoint
from bayesian_verifier.judgment_layer._pool import MOST_IDLE, Pool
from bayesian_verifier.judgment_layer._resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.judgment_layer import Outcome

PEOPLE = safe_times(1, rows=1)
PATIENT = BreakerPolicy(minimum_calls=10**9, failures_in_row=10**9)
SERVER_SIDE = 2  # files of one connection where client and server share a process


def files() -> int:
    """Open files of this process that somebody still holds."""
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_ten_thousand_faults_leave_no_file_open() -> None:
    """Refused, reset, closed, broken off, garbage: in threads and in an event loop."""
    with VerifierClient(f"http://127.0.0.1:{unused_port()}", 2.0, breaker=PATIENT) as client:
        before = files()
        assert {client.posterior(PEOPLE).reason for _ in range(8000)} == {"unreachable"}
        assert _settles_at(before)
    for fault in (hang_up, reset, hang_up_in_the_middle, raw(b"rubbish\r\n\r\n")):
        with FaultyServer(fault) as server, VerifierClient(server.url, 2.0, breaker=PATIENT) as client:
            before = files()
            reasons = {client.posterior(PEOPLE).reason for _ in range(250)}
            assert reasons <= {"unreachable", "invalid_reply"}
            assert _settles_at(before)

    async def crowd(url: str) -> set[str | None]:
        async with aio.VerifierClient(url, 2.0, breaker=PATIENT) as client:
            found: set[str | None] = set()
            for _ in range(50):
                outcomes = await asyncio.gather(*(client.posterior(PEOPLE) for _ in range(20)))
                found |= {outcome.reason for outcome in outcomes}
            return found

    before = files()
    assert asyncio.run(crowd(f"http://127.0.0.1:{unused_port()}")) == {"unreachable"}
    assert _settles_at(before)


def _settles_at(expected: int) -> bool:
    """Whether no more files are open, once the server (and tests before this one) have closed theirs."""
    give_up = time.monotonic() + 30
    while files() > expected:
        if time.monotonic() > give_up:
            return False
        time.sleep(0.02)
    return True


def test_no_more_than_16_connections_are_kept_and_none_for_longer_than_asked() -> None:
    """After a crowd of 40 at once; and those that nobody needs any more are closed as soon as one is put back."""

    async def crowd(client: aio.VerifierClient, count: int) -> list[Outcome]:
        return await asyncio.gather(*(client.posterior(PEOPLE) for _ in range(count)))

    with FaultyServer(answering()) as server:
        before = files()
        client = aio.VerifierClient(server.url, 5.0, keep_alive=0.3)
        assert {outcome.reason for outcome in asyncio.run(crowd(client, 40))} == {None}
        assert _settles_at(before + SERVER_SIDE * MOST_IDLE)
        time.sleep(0.4)
        assert {outcome.reason for outcome in asyncio.run(crowd(client, 1))} == {None}
        assert _settles_at(before + SERVER_SIDE)
        asyncio.run(client.aclose())
        assert _settles_at(before)


def test_the_connection_used_last_is_used_next() -> None:
    """So that those a quiet hour does not need grow old; the eldest goes first where there are too many."""
    now = 0.0
    pool = Pool(30.0, lambda: now)
    pairs = [_connected_pair() for _ in range(MOST_IDLE + 2)]
    try:
        for connection, _ in pairs:
            now += 1.0
            pool.put(connection)
        assert [pair[0].socket.fileno() == -1 for pair in pairs] == [True] * 2 + [False] * MOST_IDLE
        assert pool.take() is pairs[-1][0]
        assert pool.take() is pairs[-2][0]
        now += 25.0
        pool.put(pairs[-1][0])
        assert [pair[0].socket.fileno() == -1 for pair in pairs] == [True] * 12 + [False] * 6
    finally:
        for connection, other in pairs:
            connection.close()
            other.close()


class _Whole(Connection):
    """A connection whose reply is complete."""

    def is_reusable(self) -> bool:
        """It is."""
        return True


def _connected_pair() -> tuple[Connection, socket.socket]:
    ours, theirs = socket.socketpair()
    connection = _Whole(socket.AF_UNIX)
    connection.socket.close()
    connection.socket = ours
    return connection, theirs


@pytest.fixture
def no_files() -> Iterator[None]:
    """No file is left to open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(
        resource.RLIMIT_NOFILE, (max(int(one.name) for one in Path("/proc/self/fd").iterdir()) + 1, hard)
    )
    held = []
    try:
        while True:
            held.append(os.dup(0))
    except OSError:
        pass
    yield
    for one in held:
        os.close(one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_without_a_file_left_gets_its_outcome_and_blames_nobody(no_files: None) -> None:
    """`unreachable`, with the reason in words, and the breaker hears nothing of it."""
    client = VerifierClient("http://127.0.0.1:9", 10.0, breaker=BreakerPolicy(failures_in_row=1))
    outcomes = [client.posterior(PEOPLE) for _ in range(3)]
    assert {(one.reason, one.breaker) for one in outcomes} == {("unreachable", "closed")}
    assert "many open files" in outcomes[0].detail


def test_a_name_service_that_hangs_costs_one_thread_and_no_waiter() -> None:
    """However many calls have given up on it, in threads and in event loops."""
    over = threading.Event()

    def hanging(*_: object, **__: object) -> list[Any]:
        over.wait()
        return []

    before = set(
        threading.enumerate()
    )  # by name, not by number: those of tests before this one come to their end
    client = VerifierClient("http://verifier.internal", 0.002, breaker=PATIENT, lookup=hanging)
    assert {client.posterior(PEOPLE).reason for _ in range(200)} == {"timeout"}
    assert len(set(threading.enumerate()) - before) == 1

    async def crowd() -> set[str | None]:
        async with aio.VerifierClient(
            "http://verifier.internal", 0.002, breaker=PATIENT, lookup=hanging
        ) as many:
            outcomes = [
                one
                for _ in range(10)
                for one in await asyncio.gather(*(many.posterior(PEOPLE) for _ in range(20)))
            ]
            search = many._core._service.part().resolver.addresses()
            assert search.waiting == 0
            return {outcome.reason for outcome in outcomes}

    assert asyncio.run(crowd()) == {"timeout"}
    assert len(set(threading.enumerate()) - before) == 2
    over.set()


def test_a_task_that_waits_for_a_name_is_woken_from_another_thread() -> None:
    """And one whose loop is closed by then harms nobody."""
    resolver = Resolver(Endpoint.of("http://verifier.internal"), lambda *_, **__: time.sleep(0.05) or [])
    given_up = resolver.addresses()

    async def give_up() -> None:
        waiting = asyncio.create_task(given_up.awaited())
        await asyncio.sleep(0)
        waiting.cancel()

    asyncio.run(give_up())
    assert asyncio.run(resolver.addresses().awaited()) == []


def test_a_process_that_can_start_no_thread_gets_its_outcome() -> None:
    """As while the interpreter shuts down: a name cannot be looked up then, and that is said."""
    import subprocess
    import sys

    code = (
        "import atexit\n"
        "from bayesian_verifier import VerifierClient\n"
        "client = VerifierClient('http://localhost:9', 10.0)\n"
        "atexit.register(lambda: print(client.posterior([]).reason))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("unreachable\n", "")


@forks
def test_a_child_closes_its_copies_of_its_parents_connections() -> None:
    """And neither breaks the parent's, nor inherits its open breaker and its probe."""
    policy = BreakerPolicy(failures_in_row=1, open_for=0.05)
    with FaultyServer(answering()) as server:
        client = VerifierClient(server.url, 10.0, breaker=policy)
        assert client.posterior(PEOPLE).reason is None
        own = client._core._service.part().pool._idle[0].socket.fileno()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                same = os.fstat(own).st_ino
                good = client.posterior(PEOPLE).reason is None
                code = 0 if good and not _is_open_on(own, same) else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert client.posterior(PEOPLE).reason is None
        assert [request.connection for request in server.requests] == [1, 2, 1]
        client.close()


def _is_open_on(number: int, inode: int) -> bool:
    try:
        return os.fstat(number).st_ino == inode
    except OSError:
        return False


@forks
def test_a_child_forked_while_a_probe_is_under_way_asks_for_itself() -> None:
    """The parent's probe is the parent's: the child is not left waiting for it."""
    policy = BreakerPolicy(failures_in_row=1, open_for=0.05)
    with FaultyServer(status("500 No")) as server:
        client = VerifierClient(server.url, 1.0, breaker=policy)
        assert client.posterior(PEOPLE).breaker == "open"
        time.sleep(0.06)
        server.behaviour = silent
        probe = threading.Thread(target=client.posterior, args=(PEOPLE,))
        probe.start()
        server.wait_asked(2)
        assert client.breaker == "half_open"
        server.behaviour = answering()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if client.posterior(PEOPLE).reason is None else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        probe.join()
    gc.collect()
