"""Clients that are slow, silent, endless or too many: each is let go in time, and the others are answered."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from bayesian_verifier.serving import create_app
from bayesian_verifier.serving._connection import LINGER_SECONDS
from bayesian_verifier.serving._crowd import SPARE_AFTER_SECONDS
from serving.raw import get, post, raw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

    from bayesian_verifier.serving import DrainingServer, Engine
    from serving.conftest import Serve
    from serving.raw import Raw
    from stalls import Stalls

    Hasty = tuple[httpx.Client, DrainingServer]

PATIENCE = 0.3
#: What the service's own work may add; what the machine stood still comes on top.
SLACK = 1.0


@pytest.fixture(scope="module")
def hasty(engine: Engine, serve: Serve) -> Iterator[Hasty]:
    """A service that waits 0.3 s for heads and bodies and a second for the rest, and reads small heads."""
    app = create_app(lambda: engine, body_seconds=PATIENCE)
    limits = {"head_seconds": PATIENCE, "body_seconds": PATIENCE, "keep_alive_seconds": 1}
    with serve(app, head_bytes=2048, head_count=20, **limits) as (client, server):
        yield client, server


@pytest.fixture(scope="module")
def patient(engine: Engine, serve: Serve) -> Iterator[httpx.Client]:
    """A service that reads small heads, and waits for them longer than a busy machine takes to send them."""
    with serve(create_app(lambda: engine), head_bytes=2048, head_count=20) as (client, _):
        yield client


def connections_of(server: DrainingServer) -> list[Any]:
    return list(server.server_state.connections)


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_told_too_slow(connection: Raw) -> None:
    reply = connection.reply()
    assert reply is not None
    assert (reply.status, reply.kind, reply.closes) == (408, "slow-head", True)
    assert connection.ended()


@pytest.mark.parametrize("begun", [b"G", b"GET /health/live HT", get()[:-2] + b"X-A", get()[:-2] + b"X-A: a"])
def test_a_head_that_stops_is_answered_408(hasty: Hasty, stalls: Stalls, begun: bytes) -> None:
    """In the request line, in a name, in a value: after the time for a head, not before."""
    with raw(hasty[0]) as connection:
        began = time.monotonic()
        connection.send(begun)
        assert_told_too_slow(connection)
        assert PATIENCE * 0.9 < time.monotonic() - began < PATIENCE + SLACK + stalls.lost(began)


@pytest.mark.parametrize("begun", [b"GET /", get()[:-2] + b"X-A", get()[:-2] + b"X-A: a"])
def test_a_trickle_buys_no_more_time(hasty: Hasty, stalls: Stalls, begun: bytes) -> None:
    """Neither of a target, nor of a name, nor of a value."""
    with raw(hasty[0]) as connection:
        began = time.monotonic()
        connection.send(begun)
        while not select.select([connection.connection], [], [], PATIENCE / 10)[0]:
            connection.send(b"a")
            assert time.monotonic() - began < PATIENCE + SLACK + stalls.lost(began)
        assert_told_too_slow(connection)


def test_the_time_for_a_head_counts_from_its_first_byte(hasty: Hasty) -> None:
    """Also of a second request on a connection; a pause between requests is no slow head.

    Another connection where the machine made the pause so long that the service ended it.
    """
    reply = None
    while reply is None:
        with raw(hasty[0]) as connection, contextlib.suppress(ConnectionError):
            paused = time.monotonic()
            connection.send(get())
            assert connection.reply() is not None
            time.sleep(PATIENCE * 1.5)
            began = time.monotonic()
            connection.send(get()[:10])
            reply = connection.reply()
            assert reply is not None or time.monotonic() - paused > 0.9
    assert reply.status == 408
    assert time.monotonic() - began > PATIENCE * 0.8


@pytest.mark.parametrize("said", [b"", b"\r\n"])
def test_a_connection_on_which_nothing_begins_is_ended_without_a_word(
    hasty: Hasty, stalls: Stalls, said: bytes
) -> None:
    """An answer that nobody asked for would be taken for that of the next request. Line ends begin nothing."""
    began = time.monotonic()
    with raw(hasty[0]) as connection:
        connection.send(said)
        assert connection.ended()
        assert PATIENCE * 0.9 < time.monotonic() - began < PATIENCE + SLACK + stalls.lost(began)


def test_an_idle_connection_is_ended_without_a_word(hasty: Hasty, stalls: Stalls) -> None:
    """After the time for that, not before."""
    with raw(hasty[0]) as connection:
        began = time.monotonic()
        connection.send(get())
        assert connection.reply() is not None
        assert connection.ended()
        assert 0.9 < time.monotonic() - began < 1 + SLACK + stalls.lost(began)


@pytest.mark.parametrize("path", ["/nowhere", "/health/live"])
def test_a_body_that_nobody_reads_must_come_in_time_too(hasty: Hasty, stalls: Stalls, path: str) -> None:
    """Answered at once; then a trickle does not keep the connection, which would wait for the rest for ever."""
    with raw(hasty[0]) as connection:
        connection.send(post(b"x" * 1000, path=path)[:-900])
        began = time.monotonic()
        reply = connection.reply()
        assert reply is not None
        assert reply.status in (404, 405)
        with contextlib.suppress(ConnectionError):
            while True:
                connection.send(b"x")
                assert time.monotonic() - began < PATIENCE + 2 * LINGER_SECONDS + SLACK + stalls.lost(began)
                time.sleep(0.05)


@pytest.mark.parametrize(
    "endless",
    [
        b"GET /" + b"a" * 4096,
        get()[:-2] + b"X-A: " + b"a" * 4096,
        get()[:-2] + b"a" * 4096,
        get()[:-2] + b"".join(b"X-%d: a\r\n" % n for n in range(30)),
        b"POST /v1/posterior HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n0\r\n" + b"X-A: a\r\n" * 400,
    ],
    ids=["target", "value", "name", "number of headers", "trailers"],
)
@pytest.mark.parametrize("piece", [100, 100_000])
def test_a_head_that_is_too_large_is_a_431(patient: httpx.Client, endless: bytes, piece: int) -> None:
    """Whether it comes at once or bit by bit, ended or not; trailers count with the head."""
    with raw(patient) as connection:
        for start in range(0, len(endless), piece):
            connection.send(endless[start : start + piece])
            time.sleep(0.0005)
        connection.send(b": a\r\n\r\n" if piece > len(endless) else b"")
        reply = connection.reply()
        assert reply is not None
        assert (reply.status, reply.kind, reply.closes) == (431, "head-too-large", True)
        assert connection.ended()


def test_a_client_that_does_not_read_its_replies_is_let_go(hasty: Hasty) -> None:
    """Ten megabytes are owed; after the time for taking them, the connection is gone, and most was never sent."""
    client, server = hasty
    place = (client.base_url.host, client.base_url.port)
    with socket.socket() as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.settimeout(60)
        greedy.connect(place)
        greedy.sendall(
            post(b"[" + b",".join([b'{"judgments": [], "draws": 4096}'] * 64) + b"]", path="/v1/posteriors")
        )
        own = greedy.getsockname()
        taken = greedy.recv(1024)
        owed = int(taken.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        until(lambda: own not in [one.transport.get_extra_info("peername") for one in connections_of(server)])
        size = len(taken)
        with contextlib.suppress(ConnectionError):
            while piece := greedy.recv(65536):
                size += len(piece)
    assert size < owed
    assert client.get("/health/live").status_code == 200


def test_a_crowd_of_slow_clients_keeps_nobody_from_being_answered(patient: httpx.Client) -> None:
    """A hundred half requests: the hundred and first is answered at once.

    The quickest of five: the machine may have other work.
    """
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(raw(patient)).send(post()[:-5])
        took = []
        while not took or (min(took) >= 1.0 and len(took) < 5):
            began = time.monotonic()
            assert patient.post("/v1/posterior", json={"judgments": []}).status_code == 200
            took.append(time.monotonic() - began)
        assert min(took) < 1.0


def test_what_nobody_could_read_any_more_is_let_go_and_the_reason_can_be_read(
    client: httpx.Client,
) -> None:
    """A refusal in the midst of a long body: all that is sent meanwhile is taken in, so that the reason arrives."""
    with raw(client) as connection:
        connection.send(post(b"", "Content-Length: 7")[:-2] + b"X-A: \x00\r\n\r\n")
        for _ in range(20):
            connection.send(b"x" * 65536)
            time.sleep(0.01)
        reply = connection.reply()
    assert reply is not None
    assert reply.status == 400


def test_more_connections_than_may_be_are_told_so(engine: Engine, serve: Serve) -> None:
    """With three places: a fourth is told 503 while all are busy or fresh; one that is idle gives way.

    How long one has been idle is told by a clock that goes on a tenth of a second a request, and leaps once.
    """
    now = [0.0]
    app = create_app(lambda: engine, clock=lambda: now[0])
    with serve(app, connection_limit=3) as (client, server), ExitStack() as stack:
        client.get("/health/live", headers={"connection": "close"})
        until(lambda: not connections_of(server))
        held = [stack.enter_context(raw(client)) for _ in range(3)]
        for one in held:
            now[0] += 0.1
            one.send(get())
            assert one.reply() is not None
        with raw(client) as fourth:
            refused = fourth.reply()
        assert refused is not None
        assert (refused.status, refused.kind, refused.closes) == (503, "too-many-connections", True)
        until(lambda: len(connections_of(server)) == 3)
        now[0] += SPARE_AFTER_SECONDS
        held[0].send(get())
        assert held[0].reply() is not None
        fourth = stack.enter_context(raw(client))
        fourth.send(get())
        answered = fourth.reply()
        assert answered is not None
        assert answered.status == 200
        held[0].send(get())
        assert held[0].reply() is not None
        assert held[1].ended()
