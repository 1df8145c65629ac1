"""SIGTERM loses no accepted call: what has reached the machine is answered, on whatever kind of connection."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from bayesian_verifier.serving import create_app
from serving.conftest import wait_shut
from serving.raw import get, post, raw
from serving.test_process import ready, started

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve
    from serving.raw import Reply
    from stalls import Stalls

CACHE = Path(__file__).parents[2] / ".jax_cache"
DRAW = b'{"judgments": [], "draws": 1}'


def gated() -> tuple[Callable[[], int], threading.Event, threading.Event]:
    """A maker of seeds that waits; told when it is asked, and when to go on."""
    taken, go_on = threading.Event(), threading.Event()

    def seed() -> int:
        taken.set()
        go_on.wait(30)
        return 7

    return seed, taken, go_on


def told(reply: Reply | None) -> tuple[int, bool] | None:
    """Status, and whether the connection ends with it."""
    return None if reply is None else (reply.status, reply.closes)


def test_whatever_a_connection_is_in_the_midst_of_its_requests_are_answered(
    engine: Engine, serve: Serve
) -> None:
    """In flight, sent ahead, half a body: 200. Later or half a head: 503. The last reply ends each connection.

    The door is shut once all of them are answered: which is when silent connections end.
    """
    seed, taken, go_on = gated()
    app = create_app(lambda: engine, make_seed=seed)
    with (
        serve(app, drain_seconds=300) as (client, server),
        ExitStack() as stack,
    ):
        in_flight, ahead, half_body, half_head, kept, silent = (
            stack.enter_context(raw(client)) for _ in range(6)
        )
        kept.send(get())
        assert told(kept.reply()) == (200, False)
        in_flight.send(post(DRAW))
        assert taken.wait(60)
        ahead.send(post(DRAW) * 3)
        half_body.send(post(DRAW)[:-9])
        half_head.send(post(DRAW)[:30])
        time.sleep(0.1)
        server.handle_exit(signal.SIGTERM, None)
        wait_shut(app)
        half_body.send(post(DRAW)[-9:])
        half_head.send(post(DRAW)[30:])
        kept.send(post(DRAW))
        assert told(kept.reply()) == (503, True)
        assert told(half_head.reply()) == (503, True)
        go_on.set()
        assert told(in_flight.reply()) == (200, True)
        assert [told(ahead.reply()) for _ in range(3)] == [(200, False), (200, False), (200, True)]
        assert told(half_body.reply()) == (200, True)
        assert all(one.ended() for one in (in_flight, ahead, half_body, half_head, kept))
        server.should_exit = True
        assert silent.ended()


def test_what_had_arrived_before_the_signal_was_heard_is_answered() -> None:
    """A process that is stopped hears SIGTERM only when it goes on; connections and requests made meanwhile count.

    Sixty requests lie in sockets, half of them of connections that nobody has accepted yet: sixty posteriors.
    """
    with started(CACHE, BV_GRACE_SECONDS="60") as (process, client, _), ExitStack() as stack:
        assert ready(client).status_code == 200
        kept = [stack.enter_context(raw(client)) for _ in range(30)]
        for one in kept:
            one.send(get())
            assert told(one.reply()) == (200, False)
        process.send_signal(signal.SIGSTOP)
        everyone = kept + [stack.enter_context(raw(client)) for _ in range(30)]
        for one in everyone:
            one.send(post())
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        statuses = [told(one.reply()) for one in everyone]
        assert process.wait(60) == 0
    assert statuses == [(200, True)] * 60


def test_what_lies_in_sockets_when_the_signal_comes_is_answered(engine: Engine, serve: Serve) -> None:
    """The loop is busy while thirty requests arrive; it hears of the signal before it reads them."""
    with serve(create_app(lambda: engine)) as (client, server), ExitStack() as stack:
        kept = [stack.enter_context(raw(client)) for _ in range(30)]
        for one in kept:
            one.send(get())
            assert told(one.reply()) == (200, False)
        busy, done = threading.Event(), threading.Event()
        assert server._loop is not None
        server._loop.call_soon_threadsafe(lambda: (busy.set(), done.wait(60)))
        assert busy.wait(60)
        for one in kept:
            one.send(post())
        server.handle_exit(signal.SIGTERM, None)
        done.set()
        statuses = [told(one.reply()) for one in kept]
    assert statuses == [(200, True)] * 30


def ask_on_one_connection(
    client: httpx.Client, leaving: threading.Event, answered: list[int], broken: list[str]
) -> None:
    """Ask until the connection ends; it is broken if it does after a request, made while leaving, was told "more"."""
    is_welcome = False
    # one that the kernel had made for a door that was shut before anybody took it is nobody's loss
    with suppress(ConnectionResetError), raw(client) as connection:
        while True:
            reply = None
            # what was sent before may have been answered before, and be read when the door is shut
            was_leaving = leaving.is_set()
            with suppress(ConnectionError):
                connection.send(post())
                reply = connection.reply()
            if reply is None:
                broken.extend(["no reply"] if is_welcome else [])
                return
            answered.append(reply.status)
            if reply.closes:
                return
            is_welcome = was_leaving


def test_nobody_who_keeps_asking_is_cut_off(engine: Engine, serve: Serve) -> None:
    """Ten clients ask all the time: each request is answered, until a connection is refused because the door is shut.

    A connection that is idle when the door shuts may be closed while the next request is on its way; a client then
    sees its connection end before any reply, and may ask again elsewhere. None does so after a request that it sent
    once leaving had begun, and whose reply said that more are welcome. Anew where the machine let nobody ask before
    the door was shut.
    """
    answered: set[int] = set()
    for _ in range(5):
        answered |= asked_all_the_time(engine, serve)
        if answered == {200, 503}:
            break
    assert answered == {200, 503}


def asked_all_the_time(engine: Engine, serve: Serve) -> set[int]:
    """What ten clients were answered by a service that left meanwhile."""
    broken: list[str] = []
    answered: list[int] = []
    leaving = threading.Event()

    def keep_asking(client: httpx.Client) -> None:
        try:
            while True:
                ask_on_one_connection(client, leaving, answered, broken)
        except ConnectionRefusedError:
            return

    with serve(create_app(lambda: engine), drain_seconds=0.3) as (client, server):
        askers = [threading.Thread(target=keep_asking, args=(client,)) for _ in range(10)]
        for one in askers:
            one.start()
        deadline = time.monotonic() + 60
        while len(answered) < 100:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        server.handle_exit(signal.SIGTERM, None)
        leaving.set()
        for one in askers:
            one.join(60)
    assert broken == []
    return set(answered)


def test_a_second_signal_ends_it_at_once(engine: Engine, serve: Serve, stalls: Stalls) -> None:
    """Though somebody still waits for an answer and there would be thirty seconds for it."""
    seed, taken, go_on = gated()
    with serve(create_app(lambda: engine, make_seed=seed), grace_seconds=30, drain_seconds=30) as (
        client,
        server,
    ):
        with raw(client) as waiting:
            waiting.send(post(DRAW))
            assert taken.wait(60)
            server.handle_exit(signal.SIGTERM, None)
            time.sleep(0.2)
            began = time.monotonic()
            server.handle_exit(signal.SIGTERM, None)
            assert told(waiting.reply()) in (None, (503, True))
            assert time.monotonic() - began < 3 + stalls.lost(began)
        go_on.set()


def test_who_cannot_be_answered_within_the_grace_period_is_told_503(engine: Engine, serve: Serve) -> None:
    """It is nobody's internal error."""
    seed, taken, go_on = gated()
    app = create_app(lambda: engine, make_seed=seed, grace_seconds=0)
    with serve(app, grace_seconds=1, drain_seconds=0) as (client, server), raw(client) as waiting:
        waiting.send(post(DRAW))
        assert taken.wait(60)
        server.handle_exit(signal.SIGTERM, None)
        reply = waiting.reply()
        go_on.set()
    assert reply is not None
    assert (reply.status, reply.kind, reply.closes) == (503, "not-ready", True)
