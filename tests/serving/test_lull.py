"""Where one refusal follows the other the loop pauses while work is under way, and tells the next in one go."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from typing import TYPE_CHECKING

import pytest

from bayesian_verifier.serving import create_app
from bayesian_verifier.serving._lull import LULL_SECONDS, TURNS_TO_WRITE, Lull
from bayesian_verifier.serving._worker import Worker

if TYPE_CHECKING:
    from bayesian_verifier.serving import Engine

#: more than any test takes
FOR_EVER = 40.0


def still() -> float:
    """A clock on which all that happens happens at once."""
    return 0.0


async def settled() -> None:
    """Let the loop do what it has to do, a pause among it."""
    for _ in range(TURNS_TO_WRITE + 3):
        await asyncio.sleep(0)


async def seconds_of(lull: Lull, refusals: int) -> float:
    """How long the loop was away after so many refusals that came together."""
    began = time.perf_counter()
    for _ in range(refusals):
        lull.refused()
    await settled()
    return time.perf_counter() - began


def test_refusals_that_come_together_make_one_pause() -> None:
    """Twenty of them one of half a second; they would be ten seconds."""
    assert 0.5 <= asyncio.run(seconds_of(Lull(lambda: True, still, 0.5), 20)) < 5


def test_a_refusal_now_and_then_makes_none() -> None:
    """Twenty, each as long after the one before as a pause would take."""
    clock = itertools.count(0.0, FOR_EVER)
    assert asyncio.run(seconds_of(Lull(lambda: True, clock.__next__, FOR_EVER), 20)) < FOR_EVER / 2


def test_an_answer_ends_the_pause() -> None:
    """It comes from another thread, once the loop is away."""
    lull = Lull(lambda: True, still, FOR_EVER)
    answer = threading.Timer(0.2, lull.end)
    answer.start()
    assert asyncio.run(seconds_of(lull, 2)) < FOR_EVER / 2
    answer.join()


@pytest.mark.parametrize("fails", [False, True])
def test_whatever_comes_of_a_job_ends_the_pause(fails: bool) -> None:
    """The inference thread rings when it has a result, or an error."""
    worker = Worker(4, time.perf_counter)
    worker.start()

    async def done() -> None:
        assert worker.lull._bell.locked()
        with contextlib.suppress(ZeroDivisionError):
            await worker.do(lambda _: 1 // (not fails), arrived=time.perf_counter())

    asyncio.run(done())
    assert worker.lull._bell.acquire(timeout=FOR_EVER)
    worker.stop(5)


def test_an_answer_that_was_there_before_is_not_waited_for() -> None:
    """It counts once: there is one pause less, however many answers came in between."""
    lull = Lull(lambda: True, still, 1.0)
    lull.end()
    lull.end()

    async def twice() -> tuple[float, float]:
        return await seconds_of(lull, 2), await seconds_of(lull, 2)

    first, second = asyncio.run(twice())
    assert second >= 1
    assert first < second


def test_nothing_is_waited_for_where_nobody_works() -> None:
    """An empty queue: who is refused then has too little time for anything."""
    assert asyncio.run(seconds_of(Lull(lambda: False, still, FOR_EVER), 3)) < FOR_EVER / 2


def test_an_answer_that_has_come_is_written_before_the_pause() -> None:
    """Its future is done in one turn of the loop, its task goes on in the next; what that wrote is sent after it."""
    order: list[str] = []
    lull = Lull(lambda: bool(order.append("pause")) or True, still, 0.0001)

    async def answered() -> None:
        loop = asyncio.get_running_loop()
        lull.refused()
        lull.put_off()
        loop.call_soon(loop.call_soon, order.append, "written")
        lull.refused()
        await settled()
        lull.refused()
        loop.call_soon(loop.call_soon, order.append, "no answer")
        await settled()

    asyncio.run(answered())
    assert order == ["written", "pause", "pause", "no answer"]


def test_refusals_at_the_gate_pause_the_loop_and_admissions_do_not(engine: Engine) -> None:
    """Two at a time, twenty times: each two are followed by a pause, as the queue is full of work."""
    app = create_app(lambda: engine, queue_limit=2, clock=still)
    service, gate = app.state.service, app.state.gate
    headers = {b"host": b"localhost"}

    async def paused(times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            gate.refusal(b"/v1/posterior", headers)
            gate.refusal(b"/v1/posterior", headers)
            await settled()
        return time.perf_counter() - began

    service.start()
    while not service.is_loaded:
        time.sleep(0.01)
    with service.worker.place():
        admitted = min(asyncio.run(paused(20)) for _ in range(5))
        with service.worker.place():
            refused = asyncio.run(paused(20))
    service.stop(5)
    assert refused >= 20 * LULL_SECONDS
    assert admitted < refused
