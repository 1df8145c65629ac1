"""When more is asked than can be done: who can be answered in time is, and the rest are told so at once."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bayesian_verifier.serving import create_app
from bayesian_verifier.serving._pace import SHARE_WHEN_STANDING, STANDING_SECONDS, Pace
from bayesian_verifier.serving._problems import OutOfBudgetError, QueueFullError
from bayesian_verifier.serving._worker import Worker
from serving.conftest import wait_ready
from serving.raw import get, post, raw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bayesian_verifier.serving import Engine
    from serving.conftest import Serve
    from stalls import Stalls

#: One posterior takes twenty milliseconds, now less, now more, so that fifty a second are all there can be.
SECONDS = 0.020
BUDGET = 0.4
PROGRAM = f"""
import itertools, sys, time
from bayesian_verifier.serving import (
    Question, answer, base_url, compile_engine, create_app, listen_tcp, server_of
)
from serving.closed_form import ClosedFormSimulator, closed_form_model

engine = compile_engine(closed_form_model(), ClosedFormSimulator(), points=64)
known = answer(Question([], None, 0, None), engine, clock=time.perf_counter, make_seed=lambda: 1)
listener = listen_tcp("127.0.0.1", 0)

turns = itertools.cycle((0.5, 1.5))

def sleepy(question, engine, *, clock, make_seed):
    time.sleep({SECONDS} * next(turns))
    return known

def greedy(question, engine, *, clock, make_seed):
    print("greedy", flush=True)
    while True:
        sum(range(1000))

app = create_app(lambda: engine, infer=globals()[sys.argv[1]], queue_limit=int(sys.argv[2]))
server_of(
    app, keep_alive_seconds=75, drain_seconds=0, grace_seconds=1,
    log_level="error", on_listening=lambda: print(base_url(listener), flush=True),
).run([listener])
"""


class Elsewhere(NamedTuple):
    """A service in a process of its own, which shares no interpreter with its callers."""

    process: subprocess.Popen[str]
    client: httpx.Client

    @property
    def port(self) -> int:
        assert self.client.base_url.port is not None
        return self.client.base_url.port


@contextmanager
def elsewhere(infer: str, queue_limit: int) -> Iterator[Elsewhere]:
    """One that finds posteriors in this way, ready; it is gone when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, infer, str(queue_limit)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with httpx.Client(base_url=process.stdout.readline().strip(), timeout=120) as client:
            wait_ready(client)
            yield Elsewhere(process, client)
    finally:
        process.kill()
        process.communicate()


class Told(NamedTuple):
    """One reply: its status, seconds since it was due, and since it was sent."""

    status: int
    total: float
    waited: float


async def rush(port: int, per_second: float, seconds: float) -> list[Told]:
    """Ask at a rate of one's own; latency counts from when a request was due."""
    request = post(b'{"judgments": []}', f"X-Request-Timeout-Ms: {1e3 * BUDGET:g}")
    free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(150):
        free.put_nowait(await asyncio.open_connection("127.0.0.1", port))
    told: list[Told] = []

    async def ask(due: float) -> None:
        reader, writer = await free.get()
        sent = time.perf_counter()
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length:")[2].split(b"\r\n")[0]))
        now = time.perf_counter()
        told.append(Told(int(head[9:12]), now - due, now - sent))
        free.put_nowait((reader, writer))

    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n in range(round(per_second * seconds)):
            due = began + n / per_second
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            group.create_task(ask(due))
    while not free.empty():
        free.get_nowait()[1].close()
    return told


def in_time(told: list[Told], seconds: float) -> float:
    """Posteriors a second that came within their time."""
    return sum(one.status == 200 and one.total <= BUDGET for one in told) / seconds


def test_at_ten_times_the_capacity_goodput_is_four_fifths_of_it_and_the_rest_are_told_so_at_once(
    stalls: Stalls,
) -> None:
    """What fifty a second get who ask alone, beside what five hundred a second get who ask together.

    The best of three, and of up to twelve where the machine stood still for more than a fiftieth of them.
    """
    capacity, seconds = 1 / SECONDS, 2.0
    shares, told_after, undisturbed = [], [], 0
    with elsewhere("sleepy", 64) as service:
        asyncio.run(rush(service.port, capacity, 0.2))
        while len(shares) < 12 and undisturbed < 3:
            began = time.monotonic()
            told = asyncio.run(rush(service.port, 10 * capacity, seconds))
            refused = [one.waited for one in told if one.status in (429, 504)]
            assert {one.status for one in told} <= {200, 429, 504}
            assert len(refused) > 5 * capacity * seconds
            shares.append(in_time(told, seconds) / capacity)
            told_after.append(statistics.median(refused))
            undisturbed += stalls.lost(began) < 0.02 * seconds
            if shares[-1] >= 0.8 and told_after[-1] < 0.005:
                break
    assert max(shares) >= 0.8
    assert min(told_after) < 0.005


def test_a_full_queue_is_told_so_before_the_body_comes_and_while_python_is_busy() -> None:
    """The inference thread never lets go of the interpreter by itself; of eight megabytes not one has been sent."""
    head = post(b"", "X-Request-Id: me").replace(b"Content-Length: 0", b"Content-Length: 8000000")
    with elsewhere("greedy", 1) as service, raw(service.client) as first:
        first.send(post())
        assert service.process.stdout is not None
        assert service.process.stdout.readline() == "greedy\n"
        took: list[float] = []
        # the best of twenty: the machine may have other work
        while not took or (min(took) >= 0.005 and len(took) < 20):
            took.append(statistics.quantiles([refused_after(service, head) for _ in range(16)], n=10)[8])
        text = service.client.get("/metrics").text
    assert f'http_requests_total{{route="/v1/posterior",status="429"}} {16 * len(took)}.0' in text
    assert min(took) < 0.005


def refused_after(service: Elsewhere, head: bytes) -> float:
    """Seconds until the head of a request was answered with a 429."""
    with raw(service.client) as connection:
        connection.send(get())
        connection.reply("GET")
        began = time.perf_counter()
        connection.send(head)
        reply = connection.reply()
        seconds = time.perf_counter() - began
    assert reply is not None
    assert (reply.status, reply.kind, reply.closes) == (429, "queue-full", False)
    assert int(reply.headers["retry-after"]) >= 1
    assert reply.headers["x-request-id"] == "me"
    return seconds


def test_who_is_refused_at_the_gate_may_go_on_asking_on_the_same_connection(
    engine: Engine, serve: Serve
) -> None:
    """The body that nobody read is taken in: the next request begins where it ends."""
    taken, go_on = threading.Event(), threading.Event()

    def slow_seed() -> int:
        taken.set()
        go_on.wait(30)
        return 1

    app = create_app(lambda: engine, queue_limit=1, make_seed=slow_seed)
    with serve(app) as (client, server), raw(client) as first, raw(client) as other:
        first.send(post(b'{"judgments": [], "draws": 1}'))
        assert taken.wait(60)
        asked = server.server_state.total_requests
        long = post(b'{"judgments": []}' + b" " * 1_000_000)
        other.send(long)
        refused = [other.reply()]
        other.send(long[:500])
        refused.append(other.reply())
        # the application has not heard of them
        assert server.server_state.total_requests == asked
        go_on.set()
        assert first.reply() is not None
        other.send(long[500:] + post())
        answered = other.reply()
    assert [reply and reply.status for reply in refused] == [429, 429]
    assert answered is not None
    assert answered.status == 200


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_as_many_wait_as_may_wait_whether_their_bodies_come_with_their_heads_or_later(
    engine: Engine, serve: Serve, pause: float
) -> None:
    """Two of two; neither counts twice while it waits, and none of them is left over."""
    taken, go_on = threading.Event(), threading.Event()

    def slow_seed() -> int:
        taken.set()
        go_on.wait(30)
        return 1

    body = b'{"judgments": [], "draws": 1}'
    app = create_app(lambda: engine, queue_limit=2, make_seed=slow_seed)
    with serve(app) as (client, _), raw(client) as first, raw(client) as second:
        for one in (first, second):
            one.send(post(body)[: -len(body)])
            time.sleep(pause)
            one.send(body)
            assert taken.wait(60)
        deadline = time.monotonic() + 60
        while client.get("/health").json()["queue"]["waiting"] < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert app.state.service.worker.coming == 0
        go_on.set()
        replies = [first.reply(), second.reply()]
    assert [reply and reply.status for reply in replies] == [200, 200]
    assert app.state.service.worker.pending == app.state.service.worker.coming == 0


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Origin: http://evil.example"], 403),
        (["Host: evil.example"], 400),
        (["Sec-Fetch-Site: cross-site"], 403),
    ],
)
def test_a_full_queue_tells_nothing_to_those_who_may_not_ask(
    engine: Engine, serve: Serve, lines: list[str], status: int
) -> None:
    """They are refused for what they are."""
    app = create_app(lambda: engine, queue_limit=1)
    with serve(app) as (client, _), app.state.service.worker.place(), raw(client) as connection:
        connection.send(post(b"{}", *lines))
        reply = connection.reply()
    assert reply is not None
    assert reply.status == status


def test_requests_on_their_way_to_the_queue_count_and_those_that_never_get_there_do_not() -> None:
    """Tickets: of a queue of two, two are on their way; one arrives, one is given up; then there is room again."""
    worker = Worker(2, time.perf_counter)
    tickets = [worker.ticket(), worker.ticket()]
    with pytest.raises(QueueFullError):
        worker.require_room()
    tickets[0].release()
    tickets[0].release()
    worker.require_room()
    with worker.place(), pytest.raises(QueueFullError):
        worker.require_room()
    tickets[1].release()
    worker.require_room()
    assert (worker.pending, worker.coming) == (0, 0)


def test_a_burst_may_use_all_of_its_time_and_a_standing_queue_half_of_it() -> None:
    """One job takes a second; who has ten may queue behind seven in a burst, and not once the queue has stood."""
    now = [0.0]
    worker = Worker(100, lambda: now[0])
    worker.pace = Pace(1.0, 1.0)
    worker.require_room(10.0)
    tickets = [worker.ticket() for _ in range(7)]
    now[0] = STANDING_SECONDS / 2
    worker.require_room(10.0)
    now[0] = STANDING_SECONDS * 2
    with pytest.raises(OutOfBudgetError):
        worker.require_room(10.0)
    worker.require_room(8.0 / SHARE_WHEN_STANDING)
    for ticket in tickets:
        ticket.release()
    worker.require_room(10.0)
    assert len([worker.ticket() for _ in range(7)]) == 7
    worker.require_room(10.0)


@given(
    typical=st.floats(1e-4, 1.0),
    ahead=st.integers(0, 100),
    seconds=st.floats(1e-4, 100.0),
    stood=st.floats(0.0, 10.0),
)
def test_more_time_and_a_shorter_queue_never_hurt(
    typical: float, ahead: int, seconds: float, stood: float
) -> None:
    """Who is let in is let in with more time, behind fewer, and in a queue that has stood less long."""
    pace = Pace(typical, typical / 2)
    if pace.can_meet(seconds, ahead, stood):
        assert pace.can_meet(2 * seconds, ahead, stood)
        assert pace.can_meet(seconds, max(0, ahead - 1), stood)
        assert pace.can_meet(seconds, ahead, stood / 2)
        assert pace.can_finish(seconds, waited=False)


def test_work_that_could_not_be_finished_in_time_is_never_begun() -> None:
    """It takes a second; whose turn comes with half a second left is dropped, the one behind it is done."""
    now = [0.0]
    worker = Worker(8, lambda: now[0])
    done: list[str] = []

    def second(name: str) -> None:
        done.append(name)
        now[0] += 1.0

    async def all_three() -> list[object]:
        await worker.do(lambda _: second("first"), arrived=0.0)
        begun, gate = threading.Event(), threading.Event()
        waits = asyncio.ensure_future(worker.do(lambda _: (begun.set(), gate.wait(60)), arrived=1.0))
        tight = asyncio.ensure_future(worker.do(lambda _: second("tight"), arrived=1.0, deadline=4.5))
        loose = asyncio.ensure_future(worker.do(lambda _: second("loose"), arrived=1.0, deadline=9.0))
        await asyncio.to_thread(begun.wait, 60)
        now[0] = 4.0
        gate.set()
        return await asyncio.gather(waits, tight, loose, return_exceptions=True)

    worker.start()
    outcomes = asyncio.run(all_three())
    worker.stop(5)
    assert isinstance(outcomes[1], OutOfBudgetError)
    assert done == ["first", "loose"]
